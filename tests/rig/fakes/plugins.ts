import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { answers } from "../tools/download";
import { findLocalBuild, onPath } from "../tools/find";
import type { Log } from "../tools/log";
import { pulumiPlugins } from "./programs";

const ROOT = path.join(__dirname, "..", "..", "..");
const PLUGINS = ["kubernetes", "random"] as const;
type PluginName = (typeof PLUGINS)[number];

const versionOf = (plugin: PluginName): string =>
  JSON.parse(fs.readFileSync(path.join(ROOT, "node_modules", "@pulumi", plugin, "package.json"), "utf8")).version;

const pluginHome = (): string => path.join(process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi"), "plugins");

/** Whether the real plugin is here, or comes when the engine asks for it. */
async function isReal(plugin: PluginName, pulumi: PulumiCommand, log: Log): Promise<boolean> {
  if (onPath(`pulumi-resource-${plugin}`)) return true;
  const version = versionOf(plugin);
  if (fs.existsSync(path.join(pluginHome(), `resource-${plugin}-v${version}`))) return true;
  if (!(await answers("https://get.pulumi.com"))) return false;
  log(`Downloading the ${plugin} plugin ${version}`);
  const { status } = spawnSync(pulumi.command, ["plugin", "install", "resource", plugin, version], {
    stdio: "inherit",
  });
  return status === 0;
}

/** An executable of the name the engine looks for on PATH. */
function writeStarter(plugin: string, folder: string, command: string): void {
  fs.writeFileSync(path.join(folder, `pulumi-resource-${plugin}`), `#!/bin/sh\nexec ${command}\n`, { mode: 0o755 });
}

/**
 * The SDK's own provider for dynamic resources, which registers the sign-in client. A CLI that was built from source brings
 * no starter for it, and a downloaded one brings one that looks for the SDK in the folder it is run in. This one knows where
 * the SDK is, and on PATH it goes before the CLI's (getPluginInfoAndPath in the engine's workspace/plugins.go).
 */
function writeDynamicProvider(folder: string): void {
  const main = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");
  writeStarter("pulumi-nodejs", folder, `'${process.execPath}' '${main}' "$@"`);
}

/** Makes sure that the engine finds all resource plugins; returns a folder that has to come first on its PATH. */
export async function findPlugins(pulumi: PulumiCommand, scratch: string, log: Log): Promise<string> {
  const folder = path.join(scratch, "plugins");
  fs.mkdirSync(folder, { recursive: true });
  writeDynamicProvider(folder);
  const missing: PluginName[] = [];
  for (const plugin of PLUGINS) if (!(await isReal(plugin, pulumi, log))) missing.push(plugin);
  if (missing.length === 0) return folder;
  log(
    `NOTE: the Pulumi plugin${missing.length > 1 ? "s" : ""} ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not available here; using a built-in fake. ` +
      "It sends the same objects to the API server, and does nothing else.",
  );
  const { "pulumi-plugins": fake } = await findLocalBuild(pulumiPlugins, log);
  for (const plugin of missing) writeStarter(plugin, folder, `'${fake}' ${plugin} ${versionOf(plugin)}`);
  return folder;
}
