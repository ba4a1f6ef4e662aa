import * as path from "node:path";
import { buildImages, KubeClient, type Log, ProcessFolder, startNode, sweep, whyNoNode } from "../rig";
import { deleteEnvironment, startLiveSandbox, usageOf } from "./stack";

export interface RunArgs {
  /** One's own cluster. @default a node on this machine, thrown away afterwards */
  readonly kubeconfig: string | undefined;
  /** Only removes what an earlier try left on one's own cluster. */
  readonly stop: boolean;
  readonly config: Readonly<Record<string, string>>;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}

async function removeLeftovers(kubeconfig: string | undefined, log: Log): Promise<void> {
  if (!kubeconfig) throw new Error("--live --stop needs --kubeconfig FILE: a node on this machine ends by itself");
  const something = await deleteEnvironment(KubeClient.fromFile(path.resolve(kubeconfig)));
  log(something ? "Everything of the earlier try is gone." : "The cluster has nothing of an earlier try.");
}

async function ownNode(folder: ProcessFolder, log: Log, signal: AbortSignal): Promise<string> {
  const images = await buildImages(log);
  const node = await startNode({ folder, log, signal });
  node.importImages(images);
  return node.kubeconfig;
}

/** Ctrl-C ends it, or the end of standard input where that is no terminal. */
function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (process.stdin.isTTY) return;
    process.stdin.resume();
    process.stdin.once("end", () => resolve());
    process.stdin.once("error", () => resolve());
  });
}

/** `npm run sandbox -- --live`: the whole stack with mail in it, until the person has seen enough. */
export async function runLive(args: RunArgs, log: Log): Promise<void> {
  if (args.stop) return removeLeftovers(args.kubeconfig, log);
  const reason = args.kubeconfig ? undefined : whyNoNode();
  if (reason) {
    throw new Error(
      `${reason}\nWith a cluster of your own (kind, k3d, …): npm run sandbox -- --live --kubeconfig FILE`,
    );
  }
  await sweep();
  const folder = ProcessFolder.temporary();
  try {
    const { kubeconfig: own, config, signal } = args;
    const live = await startLiveSandbox(
      {
        folder: folder.path,
        kubeconfig: own ? path.resolve(own) : await ownNode(folder, log, signal),
        ownCluster: own !== undefined,
        issuer: { kind: own === undefined ? "fake" : "pocket-id" },
        config,
        signal,
      },
      log,
    );
    try {
      log(usageOf(live));
      if (own)
        log(
          "The client of this try asks for no passkey, so that a link signs you in; the doctor calls that a failure.",
        );
      log(`Ctrl-C takes everything down${own ? ": both namespaces and all that is in them" : ", the node as well"}.`);
      await ended(signal);
    } finally {
      await live.close();
    }
  } finally {
    await folder.stop();
  }
}
