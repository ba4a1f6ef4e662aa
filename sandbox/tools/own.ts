import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Buildable } from "./catalog";

/** Tells whether any of the files that a module's programs are built from has changed. */
export function fingerprint(moduleFolder: string): string {
  const hash = createHash("sha256");
  for (const file of fs.readdirSync(moduleFolder).sort()) {
    if (!file.endsWith("_test.go")) hash.update(`${file}\n`).update(fs.readFileSync(path.join(moduleFolder, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** Part of this repository: published nowhere. */
export const standIn: Buildable = {
  name: "The stand-in for Pulumi's plugins",
  version: fingerprint(path.join(__dirname, "..", "go", "standin")),
  module: "standin",
  programs: { standin: "." },
};

/** CoreDNS with few plugins, and what holds a pod's namespaces open. */
export const coreDns: Buildable = {
  name: "CoreDNS",
  version: fingerprint(path.join(__dirname, "..", "go", "coredns")),
  module: "coredns",
  programs: { coredns: "." },
};

export const pause: Buildable = {
  name: "The pause image's program",
  version: fingerprint(path.join(__dirname, "..", "go", "pause")),
  module: "pause",
  programs: { pause: "." },
  isStatic: true,
};

/** The stand-in for the mail server's command line tool (../images). */
export const cli: Buildable = {
  name: "The stand-in for stalwart-cli",
  version: fingerprint(path.join(__dirname, "..", "go", "cli")),
  module: "cli",
  programs: { "stalwart-cli": "." },
  isStatic: true,
};
