import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { defaultImages } from "../../../config/images";
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

describe("Renovate", () => {
  const renovate: {
    customManagers: { matchStrings: [string] }[];
    packageRules: {
      matchDatasources?: string[];
      allowedVersions?: string;
      groupName?: string;
      fetchChangeLogs?: string;
    }[];
  } = JSON.parse(read("renovate.json"));

  test("Renovate and npm run images have the same release lines", () => {
    const images = renovate.packageRules.filter(({ allowedVersions }) => allowedVersions?.startsWith("/"));
    const withoutGroups = (pattern: string): string => pattern.replace(/[()]/g, "");
    expect(images.map(({ allowedVersions }) => allowedVersions?.slice(1, -1)).sort()).toEqual(
      Object.values(releaseLines)
        .map(({ tag }) => withoutGroups(tag.source))
        .sort(),
    );
  });

  test("Renovate finds every pinned image, and moves its tag together with its digest", () => {
    const found = renovate.customManagers.flatMap(({ matchStrings: [pattern] }) =>
      [...read("config", "images.ts").matchAll(new RegExp(pattern, "g"))].map(
        ({ groups = {} }) => `${groups.depName}:${groups.currentValue}@${groups.currentDigest}`,
      ),
    );
    expect(found).toEqual(Object.values(defaultImages));
  });

  test("Renovate proposes all images in one pull request, with their release notes", () => {
    const rules = renovate.packageRules.filter(({ matchDatasources }) => matchDatasources?.includes("docker"));
    expect(rules.map(({ groupName, fetchChangeLogs }) => [groupName, fetchChangeLogs])).toEqual([["images", "pr"]]);
  });
});

test("the version of package.json has a section in the changelog, with which its tag is released", () => {
  const { version } = JSON.parse(read("package.json"));
  expect(read("CHANGELOG.md")).toMatch(
    new RegExp(`^## ${version.replaceAll(".", "\\.")} – \\d{4}-\\d\\d-\\d\\d\n\n\\S`, "m"),
  );
});

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: object;
}

interface Workflow {
  readonly on: { readonly schedule?: readonly object[] };
  readonly permissions?: Record<string, string>;
  readonly jobs: Record<string, { readonly permissions?: Record<string, string>; readonly steps: readonly Step[] }>;
}

describe("workflows", () => {
  const folder = path.join(".github", "workflows");
  const workflows = fs
    .readdirSync(path.join(ROOT, folder))
    .map((file): [string, Workflow] => [file, parse(read(folder, file))]);
  const runs = (file: string): string[] =>
    Object.values(new Map(workflows).get(file)?.jobs ?? {}).flatMap(({ steps }) => steps.map(({ run = "" }) => run));

  test("workflows have least permissions: to read the repository, and to change what their own task is", () => {
    const changes = workflows.flatMap(([file, { permissions, jobs }]) => {
      const granted = [
        permissions ?? { everything: "write" },
        ...Object.values(jobs).map((job) => job.permissions ?? {}),
      ];
      return granted
        .flatMap((permission) => Object.entries(permission))
        .filter((one) => one.join(": ") !== "contents: read")
        .map((one) => `${file} ${one.join(": ")}`);
    });
    expect(changes.sort()).toEqual([
      "fetchmail-image.yml packages: write",
      "pins.yml issues: write",
      "release.yml contents: write",
    ]);
  });

  test.each(workflows)("every job of the workflow %s has a time limit", (_file, { jobs }) => {
    for (const [job, settings] of Object.entries(jobs)) {
      expect([job, settings]).toEqual([job, expect.objectContaining({ "timeout-minutes": expect.any(Number) })]);
    }
  });

  test("workflows ask for advisories: of the packages at every change, of the images on a schedule that opens an issue", () => {
    expect(runs("ci.yml")).toEqual(expect.arrayContaining(["npm run audit", "npm audit signatures"]));
    expect(new Map(workflows).get("pins.yml")?.on.schedule).toHaveLength(1);
    const [check = "", report = ""] = runs("pins.yml").slice(-2);
    expect(check).toContain("npm run --silent images -- --check");
    expect(report).toContain("gh issue create");
  });

  test("workflows of suites that upgrade from the previous release have its tag", () => {
    const upgrading = Object.values(new Map(workflows).get("ci.yml")?.jobs ?? {}).filter(({ steps }) =>
      steps.some(({ run }) => /test:(e2e|live)/.test(run ?? "")),
    );
    expect(upgrading.length).toBeGreaterThan(0);
    for (const { steps } of upgrading) {
      expect(steps.find(({ uses }) => uses?.startsWith("actions/checkout"))?.with).toMatchObject({ "fetch-depth": 0 });
    }
  });
});
