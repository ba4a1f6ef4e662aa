import * as path from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Stack } from "@pulumi/pulumi/automation";
import { kubectlFor, withClient } from "./client";
import { SandboxCluster, stopKeptCluster } from "./cluster";
import { type Engine, findEngine, openStack, prepareEngine, projectEnvironment, projectFolder } from "./engine";
import { runLive } from "./live/run";
import { describePlan, findMissing } from "./plan";
import { requireWhatItNeeds } from "./requirements";
import { findTools, toTerminal as log } from "./rig";

const HELP = `npm run sandbox [-- OPTIONS]

Deploys the whole stack to a throwaway Kubernetes control plane, with the real Pulumi engine and a sample configuration.

  --keep               leave the cluster running; the next start uses it again. Not with --live
  --stop               end a cluster that was left running
  --kubeconfig FILE    use your own cluster (kind, k3d, …) instead
  --config KEY=VALUE   set a configuration key first, for example storage.className=standard; may be repeated
  --live               with mail: the stack together with a fake mail provider, an OIDC issuer, a throwaway CA and browser
                       access. It runs on a cluster that kind or k3d creates, on your own with --kubeconfig, or else on
                       a node on this machine (Linux, as root), with fakes of Stalwart and Pocket ID
  --cluster NAME       with --live: kind, k3d or node. Without it, the first of them that is available
  --live --stop        removes what an interrupted run left: clusters of kind and k3d, or with --kubeconfig its namespaces
  --prepare            only get the programs that the sandbox needs`;

/** What is wrong with the options together, in one line. */
function optionProblem({
  live,
  keep,
  cluster,
}: {
  live: boolean;
  keep: boolean;
  cluster?: string;
}): string | undefined {
  if (live && keep) return "--keep cannot be combined with --live: the stack with mail lasts until Ctrl-C";
  return cluster !== undefined && !live
    ? "--cluster needs --live: without mail, the control plane comes with the sandbox"
    : undefined;
}

/** An invalid option ends the command with exit code 2 and one line, as in the other commands. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        keep: { type: "boolean", default: false },
        stop: { type: "boolean", default: false },
        kubeconfig: { type: "string" },
        config: { type: "string", multiple: true, default: [] },
        live: { type: "boolean", default: false },
        cluster: { type: "string" },
        prepare: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const problem = optionProblem(values);
    if (problem !== undefined) throw new Error(problem);
    return values;
  } catch (error) {
    const [problem] = (error as Error).message.split(". ");
    process.stderr.write(`${problem}\n`);
    process.exit(2);
  }
}

const options = readOptions();

const STACK = "sandbox";

async function up(stack: Stack, signal: AbortSignal): Promise<void> {
  await stack.up({
    onOutput: (text) => process.stdout.write(text),
    color: process.stdout.isTTY ? "always" : "never",
    signal,
  });
}

const configured = Object.fromEntries(
  options.config.map((pair) => {
    const [key = "", ...rest] = pair.split("=");
    return [key, rest.join("=")];
  }),
);

async function configure(stack: Stack): Promise<void> {
  for (const [key, value] of Object.entries(configured)) await stack.setConfig(key, { value }, true);
}

async function printUsage(stack: Stack, cluster: SandboxCluster, { pulumi, searchPath }: Engine): Promise<void> {
  const { command: kubectl } = await kubectlFor(cluster.kubeconfig, log);
  const config = await stack.getAllConfig();
  const namespace = config["homelab-mail:namespace"]?.value ?? "stalwart-mail";
  const environment = projectEnvironment({ folder: cluster.path, stack: STACK, kubeconfig: cluster.kubeconfig });
  const exports = Object.entries(environment).map(([key, value]) => `export ${key}='${value}'`);
  const [plugins = ""] = searchPath.split(path.delimiter);
  exports.push(`export PATH='${plugins}':"$PATH"`);
  log(`
The stack is up. To look at it, in another terminal:

  ${kubectl} --kubeconfig ${cluster.kubeconfig} -n ${namespace} get all,pvc,ingress,certificate

To change it, the CLI there needs the sandbox's state and passphrase:

  cd ${projectFolder(cluster.path)}
  ${exports.join("\n  ")}
  ${pulumi.command} config set --secret --path mailboxes.dora.password   # one more mailbox
  ${pulumi.command} stack output

To run diagnostics against the simulated stack, with the same exports, here:

  npm run doctor -- --stack ${STACK} --project ${projectFolder(cluster.path)} --pulumi ${pulumi.command} --kubectl ${kubectl}
`);
}

/** Waits for Ctrl-C; Enter applies changes made meanwhile. */
async function serveTerminal(stack: Stack, signal: AbortSignal): Promise<void> {
  log("Enter applies a changed configuration; Ctrl-C takes everything down.");
  const terminal = createInterface({ input: process.stdin });
  signal.addEventListener("abort", () => terminal.close());
  for await (const _ of terminal) {
    await up(stack, signal).catch((error: Error) => log(firstLines(error)));
    log("Enter applies a changed configuration; Ctrl-C takes everything down.");
  }
}

/** The CLI has already printed its output, which its error contains again. */
const firstLines = (error: Error): string => error.message.replace(/\n stdout:[\s\S]*?(?=\n stderr:|$)/, "");

async function main(): Promise<void> {
  if (options.help) return log(HELP);
  if (options.stop && !options.live) return stopKeptCluster(log);
  if (options.prepare) {
    await findTools(["pulumi", "controlPlane", "kubectl", "etcd", "kwok"], log);
    return prepareEngine(log);
  }

  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => interrupted.abort(new Error("Interrupted.")));
  if (options.live) {
    const { kubeconfig, cluster, stop } = options;
    return runLive({ kubeconfig, cluster, stop, config: configured, signal: interrupted.signal }, log);
  }
  const target = options.kubeconfig ? "kubeconfig" : "control plane";
  log(describePlan(target, false, await findMissing(target)));
  interrupted.signal.throwIfAborted();
  const interactive = Boolean(process.stdin.isTTY && process.stdout.isTTY && !process.env.CI);

  const cluster = await SandboxCluster.open(
    { keep: options.keep, kubeconfig: options.kubeconfig, signal: interrupted.signal },
    log,
  );
  try {
    const engine = await findEngine(cluster.path, log);
    const stack = await openStack(engine, { folder: cluster.path, stack: STACK, kubeconfig: cluster.kubeconfig });
    await configure(stack);
    if (options.kubeconfig) await withClient(cluster.kubeconfig, log, (client) => requireWhatItNeeds(client, stack));
    interrupted.signal.throwIfAborted(); // the engine sees an interruption only while it runs
    log("\npulumi up");
    await up(stack, interrupted.signal);
    interrupted.signal.throwIfAborted();
    await printUsage(stack, cluster, engine);
    if (cluster.stays) log("The cluster stays: `npm run sandbox` uses it again, `npm run sandbox -- --stop` ends it.");
    else if (interactive) await serveTerminal(stack, interrupted.signal);
    if (options.kubeconfig && !options.keep) {
      log("pulumi destroy (the namespace and its claims stay, on purpose)");
      await stack.destroy({ onOutput: (text) => process.stdout.write(text) });
    }
  } finally {
    await cluster.close(log);
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`\n${firstLines(error)}\n`);
    process.exit(1);
  },
);
