import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { defaultImages } from "../../config/images";
import { releaseLines } from "./lines";
import { describe, inspectPin, updated } from "./pins";
import { RegistryClient } from "./registry";

const USAGE = `npm run images             what is pinned, and the newest release of each image's line
npm run images -- --check   the same; exit status 1 when a security advisory affects a pinned release
npm run images -- --update  pins the newest release of each line, by tag and digest, and rewrites the docs`;

const root = join(__dirname, "..", "..");

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: "boolean" }, update: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help) return console.log(USAGE);
  const sources = { registry: new RegistryClient(), github: "https://api.github.com" };
  const names = Object.keys(defaultImages) as (keyof typeof defaultImages)[];
  const pins = await Promise.all(
    names.map((name) => inspectPin(name, defaultImages[name], releaseLines[name], sources)),
  );
  console.log(pins.flatMap(describe).join("\n"));
  if (values.check && pins.some(({ advisories }) => advisories.length > 0)) process.exitCode = 1;
  if (!values.update) return;
  const file = join(root, "config", "images.ts");
  writeFileSync(file, updated(readFileSync(file, "utf8"), pins));
  execFileSync("npm", ["run", "--silent", "docs:config"], { cwd: root, stdio: "inherit" });
  console.log(
    "config/images.ts, Pulumi.yaml and the docs name the newest releases now: read the release notes, then npm test",
  );
}

main().catch((error: Error & { code?: string }) => {
  console.error(error.code?.startsWith("ERR_PARSE_ARGS") ? USAGE : `${error.message}: nothing was changed`);
  process.exitCode = 2;
});
