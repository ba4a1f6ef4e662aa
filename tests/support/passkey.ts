import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const sha256 = (bytes: string | Buffer): Buffer => createHash("sha256").update(bytes).digest();

/** A passkey of one user at one issuer, for Chromium's virtual authenticator, or to answer a challenge with by itself. */
export class Passkey {
  readonly id = randomBytes(16);
  private readonly pair = generateKeyPairSync("ec", { namedCurve: "P-256" });

  /** What the issuer knows of it. */
  get registered(): { id: string; publicKey: string } {
    const publicKey = this.pair.publicKey.export({ format: "der", type: "spki" }).toString("base64");
    return { id: this.id.toString("base64url"), publicKey };
  }

  /** As the DevTools protocol's `WebAuthn.addCredential` takes it. */
  credential(rpId: string) {
    return {
      credentialId: this.id.toString("base64"),
      isResidentCredential: false,
      rpId,
      privateKey: this.pair.privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
      signCount: 0,
    };
  }

  /** The form that a page posts once the browser has answered. */
  answer(challenge: string, origin: string, rpId = new URL(origin).hostname, flags = 0b101): Record<string, string> {
    const data = Buffer.from(JSON.stringify({ type: "webauthn.get", challenge, origin, crossOrigin: false }));
    const authenticator = Buffer.concat([sha256(rpId), Buffer.from([flags, 0, 0, 0, 1])]);
    const signature = sign("sha256", Buffer.concat([authenticator, sha256(data)]), this.pair.privateKey);
    const base64 = (bytes: Buffer): string => bytes.toString("base64");
    return { data: base64(data), authenticator: base64(authenticator), signature: base64(signature) };
  }
}
