import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../../support/pages";

const file = (name: string): string => readFileSync(join(ROOT, name), "utf8");
const ci: { jobs: Record<string, { steps: { run?: string; with?: { key?: string } }[] }> } = parse(
  file(".github/workflows/ci.yml"),
);
const commands = (job: string): string => (ci.jobs[job]?.steps ?? []).map(({ run = "" }) => run).join("\n");

test("CI fails when a fake takes a plugin's place: it searches for the words that the sandbox prints then", () => {
  const [, words = ""] = /grep -q "([^"]+)"/.exec(commands("e2e")) ?? [];
  expect(words).not.toBe("");
  expect(file("tests/rig/fakes/plugins.ts")).toContain(words);
});

test("each npm script that CI runs is one of package.json", () => {
  const { scripts } = JSON.parse(file("package.json"));
  const run = Object.keys(ci.jobs).flatMap((job) =>
    [...commands(job).matchAll(/npm run ([\w:]+)|npm (test)/g)].map(([, script, test = ""]) => script ?? test),
  );
  expect(run).toEqual(expect.arrayContaining(["test", "test:e2e", "test:live"]));
  expect(run.filter((script) => !(script in scripts))).toEqual([]);
});

test("the cache of built programs is made anew when one of them is pinned to another version", () => {
  const keys = (ci.jobs.e2e?.steps ?? []).flatMap(({ with: input }) => input?.key ?? []);
  const hashed = [...keys.join().matchAll(/'([^']+)\/\*\*'/g)].map(([, folder = ""]) => folder);
  expect(hashed).toContain("tests/rig/tools");
  expect(hashed).toContain("tests/rig/modules");
  expect(hashed.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([]);
});

test("each action that a workflow uses is pinned to a commit, with its version beside it", () => {
  const folder = ".github/workflows";
  const uses = readdirSync(join(ROOT, folder)).flatMap((name) => file(`${folder}/${name}`).match(/uses: .*/g) ?? []);
  expect(uses.length).toBeGreaterThan(10);
  expect(uses.filter((line) => !/^uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});
