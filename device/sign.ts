import { spawnSync } from "node:child_process";

export interface Signer {
  readonly cert: string;
  readonly key: string;
}

/**
 * A signed profile: CMS that includes the content, in DER, as Apple requires. It uses the openssl program, which every macOS and
 * Linux has: Node has no CMS, and libraries for it support only RSA keys. Intermediate certificates in the file are included.
 */
export function signed(profile: string, { cert, key }: Signer): Buffer {
  const words = ["smime", "-sign", "-nodetach", "-outform", "der", "-md", "sha256"];
  const { status, stdout, stderr, error } = spawnSync(
    "openssl",
    [...words, "-signer", cert, "-certfile", cert, "-inkey", key],
    { input: profile },
  );
  if (error !== undefined) throw new Error("the program `openssl`, which signs profiles, is not installed");
  if (status !== 0) {
    const reason = stderr
      .toString()
      .split("\n")
      .find((line) => line.trim() !== "");
    throw new Error(`--cert, --key: openssl does not sign with them: ${reason ?? "it does not say why"}`);
  }
  return stdout;
}
