import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");

const run = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: root, encoding: "utf8" });

interface Outcome {
  readonly name: string;
  readonly problems: readonly string[];
  readonly skipped: boolean;
}

/** test_rounds.Ending.test_it_is_so → it is so */
const promise = (name: string): string => (name.split(".test_")[1] ?? name).replaceAll("_", " ");

/** Python's own unit tests in a folder, each as one of jest's: they need Python and nothing else. */
export function pythonTests(program: string, tests: string, atLeast: number): void {
  // Where every test must run, in CI, a missing Python is a failure like any other.
  if (run("python3", "--version").status !== 0 && !process.env.CI) {
    process.stderr.write(`python3 is not installed: the tests in ${tests} were not run\n`);
    test.skip(`tests in ${tests}, because Python is missing`, () => undefined);
    return;
  }
  const { status, stdout, stderr } = run("python3", "-B", "tests/support/unittest_json.py", program, tests);
  if (status !== 0) throw new Error(`Python's unittest did not come to its end:\n${stderr}`);
  const all: readonly Outcome[] = JSON.parse(stdout);
  for (const module of new Set(all.map(({ name }) => name.split(".")[0] as string))) {
    describe(module.replace("test_", ""), () => {
      for (const { name, problems, skipped } of all.filter((one) => one.name.startsWith(`${module}.`))) {
        (skipped ? test.skip : test)(promise(name), () => expect(problems.join("\n")).toBe(""));
      }
    });
  }
  test("no file of tests is left out", () => {
    const files = readdirSync(join(root, tests)).filter((file) => /^test_.*\.py$/.test(file));
    const ran = new Set(all.map(({ name }) => `${name.split(".")[0]}.py`));
    expect(files.filter((file) => !ran.has(file))).toEqual([]);
    expect(files.length).toBeGreaterThanOrEqual(atLeast);
  });
}
