import { spawnSync } from "node:child_process";
import { join } from "node:path";

const entrypoint = join(__dirname, "../../rig/images/roundcube/entrypoint");

test("the fake webmail image does nothing without the official image's command and working folder", () => {
  const run = (...command: string[]) =>
    spawnSync("bash", [entrypoint, ...command], { cwd: __dirname, encoding: "utf8" });
  for (const command of [[], ["sleep"], ["apache2-foreground"]]) {
    expect(run(...command)).toMatchObject({ status: 1, stdout: "", stderr: "" });
  }
});
