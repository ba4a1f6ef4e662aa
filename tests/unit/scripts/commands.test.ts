import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../support/pages";

/** The other commands read their options with doctor/options.ts, and have tests of their own. */
const commands = [
  ["sandbox", "sandbox/main.ts"],
  ["images", "scripts/images/main.ts"],
  ["bench", "tests/bench/main.ts"],
] as const;

const run = (file: string, ...options: string[]) =>
  spawnSync(process.execPath, ["--require", "./start.cjs", join(ROOT, file), ...options], {
    cwd: ROOT,
    encoding: "utf8",
  });

describe.each(commands)("npm run %s", (name, file) => {
  test("the command prints its help and ends with 0", () => {
    const { status, stdout, stderr } = run(file, "--help");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`npm run ${name}`);
  });

  test("the command ends with 2, and without a stack trace, when it does not know an option", () => {
    const { status, stdout, stderr } = run(file, "--bogus");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr).toMatch(/--bogus|npm run/);
  });
});

test.each([
  [["--live", "--keep"], "--keep cannot be combined with --live: the stack with mail lasts until Ctrl-C\n"],
  [["--cluster", "kind"], "--cluster needs --live: without mail, the control plane comes with the sandbox\n"],
])(
  "npm run sandbox refuses the options %j, which contradict each other, before it starts anything",
  (options, line) => {
    const { status, stdout, stderr } = run("sandbox/main.ts", ...options);
    expect([status, stdout, stderr]).toEqual([2, "", line]);
  },
);
