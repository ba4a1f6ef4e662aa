/**
 * A real OpenID provider (oidc-provider) that behaves as Pocket ID does: its paths, RS256 `at+jwt` access tokens without
 * email, `aud` = client and issuer, email at the userinfo endpoint, public clients whose secret is ignored, no consent.
 * People sign in by typing their name. With `control`, state that tests turn is at http://<control>/.
 */
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import Provider from "oidc-provider";

const options = JSON.parse(process.env.OPTIONS);
const { issuer, listen, port = 443, control, clients, people, jwk, pkce } = options;
const state = { accessTokenSeconds: 3600, refuseRefresh: false, slowSeconds: 0 };
const seen = { authorize: 0, code: 0, refresh: 0, discovery: 0, verifiers: 0, secrets: [] };

const account = (sub) => {
  const person = people.find((p) => p.sub === sub);
  return (
    person && {
      accountId: sub,
      claims: () => ({
        sub,
        email: person.email,
        email_verified: true,
        name: person.name,
        preferred_username: person.email.split("@")[0],
      }),
    }
  );
};

const resource = {
  audience: issuer,
  scope: "openid email profile offline_access",
  accessTokenFormat: "jwt",
  jwt: { sign: { alg: "RS256" } },
};

const provider = new Provider(issuer, {
  clients: clients.map((client) => ({
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    ...client,
  })),
  jwks: { keys: [jwk] },
  cookies: { keys: ["rig"] },
  scopes: ["openid", "offline_access", "email", "profile"],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  conformIdTokenClaims: false,
  pkce: { required: () => pkce },
  routes: {
    authorization: "/authorize",
    token: "/api/oidc/token",
    userinfo: "/api/oidc/userinfo",
    end_session: "/api/oidc/end-session",
    jwks: "/.well-known/jwks.json",
  },
  ttl: { RefreshToken: () => 30 * 86400, Session: () => 86400, Grant: () => 30 * 86400, Interaction: () => 3600 },
  rotateRefreshToken: true,
  issueRefreshToken: async (_ctx, _client, code) => code.scopes.has("offline_access") || code.scopes.has("openid"),
  findAccount: async (_ctx, sub) => account(sub),
  loadExistingGrant: async (ctx) => {
    const { client, session } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email profile offline_access");
    grant.addResourceScope(issuer, resource.scope);
    await grant.save();
    return grant;
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => issuer,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ ...resource, accessTokenTTL: state.accessTokenSeconds }),
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        const submit = '<input type="hidden" name="logout" value="yes"/><script>document.forms[0].submit()</script>';
        ctx.body = `<!doctype html>${form.replace("</form>", `</form>`)}${submit}`.replace(
          "</form>",
          '<input type="hidden" name="logout" value="yes"/></form>',
        );
      },
    },
  },
  formats: {
    customizers: {
      jwt: (_ctx, token, parts) => {
        parts.payload.aud = [token.clientId, issuer];
        parts.payload.scope = "openid email profile offline_access";
        delete parts.payload.client_id;
      },
    },
  },
});
provider.proxy = true;

async function body(req) {
  let text = "";
  for await (const chunk of req) text += chunk;
  return new URLSearchParams(text);
}

const page = (title, content) => `<!doctype html><html><head><title>${title}</title>
<meta name="viewport" content="width=device-width"></head><body><h1>${title}</h1>${content}</body></html>`;

/** Pocket ID's userinfo, which takes the same token that mail servers get. */
function userinfo(authorization) {
  const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  const [head, payload, signature] = token.split(".");
  try {
    if (JSON.parse(Buffer.from(head, "base64url")).alg !== "RS256") return undefined;
    const key = createPublicKey({ key: { kty: jwk.kty, n: jwk.n, e: jwk.e }, format: "jwk" });
    const signed = Buffer.from(`${head}.${payload}`);
    if (!verify("sha256", signed, key, Buffer.from(signature, "base64url"))) return undefined;
    const claims = JSON.parse(Buffer.from(payload, "base64url"));
    if (claims.exp * 1000 < Date.now()) return undefined;
    const { sub, email, email_verified, ...profile } = account(claims.sub)?.claims() ?? {};
    const scopes = claims.scope.split(" ");
    return {
      sub,
      ...(scopes.includes("email") && { email, email_verified }),
      ...(scopes.includes("profile") && profile),
    };
  } catch {
    return undefined;
  }
}

provider.use(async (ctx, next) => {
  if (state.slowSeconds) await new Promise((resolve) => setTimeout(resolve, state.slowSeconds * 1000));
  if (ctx.path === "/.well-known/openid-configuration") seen.discovery += 1;
  if (ctx.path === "/authorize") seen.authorize += 1;
  if (ctx.path === "/api/oidc/userinfo") {
    const claims = userinfo(ctx.get("authorization"));
    ctx.status = claims ? 200 : 401;
    ctx.body = claims ?? { error: "invalid_token" };
    return;
  }
  if (ctx.path === "/api/oidc/token") {
    const form = await body(ctx.req);
    const grant = form.get("grant_type");
    seen[grant === "refresh_token" ? "refresh" : "code"] += 1;
    if (form.has("code_verifier")) seen.verifiers += 1;
    seen.secrets.push(form.get("client_secret") ?? "");
    if (grant === "refresh_token" && state.refuseRefresh) {
      ctx.status = 400;
      ctx.body = { error: "invalid_grant" };
      return;
    }
    // A public client's secret is ignored, and so is a verifier that a refresh carries.
    form.delete("client_secret");
    if (grant === "refresh_token") form.delete("code_verifier");
    ctx.req.body = Object.fromEntries(form);
  }
  const interaction = /^\/interaction\/[^/]+$/.test(ctx.path);
  if (interaction && ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = page(
      "Sign in to Pocket ID",
      '<form method="post"><label>Name <input name="name" autofocus></label> <button>Sign in</button></form>',
    );
    return;
  }
  if (interaction && ctx.method === "POST") {
    const name = (await body(ctx.req)).get("name");
    const person = people.find((p) => p.email.split("@")[0] === name);
    const result = person ? { login: { accountId: person.sub } } : { error: "access_denied" };
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
    ctx.respond = false;
    return;
  }
  await next();
});

const tls = { key: readFileSync(options.key), cert: readFileSync(options.cert) };
let server;
const up = () =>
  new Promise((resolve) => {
    server = https.createServer(tls, provider.callback()).listen(port, listen, resolve);
  });
const down = () =>
  new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });

function serveControl() {
  http
    .createServer(async (req, res) => {
      if (req.method === "POST") {
        let text = "";
        for await (const chunk of req) text += chunk;
        const { reachable, ...rest } = JSON.parse(text);
        Object.assign(state, rest);
        if (reachable === false && server.listening) await down();
        if (reachable === true && !server.listening) await up();
      }
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify({ ...state, ...seen }));
    })
    .listen(control.port, control.host);
}

provider.on("server_error", (_ctx, error) => console.error(error));
if (control) serveControl();
await up();
console.log(`NOTE: this is a stand-in for Pocket ID, at ${issuer}`);
