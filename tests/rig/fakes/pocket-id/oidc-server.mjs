/**
 * A real OpenID provider (oidc-provider) that behaves as Pocket ID does: its paths, RS256 `at+jwt` access tokens without
 * email, `aud` = client and issuer, email at the userinfo endpoint, public clients whose secret is ignored, no consent.
 * Users sign in by typing their name; once they have `passkeys`, a client that asks for re-authentication gets one. With `control`,
 * state that tests turn is at http://<control>/.
 */
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import Provider, { interactionPolicy } from "oidc-provider";
import { DEVICE_GRANT, devices } from "./device.mjs";
import { interactions } from "./interaction.mjs";
import { takeLock } from "./lock.mjs";

const options = JSON.parse(process.env.OPTIONS);
const { issuer, listen, port = 443, control, clients, users, jwk, pkce } = options;
if (options.lock) takeLock(options.lock);
const state = { accessTokenSeconds: 3600, refuseRefresh: false, slowSeconds: 0, passkeys: options.passkeys };
const seen = { authorize: 0, code: 0, refresh: 0, refused: 0, discovery: 0, passkeysTaken: 0, verifiers: 0, secrets: [] };

/** The one access token of each grant that is good: at Pocket ID a refresh ends the one before it at once. */
const current = new Map();
const ended = new Set();
const end = (grant) => current.has(grant) && ended.add(current.get(grant));

const account = (sub) => {
  const person = users.find((p) => p.sub === sub);
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

async function grantOf(clientId, accountId) {
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope("openid email profile offline_access");
  grant.addResourceScope(issuer, resource.scope);
  await grant.save();
  return grant;
}

/** The passkey that a person's sign-in to this client takes; nobody needs one as long as there are none. */
const passkeyOf = (clientId, sub) =>
  state.passkeys && clients.find(({ client_id }) => client_id === clientId)?.requiresReauthentication
    ? (state.passkeys[sub] ?? { id: "", publicKey: "" })
    : undefined;

const policy = interactionPolicy.base();
// Also of somebody who is signed in already.
const asksAgain = ({ oidc }) => !oidc.result?.login && passkeyOf(oidc.client.clientId) !== undefined;
policy.get("login").checks.add(new interactionPolicy.Check("passkey_required", "a passkey is asked for", asksAgain));

const provider = new Provider(issuer, {
  clients: clients.map(({ requiresReauthentication: _, ...client }) => ({
    grant_types: ["authorization_code", "refresh_token", DEVICE_GRANT], // every client of Pocket ID has them
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
    device_authorization: "/api/oidc/device/authorize",
    code_verification: "/device",
    userinfo: "/api/oidc/userinfo",
    end_session: "/api/oidc/end-session",
    jwks: "/.well-known/jwks.json",
  },
  ttl: { RefreshToken: () => 30 * 86400, Session: () => 86400, Grant: () => 30 * 86400, Interaction: () => 3600 },
  rotateRefreshToken: true,
  issueRefreshToken: async (_ctx, _client, code) => code.scopes.has("offline_access") || code.scopes.has("openid"),
  findAccount: async (_ctx, sub) => account(sub),
  loadExistingGrant: (ctx) => grantOf(ctx.oidc.client.clientId, ctx.oidc.session.accountId),
  interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
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
        end(token.grantId);
        current.set(token.grantId, parts.payload.jti);
        parts.payload.aud = [token.clientId, issuer];
        parts.payload.scope = "openid email profile offline_access";
        delete parts.payload.client_id;
      },
    },
  },
});
provider.proxy = true;
const answerDevice = devices({ clients, issuer, grantFor: async (...whose) => (await grantOf(...whose)).jti });

async function body(req) {
  let text = "";
  for await (const chunk of req) text += chunk;
  return new URLSearchParams(text);
}

/** Pocket ID's userinfo, which takes the same token that mail servers get. */
function userinfo(authorization) {
  const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  const [head, payload, signature] = token.split(".");
  try {
    if (JSON.parse(Buffer.from(head, "base64url")).alg !== "RS256") return undefined;
    const key = createPublicKey({ key: { kty: jwk.kty, n: jwk.n, e: jwk.e }, format: "jwk" });
    // Pocket ID's decoder lets bits pass that base64 does not use, and signs what it has decoded (go-jose, jws.go).
    const asWritten = (part) => Buffer.from(part, "base64url").toString("base64url");
    const signed = Buffer.from(`${asWritten(head)}.${asWritten(payload)}`);
    if (!verify("sha256", signed, key, Buffer.from(signature, "base64url"))) return undefined;
    const claims = JSON.parse(Buffer.from(payload, "base64url"));
    if (claims.exp * 1000 < Date.now() || ended.has(claims.jti)) return undefined;
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

/** What it is asked, and when it was asked: an answer may be slow. */
function count(ctx, form) {
  if (ctx.path === "/.well-known/openid-configuration") seen.discovery += 1;
  if (ctx.path === "/authorize") seen.authorize += 1;
  if (!form) return;
  seen[form.get("grant_type") === "refresh_token" ? "refresh" : "code"] += 1;
  if (form.has("code_verifier")) seen.verifiers += 1;
  seen.secrets.push(form.get("client_secret") ?? "");
}

const interact = interactions({ provider, issuer, users, body, passkeyOf, seen });

provider.use(async (ctx, next) => {
  const form = ctx.path === "/api/oidc/token" ? await body(ctx.req) : undefined;
  count(ctx, form);
  if (state.slowSeconds) await new Promise((resolve) => setTimeout(resolve, state.slowSeconds * 1000));
  if (ctx.path === "/api/oidc/userinfo") {
    const claims = userinfo(ctx.get("authorization"));
    ctx.status = claims ? 200 : 401;
    ctx.body = claims ?? { error: "invalid_token" };
    return;
  }
  if (ctx.path === "/authorize" && String(ctx.query.state ?? "").length < 8) {
    ctx.status = 400;
    ctx.body = { error: "invalid_state" };
    return;
  }
  if (form) {
    const grant = form.get("grant_type");
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
  if (await answerDevice(provider, ctx)) return;
  if (/^\/interaction\/[^/]+$/.test(ctx.path)) return interact(ctx);
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

provider.on("grant.revoked", (_ctx, grant) => end(grant)); // a refresh token was used twice
provider.on("grant.error", () => {
  seen.refused += 1;
});
provider.on("server_error", (_ctx, error) => console.error(error));
if (control) serveControl();
await up();
console.log(`NOTE: this is a fake of Pocket ID, at ${issuer}`);
