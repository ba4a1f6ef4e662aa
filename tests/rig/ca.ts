import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** A private certificate authority, gone with its folder. */
export class PrivateCa {
  readonly cert: string;
  private readonly key: string;

  constructor(private readonly folder: string) {
    this.key = join(folder, "ca.key");
    this.cert = join(folder, "ca.pem");
    this.openssl("req", "-x509", ...this.newKey(this.key), "-out", this.cert, "-days", "2", "-subj", "/CN=Rig CA");
  }

  /** A certificate for these host names or addresses. */
  issue(...names: [string, ...string[]]): KeyPair {
    return this.certify(names[0], names);
  }

  /** Makes the pair in files of that name. */
  protected certify(file: string, names: readonly string[], { days = 2, isSelfSigned = false } = {}): KeyPair {
    const base = join(this.folder, file);
    const pair = { key: `${base}.key`, cert: `${base}.pem` };
    const subjects = names.map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`);
    writeFileSync(`${base}.ext`, `subjectAltName=${subjects.join(",")}\n`);
    this.openssl("req", ...this.newKey(pair.key), "-out", `${base}.csr`, "-subj", `/CN=${names[0]}`);
    const ca = ["-CA", this.cert, "-CAkey", this.key, "-CAcreateserial"];
    const signer = isSelfSigned ? ["-signkey", pair.key] : ca;
    const extensions = ["-days", String(days), "-extfile", `${base}.ext`];
    this.openssl("x509", "-req", "-in", `${base}.csr`, ...signer, "-out", pair.cert, ...extensions);
    return pair;
  }

  /** The system's CAs and this one, as a pod with a custom CA would mount them. */
  bundle(): string {
    return `${readFileSync("/etc/ssl/certs/ca-certificates.crt", "utf8")}\n${readFileSync(this.cert, "utf8")}`;
  }

  private newKey(path: string): string[] {
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path];
  }

  private openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  }
}

/** The hash by which Chromium can be told to accept one key. */
export function spki(cert: string): string {
  const der = execFileSync("sh", [
    "-c",
    `openssl x509 -in '${cert}' -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`,
  ]);
  return der.toString().trim();
}
