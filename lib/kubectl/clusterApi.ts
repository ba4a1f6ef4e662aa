import { portForward } from "./portForward";
import { runKubectl, type TimedKubectl } from "./run";

/** An object as the API server returns it. Its fields depend on its kind, so readers must not assume that they exist. */
// biome-ignore lint/suspicious/noExplicitAny: objects of every kind pass through here
export type KubeObject = Record<string, any>;

/** The operations on the user's cluster that the commands use. */
export interface ClusterApi {
  /** A response of the API server; undefined if the object does not exist. */
  get(path: string): Promise<KubeObject | undefined>;
  /** Runs a program in a running container, and returns its output. */
  exec(target: string, container: string, args: readonly string[], input?: string): Promise<string>;
  /** Forwards a port of a pod to this machine until the signal fires; returns the base URL. @default the stack's namespace */
  forward(target: string, port: number, signal: AbortSignal, elsewhere?: string): Promise<string>;
  create(object: KubeObject): Promise<void>;
  remove(kind: string, name: string): Promise<void>;
}

/** The cluster as kubectl reaches it, in one namespace. */
export function clusterApi(kubectl: TimedKubectl & { readonly namespace: string }): ClusterApi {
  const { namespace, limit } = kubectl;
  const run = (words: readonly string[], input?: string): Promise<string> =>
    runKubectl(kubectl, ["-n", namespace, `--request-timeout=${limit / 1000}s`, ...words], input);
  return {
    async get(path) {
      try {
        return JSON.parse(await run(["get", "--raw", path]));
      } catch (problem) {
        // The errors for an object that does not exist, and for a kind that the cluster does not have.
        if (/ not found$|could not find the requested resource/.test((problem as Error).message)) return undefined;
        throw problem;
      }
    },
    exec: (target, container, words, input) => run(["exec", "-i", target, "-c", container, "--", ...words], input),
    forward: async (target, port, signal, elsewhere = namespace) =>
      `http://127.0.0.1:${await portForward(kubectl, { namespace: elsewhere, target, port }, signal)}`,
    create: async (object) => {
      await run(["create", "-f", "-"], JSON.stringify(object));
    },
    remove: async (kind, name) => {
      await run(["delete", kind, name, "--ignore-not-found", "--wait=false", "--grace-period=0"]);
    },
  };
}

/** All objects of a collection; empty if the cluster does not have the kind. */
export async function list(cluster: ClusterApi, path: string): Promise<KubeObject[]> {
  return (await cluster.get(path))?.items ?? [];
}
