import { findTools, KubeClient, type Log } from "./rig";

/** Milliseconds until kubectl serves, and until it forwards a port. */
const LIMIT = 60_000;

/** The kubectl for a cluster: the one on this machine, or one that is downloaded. */
export async function kubectlFor(kubeconfig: string, log: Log) {
  const { kubectl } = (await findTools(["kubectl"], log)) as { kubectl: string };
  return { command: kubectl, kubeconfig, limit: LIMIT };
}

/** Uses a client for the cluster of a kubeconfig, which may need any kind of login. */
export async function withClient<T>(kubeconfig: string, log: Log, use: (client: KubeClient) => Promise<T>): Promise<T> {
  const over = new AbortController();
  try {
    return await use(await KubeClient.throughKubectl(await kubectlFor(kubeconfig, log), over.signal));
  } finally {
    over.abort();
  }
}
