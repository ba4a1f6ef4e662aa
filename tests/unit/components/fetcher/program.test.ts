import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * The program that runs in the fetcher's pod is Python, and so are its tests, in program/ beside this file: they need
 * Python and nothing else. Here each of them becomes one of jest's.
 */
const root = join(__dirname, "../../../..");
const program = join(root, "components/fetcher/program");
const tests = join(__dirname, "program");

const run = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: root, encoding: "utf8" });

interface Outcome {
  readonly name: string;
  readonly problems: readonly string[];
}

function outcomes(): readonly Outcome[] {
  const { status, stdout, stderr } = run("python3", "-B", "tests/support/unittest_json.py", program, tests);
  if (status !== 0) throw new Error(`Python's unittest did not come to its end:\n${stderr}`);
  return JSON.parse(stdout);
}

/** test_rounds.Ending.test_it_is_so → it is so */
const promise = (name: string): string => (name.split(".test_")[1] ?? name).replaceAll("_", " ");

// Where every test must run, in CI, a missing Python is a failure like any other.
if (run("python3", "--version").status === 0 || process.env.CI) {
  const all = outcomes();
  for (const module of new Set(all.map(({ name }) => name.split(".")[0] as string))) {
    describe(module.replace("test_", ""), () => {
      for (const { name, problems } of all.filter((one) => one.name.startsWith(`${module}.`))) {
        test(promise(name), () => expect(problems.join("\n")).toBe(""));
      }
    });
  }

  test("no file of tests is left out", () => {
    const files = readdirSync(tests).filter((file) => /^test_.*\.py$/.test(file));
    const ran = new Set(all.map(({ name }) => `${name.split(".")[0]}.py`));
    expect(files.filter((file) => !ran.has(file))).toEqual([]);
    expect(files.length).toBeGreaterThan(5);
  });
} else {
  process.stderr.write("python3 is not here: the tests of components/fetcher/program were not run\n");
  test.skip("the program in the fetcher's pod, for want of Python", () => undefined);
}

if (process.env.CI) {
  test("ruff and mypy have nothing to say of the program", () => {
    const { status, stdout, stderr } = run("bash", "scripts/lint-program.sh");
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
  });
}
