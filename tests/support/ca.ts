import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { type KeyPair, PrivateCa } from "../rig/ca";

/** A CA that also issues certificates which must not be trusted. */
export class TestCa extends PrivateCa {
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    super(folder);
  }

  get pem(): string {
    return readFileSync(this.cert, "utf8");
  }

  /** The file name under which OpenSSL looks it up in /etc/ssl/certs. */
  get hash(): string {
    const hash = execFileSync("openssl", ["x509", "-hash", "-noout", "-in", this.cert], { encoding: "utf8" });
    return `${hash.trim()}.0`;
  }

  /** An expired certificate. */
  expired(name: string): KeyPair {
    return this.certify(`${name}-expired`, [name], { days: -1 });
  }

  /** A self-signed certificate. */
  selfSigned(name: string): KeyPair {
    return this.certify(`${name}-self-signed`, [name], { isSelfSigned: true });
  }
}
