import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { defaultImages } from "../../../config/images";
import { ROOT } from "../../support/pages";

const home = fs.mkdtempSync(path.join(os.tmpdir(), "updates-"));
afterAll(() => fs.rmSync(home, { recursive: true }));

/** As much of this repository as the commands read and rewrite. */
const copy = path.join(home, "repository");
for (const name of [
  "config",
  "docs",
  "lib",
  "scripts",
  "package.json",
  "package-lock.json",
  "Pulumi.yaml",
  "start.cjs",
])
  fs.cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));

const read = (file: string): string => fs.readFileSync(path.join(copy, file), "utf8");
const NAMING_IMAGES = ["config/images.ts", "Pulumi.yaml", "docs/reference/configuration.md"];
const DIGEST = `sha256:${"1".repeat(64)}`;
const NEWEST = "v0.16.9999";

/** Takes the place of the network: each registry has what is pinned and one newer Stalwart; GitHub has `ADVISORIES`. */
const network = path.join(home, "network.cjs");
fs.writeFileSync(
  network,
  `const pinned = ${JSON.stringify(Object.values(defaultImages))};
globalThis.fetch = async (target, { method }) => {
  const { host, pathname } = new URL(target);
  if (host === process.env.UNREACHABLE) throw new TypeError("fetch failed");
  if (host === "api.github.com") {
    return Response.json(pathname.startsWith("/repos/stalwartlabs/stalwart/") ? JSON.parse(process.env.ADVISORIES) : []);
  }
  if (method === "HEAD") return new Response(null, { headers: { "docker-content-digest": "${DIGEST}" } });
  const repository = pathname.slice("/v2/".length, -"/tags/list".length);
  const known = pinned.find((image) => image.includes(repository + ":"));
  return Response.json({ tags: [known.split(/[:@]/)[1], ...(repository === "stalwartlabs/stalwart" ? ["${NEWEST}"] : [])] });
};
`,
);

const vulnerability = { vulnerable_version_range: `< ${NEWEST}`, patched_versions: NEWEST };
const advisory = { ghsa_id: "GHSA-xxxx", cve_id: null, summary: "Reads others' mail", withdrawn_at: null };
const affecting = JSON.stringify([{ ...advisory, vulnerabilities: [vulnerability] }]);

function images(options: readonly string[], environment: Record<string, string> = {}) {
  const args = ["--require", "./start.cjs", "--require", network, "scripts/images/main.ts", ...options];
  const env = { ...process.env, ADVISORIES: "[]", ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("npm run images", () => {
  test("npm run images -- --check fails when an advisory affects a pinned release, and only then", () => {
    expect(images(["--check"])).toMatchObject({ status: 0, stderr: "" });
    const { status, stdout } = images(["--check"], { ADVISORIES: affecting });
    expect(status).toBe(1);
    expect(stdout).toContain(`SECURITY GHSA-xxxx: Reads others' mail (fixed in ${NEWEST})`);
  });

  test("npm run images changes nothing, and neither does an update while a host is unreachable", () => {
    const before = NAMING_IMAGES.map(read);
    expect(images([])).toMatchObject({ status: 0, stdout: expect.stringContaining(`→ ${NEWEST}`) });
    expect(images(["--update"], { UNREACHABLE: "ghcr.io" })).toMatchObject({
      status: 2,
      stderr: "ghcr.io is unreachable: nothing was changed\n",
    });
    expect(NAMING_IMAGES.map(read)).toEqual(before);
  });

  test("npm run images -- --update pins the newest release by tag and digest, everywhere that the images are named", () => {
    expect(images(["--update"])).toMatchObject({ status: 0, stderr: "" });
    const [before] = defaultImages.stalwart.split("@");
    for (const file of NAMING_IMAGES) {
      const [named, left] = [`stalwartlabs/stalwart:${NEWEST}@${DIGEST.slice(0, 15)}`, `${before}@`]; // the docs shorten it
      expect([file, ...[named, left].map((text) => read(file).includes(text))]).toEqual([file, true, false]);
    }
  });
});

describe("npm run audit", () => {
  /** npm, with this answer to the one question that is expected. */
  function audit(answer: string): { status: number | null; stdout: string; stderr: string } {
    const npm = `#!/bin/sh\n[ "$*" = "audit --omit=dev --json" ] || exit 9\ncat <<'END'\n${answer}\nEND\nexit 1\n`;
    fs.writeFileSync(path.join(home, "npm"), npm, { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--require", "./start.cjs", "scripts/audit/main.ts"],
      { cwd: copy, env: { ...process.env, PATH: `${home}${path.delimiter}${process.env.PATH}` }, encoding: "utf8" },
    );
    return { status, stdout, stderr };
  }

  test("npm run audit fails with the advisory that affects a package of a workstation, and passes without one", () => {
    const via = [{ title: "ReDoS", url: "https://github.com/advisories/GHSA-aaaa", severity: "high" }];
    const { status, stdout } = audit(JSON.stringify({ vulnerabilities: { semver: { via } } }));
    expect([status, stdout]).toEqual([1, "semver: ReDoS (high, https://github.com/advisories/GHSA-aaaa)\n"]);
    expect(audit(JSON.stringify({ vulnerabilities: {} })).status).toBe(0);
  });

  test("npm run audit fails when npm gives no report", () => {
    expect(audit("npm error code ENOTFOUND")).toMatchObject({ status: 1, stdout: "npm audit gave no report\n" });
  });
});
