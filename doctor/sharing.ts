import { names } from "../config/names";
import { addressesOf, mailService } from "./observe/cluster";
import type { ClusterApi } from "./observe/clusterApi";
import { type FetchersSeen, observeFetchers } from "./observe/fetchers";
import type { MailboxLogin } from "./observe/provider";
import type { Stack, State } from "./observe/stack";

/** Milliseconds. The longest look and the reading of the configuration before it stay under forty seconds together. */
export const limits = {
  configuration: 10_000,
  look: 26_000,
  connection: 8_000,
  /** One run of kubectl: a process, a sign-in at the cluster and a program in a pod. */
  command: 12_000,
  policies: 17_000,
  /** A round trip, and of that the wait for the message. */
  send: 90_000,
  patience: 60_000,
  /** Reading every Message-ID of two mailboxes. */
  migration: 900_000,
} as const;

export interface LooksArgs {
  readonly stack: Stack;
  readonly state: Promise<State>;
  readonly cluster: ClusterApi;
  /** The name of the context that leads to the cluster. */
  readonly context: string;
  readonly resolvers: readonly string[];
  readonly pods: boolean;
  readonly send: boolean;
  readonly migration: boolean;
  /** Fires when all looks are over, or somebody has had enough. */
  readonly over: AbortSignal;
  /** Told of what leaves something behind if it is not let finish. */
  readonly undertake: (work: Promise<unknown>) => void;
}

/** A promise that is made when it is first needed; nobody waits for one that is not. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export const unless = <T>(promise: Promise<T>, otherwise: T): Promise<T> => promise.catch(() => otherwise);

export function logins({ config, passwords }: Stack): MailboxLogin[] {
  return config.mailboxes.map(({ name, address, folders, retention }) => ({
    mailbox: name,
    address,
    password: passwords[name] ?? "",
    folders,
    keep: retention === "forever",
  }));
}

/** What several looks need, each asked for once. */
export function shared({ stack: { config }, state, cluster, over }: LooksArgs) {
  const { namespace, provider, identity } = config;
  /** What pods look up to fetch, to send and to check a sign-in. */
  const hostNames = [...new Set([provider.imap.host, provider.smtp.host, new URL(identity.issuer).hostname])];
  const service = once(async () => addressesOf(await mailService(cluster, namespace)));
  const server = once(() => cluster.forward(`deploy/${names.stalwart}`, 8080, over));
  const fetchers = once(
    (): Promise<FetchersSeen> =>
      observeFetchers(
        cluster,
        config.mailboxes.map(({ name }) => name),
        hostNames,
      ),
  );
  /** The password that the state knows; without a state, none. */
  const password = once(async () => (await state).adminPassword ?? "");
  return { service, server, fetchers, password };
}

export type Shared = ReturnType<typeof shared>;
