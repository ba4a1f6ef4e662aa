import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { scripts } from "../../../package.json";

const root = join(__dirname, "../../..");

/** The test files that a command line of jest's runs, as paths of this repository. */
const files = (args: readonly string[]): string[] =>
  execFileSync(process.execPath, [require.resolve("jest/bin/jest"), ...args, "--listTests"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  })
    .split("\n")
    .filter((line) => line.endsWith(".test.ts"))
    .map((file) => file.slice(root.length + 1));

test("a path behind npm run test:e2e -- runs that file only", () => {
  const [, ...args] = scripts["test:e2e"].split(" ");
  expect(files([...args, "tests/e2e/alerts.test.ts"])).toEqual(["tests/e2e/alerts.test.ts"]);
});

test("jest without a selection runs the unit tests only", () => {
  expect(files([]).filter((file) => !file.startsWith("tests/unit/"))).toEqual([]);
});
