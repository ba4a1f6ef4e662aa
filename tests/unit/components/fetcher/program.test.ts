import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pythonTests } from "../../../support/pythonTests";

/** The program that runs in the fetcher's pod is Python, and so are its tests, in program/ beside this file. */
pythonTests("components/fetcher/program", "tests/unit/components/fetcher/program", 6);

if (process.env.CI) {
  test("ruff and mypy report nothing about the Python programs", () => {
    const root = join(__dirname, "../../../..");
    const { status, stdout, stderr } = spawnSync("bash", ["scripts/lint-program.sh"], { cwd: root, encoding: "utf8" });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
  });
}
