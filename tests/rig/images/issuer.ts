import * as fs from "node:fs";
import * as path from "node:path";
import type { Files } from "./archive";

const ROOT = path.join(__dirname, "..", "..", "..");

/** A package and all that it needs, as npm has laid them out. */
function packagesOf(name: string, found = new Set<string>()): Set<string> {
  const folder = path.join("node_modules", name);
  const manifest = path.join(ROOT, folder, "package.json");
  if (found.has(folder) || !fs.existsSync(manifest)) return found;
  found.add(folder);
  const { dependencies = {} } = JSON.parse(fs.readFileSync(manifest, "utf8")) as { dependencies?: object };
  for (const needed of Object.keys(dependencies)) packagesOf(needed, found);
  return found;
}

/** On a node that has no registry: pods find it under this name. */
export const fakeIssuerImage = "homelab-mail.test/issuer:fake";

/** Stands for Pocket ID: Node, an OpenID provider of npm's, and what makes it behave like Pocket ID. */
export function issuerFiles(): Files {
  const files: Record<string, { content: Buffer; mode?: number }> = {};
  for (const folder of packagesOf("oidc-provider")) {
    for (const entry of fs.readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      files[path.join("srv", path.relative(ROOT, file))] = { content: fs.readFileSync(file) };
    }
  }
  const programs = path.join(__dirname, "..", "fakes", "pocket-id");
  for (const file of fs.readdirSync(programs)) {
    const name = file === "oidc-server.mjs" ? "issuer.mjs" : file;
    files[`srv/${name}`] = { content: fs.readFileSync(path.join(programs, file)) };
  }
  files["usr/local/bin/node"] = { content: fs.readFileSync(process.execPath), mode: 0o755 };
  return files;
}
