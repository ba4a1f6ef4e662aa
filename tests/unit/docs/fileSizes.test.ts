import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/pages";

const MOST = 250;

/** What is in the repository or will be: a file that is new and not yet committed, too. */
const code = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(ts|js|cjs|py|go|sh|php)$/.test(file) && existsSync(join(ROOT, file)));

const lines = (file: string): number => readFileSync(join(ROOT, file), "utf8").split("\n").length - 1;

test(`no file of code has more than ${MOST} lines`, () => {
  expect(code.length).toBeGreaterThan(500);
  expect(code.filter((file) => lines(file) > MOST).map((file) => `${file}: ${lines(file)} lines`)).toEqual([]);
});
