import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { type BuildSpec, modulesFolder } from "./catalog";

/** Tells whether any of the files that a module's programs are built from has changed. */
export function fingerprint(moduleFolder: string): string {
  const hash = createHash("sha256");
  for (const file of fs.readdirSync(moduleFolder).sort()) {
    if (!file.endsWith("_test.go")) hash.update(`${file}\n`).update(fs.readFileSync(path.join(moduleFolder, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** CoreDNS with few plugins: its folder under modules/ lists them. */
export const coreDns: BuildSpec = {
  name: "CoreDNS",
  version: fingerprint(path.join(modulesFolder, "coredns")),
  module: "coredns",
  programs: { coredns: "." },
};
