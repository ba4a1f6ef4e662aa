import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startUntilReady } from "./background";
import type { TimedKubectl } from "./run";

/** A cluster's API on a local socket: kubectl adds the credentials of its configuration to each request. */
export interface KubectlProxy {
  readonly socket: string;
  /** The last line of kubectl's errors, for example of a login command that failed. */
  readonly lastLine: () => string;
}

/**
 * Runs `kubectl proxy` until the signal fires. It listens on a socket in a folder that only this user can enter: a TCP port
 * would open the cluster to every user of this machine.
 */
export async function startProxy(kubectl: TimedKubectl, signal: AbortSignal): Promise<KubectlProxy> {
  const folder = mkdtempSync(join(tmpdir(), "kubectl-")); // mode 0700
  const socket = join(folder, "api");
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // The server of a kubeconfig may have a path, as at Rancher.
  const words = ["proxy", `--unix-socket=${socket}`, "--append-server-path=true"];
  const args = { signal, what: "kubectl proxy", ready: /^Starting to serve on /, limit: kubectl.limit };
  process.once("exit", remove);
  try {
    const { ended, lastLine } = await startUntilReady(kubectl, words, args);
    void ended.then(() => {
      process.removeListener("exit", remove);
      remove();
    });
    return { socket, lastLine };
  } catch (problem) {
    process.removeListener("exit", remove);
    remove();
    throw problem;
  }
}
