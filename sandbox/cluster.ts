import * as fs from "node:fs";
import * as path from "node:path";
import {
  type ControlPlane,
  cacheFolder,
  clientOf,
  type Log,
  ProcessFolder,
  reap,
  startControlPlane,
  sweep,
} from "./rig";

const keptFolder = (): string => cacheFolder("kept");

async function isUp(kubeconfig: string): Promise<boolean> {
  try {
    await clientOf(kubeconfig).request("GET", "/readyz");
    return true;
  } catch {
    return false;
  }
}

/** Ends a cluster that was left running. */
export async function stopKeptCluster(log: Log): Promise<void> {
  if (!fs.existsSync(keptFolder())) return log("No cluster was left running.");
  await reap(keptFolder());
  log("The cluster is gone.");
}

export interface SandboxClusterArgs {
  readonly keep: boolean;
  /** The user's cluster. */
  readonly kubeconfig: string | undefined;
  readonly signal: AbortSignal;
}

/** What a sandbox uses: a cluster, and a folder for the project and its state. */
export class SandboxCluster {
  private constructor(
    readonly path: string,
    readonly kubeconfig: string,
    /** Whether the cluster outlives this run. */
    readonly stays: boolean,
    private readonly folder: ProcessFolder | undefined,
  ) {}

  static async open({ keep, kubeconfig: own, signal }: SandboxClusterArgs, log: Log): Promise<SandboxCluster> {
    await sweep();
    if (own) {
      const folder = ProcessFolder.temporary();
      return new SandboxCluster(folder.path, path.resolve(own), keep, folder);
    }
    const kept = path.join(keptFolder(), "kubeconfig");
    if (fs.existsSync(kept) && (await isUp(kept))) {
      log(`Using the cluster that was left running (${keptFolder()})`);
      return new SandboxCluster(keptFolder(), kept, true, undefined);
    }
    if (keep && fs.existsSync(keptFolder())) await reap(keptFolder());
    const folder = keep ? new ProcessFolder(keptFolder()) : ProcessFolder.temporary();
    let controlPlane: ControlPlane;
    try {
      controlPlane = await startControlPlane(folder, log, signal);
    } catch (error) {
      await folder.stop();
      throw error;
    }
    return new SandboxCluster(folder.path, controlPlane.kubeconfig, keep, folder);
  }

  async close(log: Log): Promise<void> {
    if (this.stays) return this.folder?.release();
    log("Taking the sandbox down");
    await this.folder?.stop();
  }
}
