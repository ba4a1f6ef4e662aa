import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { releaseLines } from "../../../scripts/images/lines";

const ROOT = path.join(__dirname, "..", "..", "..");
const read = (...parts: string[]): string => fs.readFileSync(path.join(ROOT, ...parts), "utf8");

interface Locked {
  readonly license?: string;
  readonly optional?: boolean;
  readonly integrity?: string;
}
const locked = Object.entries(JSON.parse(read("package-lock.json")).packages as Record<string, Locked>).filter(
  ([folder]) => folder !== "",
);

test("every license of an npm package is in the docs, and the docs list no other", () => {
  // npm records no license for a package of another platform; its sibling for this one has the same.
  const licenses = new Set(locked.flatMap(([, { license }]) => license ?? []));
  const page = read("docs", "reference", "supply-chain.md");
  const table = page.slice(page.indexOf("<!-- licenses:begin -->"), page.indexOf("<!-- licenses:end -->"));
  const listed = [...table.matchAll(/^\| (.+?) \|/gm)].map(([, license]) => license).filter((l) => l !== "license");
  expect(listed).toEqual([...licenses].sort());
  expect(locked.filter(([, { license, optional }]) => !license && !optional)).toEqual([]);
});

test("every npm package is pinned by an exact version and a checksum", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json"));
  for (const version of Object.values({ ...dependencies, ...devDependencies }))
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(locked.filter(([, { integrity }]) => !integrity)).toEqual([]);
});

test("Renovate and npm run images have the same release lines", () => {
  const rules: { matchPackageNames?: string[]; allowedVersions?: string }[] = JSON.parse(
    read("renovate.json"),
  ).packageRules;
  const images = rules.filter(({ allowedVersions }) => allowedVersions?.startsWith("/"));
  const withoutGroups = (pattern: string): string => pattern.replace(/[()]/g, "");
  expect(images.map(({ allowedVersions }) => allowedVersions?.slice(1, -1)).sort()).toEqual(
    Object.values(releaseLines)
      .map(({ tag }) => withoutGroups(tag.source))
      .sort(),
  );
});

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: object;
}

describe("workflows", () => {
  const folder = path.join(".github", "workflows");
  test.each(fs.readdirSync(path.join(ROOT, folder)))(
    "the workflow %s has least permissions, and every job a time limit",
    (file) => {
      const { permissions, jobs } = parse(read(folder, file));
      expect(permissions).toMatchObject({ contents: "read" });
      for (const [job, settings] of Object.entries(jobs)) {
        expect([job, settings]).toEqual([job, expect.objectContaining({ "timeout-minutes": expect.any(Number) })]);
      }
    },
  );

  test("workflows of suites that upgrade from the previous release have its tag", () => {
    const { jobs } = parse(read(folder, "ci.yml")) as { jobs: Record<string, { steps: Step[] }> };
    const upgrading = Object.values(jobs).filter(({ steps }) =>
      steps.some(({ run }) => /test:(e2e|live)/.test(run ?? "")),
    );
    expect(upgrading.length).toBeGreaterThan(0);
    for (const { steps } of upgrading) {
      expect(steps.find(({ uses }) => uses?.startsWith("actions/checkout"))?.with).toMatchObject({ "fetch-depth": 0 });
    }
  });
});
