import { createHash } from "node:crypto";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { defaultImages } from "../../../config/images";
import { isAffected } from "../../../scripts/images/advisories";
import { releaseLines } from "../../../scripts/images/lines";
import { describe as describePin, inspectPin, newestTag, updated } from "../../../scripts/images/pins";
import { parseReference, RegistryClient } from "../../../scripts/images/registry";

/** A fake registry and a fake GitHub: pages of two tags, a token for each repository, one advisory. */
const tags = ["latest", "v0.16.9", "v0.16.27", "v0.16.24", "v1.1.0", "v0.15.99", "v0.16.28-rc1"];
const digestOf = (tag: string): string => `sha256:${createHash("sha256").update(tag).digest("hex")}`;
const advisory = {
  ghsa_id: "GHSA-xxxx",
  cve_id: "CVE-2026-1",
  summary: "Reads others' mail",
  withdrawn_at: null,
  vulnerabilities: [{ vulnerable_version_range: ">= 0.13.0, < 0.16.25", patched_versions: "0.16.25" }],
};
let origin = "";

function respond(request: http.IncomingMessage, response: http.ServerResponse): void {
  const url = new URL(request.url ?? "/", origin);
  const json = (body: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
  if (url.pathname === "/token") {
    json({ token: `for ${url.searchParams.get("scope")}` });
    return;
  }
  if (url.pathname === "/repos/stalwartlabs/stalwart/security-advisories") {
    json([advisory, { ...advisory, ghsa_id: "GHSA-withdrawn", withdrawn_at: "2026-01-01" }]);
    return;
  }
  if (request.headers.authorization !== "Bearer for repository:stalwartlabs/stalwart:pull") {
    response.writeHead(401, { "www-authenticate": `Bearer realm="${origin}/token",service="fake",scope="x"` }).end();
    return;
  }
  const manifest = /^\/v2\/stalwartlabs\/stalwart\/manifests\/(.+)$/.exec(url.pathname)?.[1];
  if (manifest && request.method === "HEAD") {
    response.writeHead(200, { "docker-content-digest": digestOf(manifest) }).end();
    return;
  }
  const from = Number(url.searchParams.get("last") ?? 0);
  const next = `</v2/stalwartlabs/stalwart/tags/list?last=${from + 2}>; rel="next"`;
  json({ tags: tags.slice(from, from + 2) }, from + 2 < tags.length ? { link: next } : {});
}

const server = http.createServer(respond);
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const pinned = `stalwartlabs/stalwart:v0.16.24@sha256:${"0".repeat(64)}`;
const sources = () => ({ registry: new RegistryClient(() => origin), github: origin });

test("npm run images pins the newest release of the line, by tag and digest, and never crosses to 1.x", async () => {
  const pin = await inspectPin("stalwart", pinned, releaseLines.stalwart, sources());
  expect(pin.newest).toBe(`stalwartlabs/stalwart:v0.16.27@${digestOf("v0.16.27")}`);
  expect(updated(`a "${pinned}" b`, [pin])).toBe(`a "${pin.newest}" b`);
});

test("npm run images names the advisories that affect the pinned release, and its release notes", async () => {
  const pin = await inspectPin("stalwart", pinned, releaseLines.stalwart, sources());
  const text = describePin(pin).join("\n");
  expect(text).toContain("SECURITY CVE-2026-1: Reads others' mail (fixed in 0.16.25)");
  expect(text).not.toContain("withdrawn");
  expect(text).toContain("https://github.com/stalwartlabs/stalwart/releases");
});

test("an advisory whose range cannot be read counts as affecting the pinned release", () => {
  expect(isAffected("0.16.24", "everything before the flood")).toBe(true);
  expect(isAffected("0.16.24", "< v0.16.25")).toBe(true);
  expect(isAffected("0.16.25", "< 0.16.25")).toBe(false);
  expect(isAffected("0.16.24", null)).toBe(true);
});

test("every default image is a release of its own line, and is parsed as it is written", () => {
  for (const [name, image] of Object.entries(defaultImages)) {
    const { registry, repository, tag, digest } = parseReference(image);
    const line = releaseLines[name as keyof typeof releaseLines];
    expect([name, newestTag(line, ["latest", tag])]).toEqual([name, tag]);
    const prefix = registry === "registry-1.docker.io" ? "" : `${registry}/`;
    expect(`${prefix}${repository}:${tag}@${digest}`).toBe(image);
  }
});

test("a pin outside its line is an error that names the line", async () => {
  const wrong = pinned.replace("v0.16.24", "v1.1.0");
  await expect(inspectPin("stalwart", wrong, releaseLines.stalwart, sources())).rejects.toThrow(
    "is not in the line 0.16",
  );
});
