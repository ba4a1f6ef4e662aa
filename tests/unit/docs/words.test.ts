import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/pages";
import { oldWords } from "./oldWords";

/** Lines that have an old word for a reason: a path, a part of the line, and the reason. */
const allowed: readonly (readonly [path: string, part: string, reason: string])[] = [
  ["CONTRIBUTING.md", "4. *fix*, not mend;", "the rule itself"],
  ["CHANGELOG.md", "`verdicts` is `results`", "names that programs may still read"],
  ["CHANGELOG.md", "`mend` is `fix`", "names that programs may still read"],
  ["components/customCAs/index.ts", 'new CustomCAs("authorities"', "a name in Pulumi's state"],
  ["components/customCAs/index.ts", "homelab-mail:trust:Authorities", "a type in Pulumi's state"],
  ["components/shared/caBundle.ts", "authorities", "part of a pod template: another text restarts the pod"],
  ["tests/unit/components/customCAs.test.ts", "authorities", "the names of these objects"],
  ["config/names.ts", '"trusted-authorities"', "the name of a ConfigMap stays"],
];

const others = [
  /^package-lock\.json$|^LICENSE$|\/top-level-domains\.txt$/, // written by others
  /^tests\/unit\/docs\/(oldWords|words\.test)\.ts$/, // the list itself
];

const isText = (content: Buffer): boolean => !content.subarray(0, 8000).includes(0);

/** What is in the repository or will be: a file that is new and not yet committed, too. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\0")
  .filter((file) => file !== "" && existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isFile())
  .filter((file) => !others.some((pattern) => pattern.test(file)));

const isAllowed = (file: string, line: string): boolean =>
  allowed.some(([path, part]) => path === file && line.includes(part));

function oldWordsOf(file: string): string[] {
  const content = readFileSync(join(ROOT, file));
  const lines = isText(content) ? content.toString("utf8").split("\n") : [];
  return [file, ...lines].flatMap((line, n) =>
    oldWords
      .filter(({ pattern }) => pattern.test(line) && !isAllowed(file, line))
      .map(
        ({ pattern, instead }) =>
          `${n === 0 ? file : `${file}:${n}`}: not "${pattern.exec(line)?.[0]}", but ${instead}`,
      ),
  );
}

test("code, docs, messages and file names use the words of the field (CONTRIBUTING.md, Language)", () => {
  expect(files.length).toBeGreaterThan(500);
  expect(files.flatMap(oldWordsOf)).toEqual([]);
});

test("each line that may have an old word is still there", () => {
  const isThere = ([path, part]: readonly [string, string, string]): boolean =>
    readFileSync(join(ROOT, path), "utf8").includes(part);
  expect(allowed.filter((line) => !isThere(line))).toEqual([]);
});
