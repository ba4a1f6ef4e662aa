import { command } from "../command";

/** Which kubectl, and which cluster it talks to. */
export interface Kubectl {
  readonly command: string;
  /** @default kubectl's own choice */
  readonly kubeconfig?: string | undefined;
  /** @default the current context of its configuration */
  readonly context?: string | undefined;
}

/** A kubectl, and how long one run of it may take. */
export interface TimedKubectl extends Kubectl {
  /** Milliseconds. */
  readonly limit: number;
}

/** The options that every run begins with. */
export const clusterFlags = ({ kubeconfig, context }: Kubectl): string[] => [
  ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
  ...(context === undefined ? [] : ["--context", context]),
];

/**
 * Runs kubectl, which is required on the workstation anyway and supports every method of authentication at a cluster.
 * Returns its output, or fails with the last line of its errors.
 */
export const runKubectl = (kubectl: TimedKubectl, words: readonly string[], input?: string): Promise<string> =>
  command(kubectl.command, [...clusterFlags(kubectl), ...words], {
    limit: kubectl.limit,
    ...(input !== undefined && { input }),
  });

/** The name of the context that kubectl uses; fails if the requested one is not in its configuration. */
export async function contextOf({ context, ...kubectl }: TimedKubectl): Promise<string> {
  if (context === undefined) return (await runKubectl(kubectl, ["config", "current-context"])).trim();
  const known = (await runKubectl(kubectl, ["config", "get-contexts", "-o", "name"])).split("\n");
  if (!known.includes(context))
    throw new UnknownContext(`--context: kubectl's configuration has no context ${context}`);
  return context;
}

export class UnknownContext extends Error {}
