import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { projectFolder, writeProject } from "../../../sandbox/engine";
import { findPlugins } from "../../rig/fakes/plugins";

let folder: string;
const { PATH } = process.env;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "engine-"));
});
afterEach(() => {
  process.env.PATH = PATH;
  fs.rmSync(folder, { recursive: true });
});

/** An installation as Pulumi's installer leaves it: the CLI, and beside it plugins that look for the SDK where they run. */
function installation(): PulumiCommand {
  const bin = path.join(folder, "bin");
  fs.mkdirSync(bin);
  for (const name of [
    "pulumi",
    ...["pulumi-nodejs", "kubernetes", "random"].map((plugin) => `pulumi-resource-${plugin}`),
  ]) {
    fs.writeFileSync(path.join(bin, name), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  }
  process.env.PATH = `${bin}:${PATH}`;
  return { command: path.join(bin, "pulumi") } as PulumiCommand;
}

test("with an installed Pulumi, too, the sign-in client is registered by the SDK that is here", async () => {
  const said: string[] = [];
  const first = await findPlugins(installation(), path.join(folder, "scratch"), (line) => said.push(line));
  expect(fs.readdirSync(first)).toEqual(["pulumi-resource-pulumi-nodejs"]); // and the real ones for all else
  expect(said).toEqual([]);
  const starter = fs.readFileSync(path.join(first, "pulumi-resource-pulumi-nodejs"), "utf8");
  expect(starter).toContain(require.resolve("@pulumi/pulumi/cmd/dynamic-provider"));
});

test("pulumi finds its SDK and the program in the sandbox's project folder, as its language host looks for them", () => {
  writeProject(folder, "sandbox");
  writeProject(folder, "sandbox"); // a second start finds the first one's
  const project = projectFolder(folder);
  const host = createRequire(path.join(project, "package.json"));
  expect(host.resolve("@pulumi/pulumi/package.json")).toContain(path.join("node_modules", "@pulumi", "pulumi"));
  const script = `console.log(typeof require("./index.ts"))`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--require", "./start.cjs", "-e", script], {
    cwd: project,
    encoding: "utf8",
  });
  expect({ stdout, stderr }).toEqual({ stdout: "function\n", stderr: "" });
});
