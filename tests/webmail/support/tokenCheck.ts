import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { createServer, type Server } from "node:http";
import { get as httpsGet } from "node:https";

/** What the mail server requires of a token, as the settings plan's Directory object says it. */
export interface DirectoryRules {
  readonly issuerUrl: string;
  readonly requireAudience: string;
  readonly claimUsername: string;
  readonly requireScopes: Readonly<Record<string, boolean>>;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON from a peer
type Json = any;

/**
 * The mail server's judgement of a token, after Stalwart's OIDC directory: signature by the issuer's published keys,
 * issuer, audience, scopes and expiry, then the address from the userinfo endpoint. Dovecot asks it for each login.
 */
export class TokenCheck {
  private readonly server: Server;
  /** Why tokens were refused, newest last. */
  readonly refusals: string[] = [];
  accepted = 0;

  constructor(
    private readonly rules: DirectoryRules,
    private readonly ca: string,
    private readonly mailboxes: readonly string[],
  ) {
    this.server = createServer(async (request, response) => {
      let form = "";
      for await (const chunk of request) form += chunk;
      const token = new URLSearchParams(form).get("token") ?? "";
      const answer = await this.judge(token).catch((error: Error) => error.message);
      response.setHeader("content-type", "application/json");
      if (typeof answer === "string") {
        this.refusals.push(answer);
        response.end(JSON.stringify({ active: "false" }));
        return;
      }
      this.accepted += 1;
      response.end(JSON.stringify({ active: "true", email: answer.email }));
    });
  }

  listen(host: string, port: number): Promise<void> {
    return new Promise((resolve) => this.server.listen(port, host, resolve));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async judge(token: string): Promise<string | { email: string }> {
    const [head = "", payload = "", signature = ""] = token.split(".");
    const header: Json = JSON.parse(Buffer.from(head, "base64url").toString());
    const claims: Json = JSON.parse(Buffer.from(payload, "base64url").toString());
    if (header.alg !== "RS256") return "algorithm";
    const discovery = await this.fetch(`${this.rules.issuerUrl}/.well-known/openid-configuration`);
    const { keys } = await this.fetch(discovery.jwks_uri);
    const jwk: (JsonWebKey & { kid: string }) | undefined = keys.find((key: { kid: string }) => key.kid === header.kid);
    if (!jwk) return "unknown key";
    const key = createPublicKey({ key: jwk, format: "jwk" });
    if (!verify("sha256", Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, "base64url")))
      return "signature";
    if (claims.iss !== this.rules.issuerUrl) return "issuer";
    if (![claims.aud].flat().includes(this.rules.requireAudience)) return "audience";
    if (!(claims.exp * 1000 > Date.now())) return "expired";
    const scopes = String(claims.scope ?? "").split(" ");
    const missing = Object.keys(this.rules.requireScopes).find((scope) => !scopes.includes(scope));
    if (missing) return `scope ${missing}`;
    const user = await this.fetch(discovery.userinfo_endpoint, token);
    const email = user[this.rules.claimUsername];
    return this.mailboxes.includes(email) ? { email } : "no mailbox";
  }

  private fetch(url: string, token?: string): Promise<Json> {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    return new Promise((resolve, reject) => {
      httpsGet(url, { ca: this.ca, headers, timeout: 5000, agent: false }, async (response) => {
        let body = "";
        for await (const chunk of response) body += chunk;
        if (response.statusCode !== 200) reject(new Error(`${url} answers ${response.statusCode}`));
        else resolve(JSON.parse(body));
      }).on("error", reject);
    });
  }
}
