import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { whyNoExternalHost } from "../rig/environment/externalHost";
import { whyNoNode } from "../rig/node/namespace";
import { HELP, read } from "./support/options";

/** Says what is missing, or starts jest with what the suite has to know in its environment. */
function main(args: readonly string[]): number {
  if (args.includes("--help")) {
    process.stdout.write(HELP);
    return 0;
  }
  const { options, jest } = read(args, process.env);
  const { kubeconfig, inCluster } = options;
  const reason = kubeconfig !== undefined ? undefined : (whyNoNode() ?? (inCluster ? undefined : whyNoExternalHost()));
  if (reason) throw new Error(reason);
  // The others make nodes of their own.
  const only = kubeconfig === undefined ? [] : ["tests/live/stack"];
  const program = join(__dirname, "..", "..", "node_modules", "jest", "bin", "jest.js");
  const { status } = spawnSync(
    process.execPath,
    [program, "--selectProjects", "live", "--forceExit", ...only, ...jest],
    { stdio: "inherit", env: { ...process.env, HOMELAB_MAIL_LIVE: JSON.stringify(options) } },
  );
  return status ?? 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
