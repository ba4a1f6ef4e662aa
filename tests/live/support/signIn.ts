import { createHash, randomBytes } from "node:crypto";
import type { LiveSandbox } from "../../../sandbox/live/stack";
import type { Answer } from "../../rig/environment/https";
import { hosts } from "../../rig/environment/names";

/** Signs a user in at the issuer as a browser does, by the authorization code flow with PKCE; gives the access token. */
export async function signIn({ issuer }: LiveSandbox, user: string): Promise<string> {
  const cookies = new Map<string, string>();
  const ask = async (method: string, url: string, form?: Record<string, string>): Promise<Answer> => {
    const { pathname, search } = new URL(url, issuer.url);
    const answer = await issuer.ask(method, pathname + search, {
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form && { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form && { body: new URLSearchParams(form).toString() }),
    });
    for (const cookie of answer.headers["set-cookie"] ?? []) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    return answer;
  };

  const link = await issuer.link?.();
  if (link !== undefined) {
    // Pocket ID's page behind the link does the same, and gets the session's cookie for it.
    const { status, body } = await ask("POST", `/api/one-time-access-token/${link.split("/").pop()}`);
    if (status !== 200) throw new Error(`Pocket ID takes no one-time token (HTTP ${status}): ${body.slice(0, 200)}`);
  }
  const verifier = randomBytes(32).toString("base64url");
  const redirect = `https://${hosts.webmail}/index.php/login/oauth`;
  const parameters = new URLSearchParams({
    client_id: issuer.clientId,
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
    if (answer.status === 200 && next.includes("/interaction/")) answer = await ask("POST", next, { name: user });
  }
  const code = new URL(answer.headers.location ?? redirect).searchParams.get("code") ?? "";
  const tokens = await ask("POST", "/api/oidc/token", {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirect,
    client_id: issuer.clientId,
    code_verifier: verifier,
  });
  const { access_token: token } = JSON.parse(tokens.body) as { access_token?: string };
  if (!token) throw new Error(`no token: ${tokens.body}`);
  return token;
}
