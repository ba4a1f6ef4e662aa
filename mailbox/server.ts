import { names } from "../config/names";
import type { StackConfig } from "../config/types";
import { readStack, readState } from "../doctor/clients/pulumi";
import { limits } from "../doctor/context";
import { type ClusterApi, clusterApi, contextOf } from "../lib/kubectl";

/** The options about stack and cluster of a command that works on a mailbox. */
export interface ServerOptions {
  readonly stack?: string | undefined;
  readonly project: string;
  readonly pulumi: string;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly kubectl: string;
}

/** The stack's mail server, reached from the workstation through kubectl, as in the doctor. */
export interface MailServer {
  readonly config: StackConfig;
  readonly stack: string;
  readonly context: string;
  readonly adminPassword: string;
  /** The secrets that messages must not contain. */
  readonly secrets: readonly string[];
  /** Forwards a port of the mail server to a local address until the signal fires. */
  forward(port: number, signal: AbortSignal): Promise<string>;
}

/** Reads the stack's configuration and state. Fails with an error that says how to fix it. */
export async function openServer(options: ServerOptions): Promise<MailServer> {
  const about = { ...options, limit: 60_000 };
  const [stack, state] = await Promise.all([readStack(about), readState(about)]);
  if ("report" in stack) throw new Error(stack.report);
  const { config, name, passwords, relayPassword } = stack;
  const { adminPassword } = state;
  if (adminPassword === undefined) {
    throw new Error(`the stack ${name} has no administrator's password: deploy it first, with \`pulumi up\``);
  }
  const args = {
    command: options.kubectl,
    kubeconfig: options.kubeconfig,
    context: options.context,
    limit: limits.command,
  };
  const context = await contextOf(args);
  const cluster: ClusterApi = clusterApi({ ...args, namespace: config.namespace });
  return {
    config,
    stack: name,
    context,
    adminPassword,
    secrets: [...Object.values(passwords), relayPassword, adminPassword],
    forward: (port, signal) => cluster.forward(`deploy/${names.stalwart}`, port, signal),
  };
}

/** The mailbox of that name; throws an error that lists the mailboxes if there is none. */
export function mailboxNamed({ config }: Pick<MailServer, "config">, wanted: string): StackConfig["mailboxes"][number] {
  const found = config.mailboxes.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const all = config.mailboxes.map(({ name }) => name).join(", ");
  throw new Error(`--mailbox: there is no ${wanted}; there are ${all}`);
}
