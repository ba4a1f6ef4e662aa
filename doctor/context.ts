import { names } from "../config/names";
import type { Endpoint } from "../config/types";
import type { ClusterApi } from "../lib/kubectl";
import { addressesOf, mailService } from "./checks/cluster/collect";
import { collectFetchers } from "./checks/fetching/collect";
import { collectIssuer } from "./checks/signIn/collect";
import type { MailboxLogin } from "./clients/mailProvider";
import type { Stack, State } from "./clients/pulumi";
import type { MessageCatalog } from "./messages";
import type { Check } from "./run";

/** Milliseconds. Reading the configuration and the longest check together take less than forty seconds. */
export const limits = {
  configuration: 10_000,
  check: 26_000,
  connection: 8_000,
  /** One run of kubectl: a process, authentication at the cluster and a program in a pod. */
  command: 12_000,
  policies: 17_000,
  /** A round trip, and the part of it that waits for the message. */
  send: 90_000,
  delivery: 60_000,
  /** Reading every Message-ID of two mailboxes. */
  migration: 900_000,
} as const;

export interface ContextArgs {
  readonly stack: Stack;
  readonly state: Promise<State>;
  readonly cluster: ClusterApi;
  /** kubectl's name for the cluster. */
  readonly kubeContext: string;
  readonly resolvers: readonly string[];
  readonly pods: boolean;
  readonly send: boolean;
  readonly migration: boolean;
  /** Fires when all checks are done, or the user interrupts. */
  readonly signal: AbortSignal;
  /** Registers work that removes what it creates, which is awaited before the program ends. */
  readonly registerCleanup: (work: Promise<unknown>) => void;
}

/** What the checks of a folder are built from. */
export interface CheckContext extends ContextArgs {
  readonly lookups: Lookups;
}

/** A folder of checks. */
export interface CheckDefinition {
  readonly messages: { readonly group: Check["group"]; readonly catalog: MessageCatalog };
  /** The checks to run in this context: none where an option leaves it out. @default limit `limits.check` */
  readonly checks: (context: CheckContext) => readonly (Omit<Check, "group" | "limit"> & { readonly limit?: number })[];
}

/** A promise that is created at its first use, and then shared. */
export function memoize<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export const orElse = <T>(promise: Promise<T>, otherwise: T): Promise<T> => promise.catch(() => otherwise);

export function logins({ config, passwords }: Stack): MailboxLogin[] {
  return config.mailboxes.map(({ name, address, folders, retention }) => ({
    mailbox: name,
    address,
    password: passwords[name] ?? "",
    folders,
    keep: retention === "forever",
  }));
}

/** The login of an account elsewhere that is fetched into a mailbox as well. */
export interface SourceLogin extends MailboxLogin {
  readonly source: string;
  readonly imap: Endpoint;
}

export const sourceLogins = ({ config, sources }: Stack): SourceLogin[] =>
  config.mailboxes.flatMap((mailbox) =>
    mailbox.sources.map(({ name, imap, folders, retention }) => ({
      mailbox: mailbox.name,
      source: name,
      imap,
      address: sources[`${mailbox.name}.${name}`]?.user ?? "",
      password: sources[`${mailbox.name}.${name}`]?.password ?? "",
      folders,
      keep: retention === "forever",
    })),
  );

/** Values that several checks need, each looked up once. */
function lookups({ stack: { config }, state, cluster, signal }: ContextArgs) {
  const { namespace, provider, identity, trust } = config;
  /** The names that pods resolve to fetch, to send and to verify a sign-in. */
  const hostNames = [...new Set([provider.imap.host, provider.smtp.host, new URL(identity.issuer).hostname])];
  const fetchers = memoize(() => {
    const mailboxes = config.mailboxes.map(({ name }) => name);
    return collectFetchers(cluster, mailboxes, hostNames);
  });
  return {
    fetchers,
    serviceAddresses: memoize(async () => addressesOf(await mailService(cluster, namespace))),
    /** Base address of the mail server's HTTP port. */
    mailServer: memoize(() => cluster.forward(`deploy/${names.stalwart}`, 8080, signal)),
    issuer: memoize(() =>
      collectIssuer({
        issuer: identity.issuer,
        ca: trust.certificates,
        limit: limits.connection,
        clusterAhead: orElse(fetchers(), undefined).then((seen) => seen?.ahead),
      }),
    ),
    /** The mail server's administrator password from the state; undefined without a state. */
    adminPassword: memoize(async () => (await state).adminPassword ?? ""),
  };
}

export type Lookups = ReturnType<typeof lookups>;

export const createContext = (args: ContextArgs): CheckContext => ({ ...args, lookups: lookups(args) });

/** One of the mail server's ports, reached through the cluster. */
export async function forwardedPort({ cluster, signal }: ContextArgs, port: number) {
  const { hostname, port: local } = new URL(await cluster.forward(`deploy/${names.stalwart}`, port, signal));
  return { host: hostname, port: Number(local) };
}
