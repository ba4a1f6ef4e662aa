import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { LiveSandbox } from "../../../sandbox/live";
import { issuerUrl } from "../../../sandbox/live/issuer";
import { clientId, hosts, services } from "../../../sandbox/live/names";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Signs a person in at the issuer as a browser does, by the authorization code flow with PKCE; gives the access token. */
export async function signIn(live: LiveSandbox, person: string): Promise<string> {
  const cookies = new Map<string, string>();
  const ask = (method: string, url: string, form?: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(url, issuerUrl);
      const body = form ? new URLSearchParams(form).toString() : "";
      const call = request(
        {
          host: "127.0.0.1",
          port: live.browser.ports.issuer,
          path: pathname + search,
          method,
          agent: false,
          servername: services.issuer,
          ca: fs.readFileSync(live.authority.cert),
          headers: {
            host: services.issuer,
            cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
            ...(form && {
              "content-type": "application/x-www-form-urlencoded",
              "content-length": Buffer.byteLength(body),
            }),
          },
        },
        async (response) => {
          let text = "";
          for await (const piece of response) text += piece;
          for (const cookie of response.headers["set-cookie"] ?? []) {
            const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
            cookies.set(name, value);
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        },
      );
      call.on("error", reject);
      call.end(body);
    });

  const verifier = randomBytes(32).toString("base64url");
  const redirect = `https://${hosts.webmail}/index.php/login/oauth`;
  const parameters = new URLSearchParams({
    client_id: clientId,
    response_type: "code",
    redirect_uri: redirect,
    scope: "openid email profile offline_access",
    state: randomBytes(12).toString("hex"),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  let answer = await ask("GET", `/authorize?${parameters}`);
  for (let hop = 0; hop < 8 && !answer.headers.location?.startsWith(redirect); hop++) {
    const next = answer.headers.location;
    if (!next) throw new Error(`the issuer answers ${answer.status}: ${answer.body.slice(0, 200)}`);
    answer = await ask("GET", next);
    if (answer.status === 200 && next.includes("/interaction/")) answer = await ask("POST", next, { name: person });
  }
  const code = new URL(answer.headers.location ?? redirect).searchParams.get("code") ?? "";
  const tokens = await ask("POST", "/api/oidc/token", {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirect,
    client_id: clientId,
    code_verifier: verifier,
  });
  const { access_token: token } = JSON.parse(tokens.body) as { access_token?: string };
  if (!token) throw new Error(`no token: ${tokens.body}`);
  return token;
}
