import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { command } from "./command";

/** An object as the API server returns it. Its fields depend on its kind, so readers must not assume that they exist. */
// biome-ignore lint/suspicious/noExplicitAny: objects of every kind pass through here
export type KubeObject = Record<string, any>;

/** The operations on the user's cluster that the doctor uses. */
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

export interface KubectlArgs {
  readonly command: string;
  readonly namespace: string;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly limit: number;
}

/**
 * kubectl itself: it is required on the workstation anyway, and it supports every method of authentication at a cluster.
 */
export function kubectl(args: KubectlArgs): ClusterApi {
  const { namespace, kubeconfig, context, limit } = args;
  const common = [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
    "-n",
    namespace,
  ];
  const run = (words: readonly string[], input?: string): Promise<string> =>
    command(args.command, [...common, `--request-timeout=${limit / 1000}s`, ...words], {
      limit,
      ...(input !== undefined && { input }),
    });
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
    forward: (target, port, signal, elsewhere = namespace) =>
      new Promise((resolve, reject) => {
        const words = ["port-forward", "-n", elsewhere, "--address=127.0.0.1", target, `:${port}`];
        // In a process group of its own: otherwise Ctrl-C would end it, and the cleanup afterwards needs it.
        const child = spawn(args.command, [...common, ...words], { stdio: ["ignore", "pipe", "pipe"], detached: true });
        const stop = (): void => {
          child.kill();
        };
        process.once("exit", stop);
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) stop();
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`the port-forward to ${target} timed out after ${limit / 1000} seconds`));
        }, limit);
        let last = "";
        createInterface({ input: child.stderr }).on("line", (line) => {
          last = line;
        });
        createInterface({ input: child.stdout }).on("line", (line) => {
          const bound = /127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
          if (bound === undefined) return;
          clearTimeout(timer);
          resolve(`http://127.0.0.1:${bound}`);
        });
        child.once("error", reject);
        child.once("exit", () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", stop);
          process.removeListener("exit", stop);
          reject(new Error(last.replace(/^error: /, "") || `the port-forward to ${target} ended`));
        });
      }),
    create: async (object) => {
      await run(["create", "-f", "-"], JSON.stringify(object));
    },
    remove: async (kind, name) => {
      await run(["delete", kind, name, "--ignore-not-found", "--wait=false", "--grace-period=0"]);
    },
  };
}

/** The name of the context that kubectl uses; fails if the requested one is not in its configuration. */
export async function contextOf(args: Omit<KubectlArgs, "namespace">): Promise<string> {
  const { command: kubectl, kubeconfig, context, limit } = args;
  const file = kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig];
  if (context === undefined) return (await command(kubectl, [...file, "config", "current-context"], { limit })).trim();
  const known = (await command(kubectl, [...file, "config", "get-contexts", "-o", "name"], { limit })).split("\n");
  if (!known.includes(context))
    throw new UnknownContext(`--context: kubectl's configuration has no context ${context}`);
  return context;
}

export class UnknownContext extends Error {}

/** All objects of a collection; empty if the cluster does not have the kind. */
export async function list(cluster: ClusterApi, path: string): Promise<KubeObject[]> {
  return (await cluster.get(path))?.items ?? [];
}
