import * as path from "node:path";
import { withClient } from "../client";
import { describePlan, findMissing, type Target } from "../plan";
import {
  buildImages,
  deleteEnvironment,
  type KubeClient,
  type Log,
  ProcessFolder,
  startNode,
  sweep,
  whyNoNode,
} from "../rig";
import {
  createLocalCluster,
  installed,
  installHint,
  type LocalProgram,
  localPrograms,
  removeLeftClusters,
  removeLocalCluster,
} from "./localCluster";
import { startLiveSandbox } from "./stack";
import { usageOf } from "./usage";

export interface RunArgs {
  /** The user's cluster. */
  readonly kubeconfig: string | undefined;
  /** The program that creates a cluster otherwise. @default kind or k3d if installed, or else a node on this machine */
  readonly cluster: string | undefined;
  /** Whether to only remove the remains of an interrupted run. */
  readonly stop: boolean;
  readonly config: Readonly<Record<string, string>>;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}

const isLocal = (name: string): name is LocalProgram => (localPrograms as readonly string[]).includes(name);

/** The cluster to run on; throws if this machine cannot provide it. */
export function chooseTarget({
  kubeconfig,
  cluster,
}: Pick<RunArgs, "kubeconfig" | "cluster">): Exclude<Target, "control plane"> {
  if (kubeconfig) {
    if (cluster) throw new Error("--kubeconfig and --cluster name two clusters: leave one out");
    return "kubeconfig";
  }
  if (cluster !== undefined && cluster !== "node") {
    if (!isLocal(cluster)) throw new Error(`--cluster ${cluster}: one of ${[...localPrograms, "node"].join(", ")}`);
    if (!installed().includes(cluster)) throw new Error(installHint(cluster));
    return cluster;
  }
  const [first] = cluster === undefined ? installed() : [];
  if (first) return first;
  const reason = whyNoNode();
  if (!reason) return "node";
  throw new Error(
    `${reason}\nInstall kind or k3d, or use a cluster of yours: npm run sandbox -- --live --kubeconfig FILE`,
  );
}

async function removeLeftovers(kubeconfig: string | undefined, log: Log): Promise<void> {
  if (!kubeconfig) {
    const folder = ProcessFolder.temporary();
    try {
      return removeLeftClusters(log, folder.path);
    } finally {
      await folder.stop();
    }
  }
  const something = await withClient(path.resolve(kubeconfig), log, deleteEnvironment);
  log(something ? "Everything of the earlier run is removed." : "The cluster has nothing of an earlier run.");
}

/** A cluster, and what talks to it. */
interface Cluster {
  readonly kubeconfig: string;
  readonly use: (work: (client: KubeClient) => Promise<void>) => Promise<void>;
}

const clusterOf = (kubeconfig: string, log: Log): Cluster => ({
  kubeconfig,
  use: (work) => withClient(kubeconfig, log, work),
});

async function ownNode(folder: ProcessFolder, log: Log, signal: AbortSignal): Promise<Cluster> {
  const images = await buildImages(log);
  const node = await startNode({ folder, log, signal });
  node.importImages(images);
  return { kubeconfig: node.kubeconfig, use: (work) => work(node.client) };
}

/** Waits for Ctrl-C, or for the end of standard input if that is not a terminal. */
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

/** `npm run sandbox -- --live`: the whole stack with mail in it, until Ctrl-C. */
export async function runLive(args: RunArgs, log: Log): Promise<void> {
  if (args.stop) return removeLeftovers(args.kubeconfig, log);
  const target = chooseTarget(args);
  log(describePlan(target, true, await findMissing(target)));
  await sweep();
  const folder = ProcessFolder.temporary();
  const { config, signal } = args;
  let cluster: Cluster | undefined;
  try {
    cluster =
      target === "kubeconfig"
        ? clusterOf(path.resolve(args.kubeconfig as string), log)
        : target === "node"
          ? await ownNode(folder, log, signal)
          : clusterOf(await createLocalCluster(target, folder.path, signal), log);
    const { kubeconfig } = cluster;
    const fakes = target === "node";
    await cluster.use(async (client) => {
      const live = await startLiveSandbox(
        {
          ...{ folder: folder.path, kubeconfig, client, fakes, config, signal },
          clusterStays: target === "kubeconfig",
          issuer: { kind: fakes ? "fake" : "pocket-id" },
        },
        log,
      );
      try {
        log(usageOf(live));
        if (!fakes)
          log(
            "The client of this sandbox requires no passkey, so that a link signs you in; the doctor reports that as a failure.",
          );
        log(
          `Ctrl-C takes everything down${target === "kubeconfig" ? ": both namespaces and all that is in them" : ", the cluster as well"}.`,
        );
        await ended(signal);
      } finally {
        await live.close();
      }
    });
  } finally {
    try {
      if (cluster && isLocal(target)) removeLocalCluster(target, cluster.kubeconfig);
    } finally {
      await folder.stop();
    }
  }
}
