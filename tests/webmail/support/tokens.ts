import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from "node:crypto";

/** A provider's signing key. */
export class SigningKey {
  private readonly privateKey: KeyObject = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

  constructor(readonly kid: string) {}

  /** As the provider wants it. */
  get jwk(): JsonWebKey {
    return { ...this.privateKey.export({ format: "jwk" }), kid: this.kid, alg: "RS256", use: "sig" };
  }

  /** An access token with these claims. `alg: none` leaves the signature out. */
  token(claims: Record<string, unknown>, header: Record<string, unknown> = {}): string {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const head = { alg: "RS256", typ: "at+jwt", kid: this.kid, ...header };
    const signed = `${part(head)}.${part(claims)}`;
    const signature =
      head.alg === "none" ? "" : sign("sha256", Buffer.from(signed), this.privateKey).toString("base64url");
    return `${signed}.${signature}`;
  }
}
