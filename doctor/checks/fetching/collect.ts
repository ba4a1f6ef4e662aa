import { z } from "zod";
import { fetcherName, names, ports } from "../../../config/names";
import type { ClusterApi } from "../../../lib/kubectl";
import { reasonOf } from "../../../lib/reason";
import type { ClusterNamesObservation } from "../cluster/collect";

/** The content of a fetcher's page /status. */
export type FetcherStatus =
  /** The pod has another version, without that page or with other fields in it. */
  | { readonly unsupported: true }
  | {
      /** Why the pod is not ready; empty if it is. */
      readonly notReady: string;
      readonly folders: readonly FolderObservation[];
    };

/** One fetcher: its status, or why it could not be read. */
export type FetcherObservation = { readonly mailbox: string } & (FetcherStatus | { readonly reason: string });

export interface Messages {
  readonly count: number;
  /** The reason in the servers' own messages; empty if the pod has none. */
  readonly reasons: readonly string[];
}

export interface FolderObservation {
  readonly folder: string;
  /** Milliseconds since the epoch; absent if there was none since the pod started. */
  readonly lastDelivery?: number;
  /** Since when mail has waited and none was delivered. */
  readonly waitingSince?: number;
  /** Messages that could not be delivered and stay at the provider. */
  readonly left: Messages;
  /** Messages in the folder for refused messages. */
  readonly setAside: Messages;
}

/** Reads the fetcher's status, its pod's DNS and its pod's clock. Changes nothing. */
const script = `
import json, socket, sys, time, urllib.error, urllib.request
def page(path):
    try:
        return urllib.request.urlopen("http://127.0.0.1:${ports.fetcherHttp}" + path, timeout=5).read().decode()
    except urllib.error.HTTPError as answer:
        if answer.code == 404:
            return None
        raise
def addresses(name):
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(name, None)})
    except OSError:
        return []
asked = json.load(sys.stdin)
print(json.dumps({"status": page("/status"), "now": time.time(),
                  "addresses": {name: addresses(name) for name in asked["names"]}}))
`;

const replyShape = z.object({
  status: z.string().nullable(),
  now: z.number(),
  addresses: z.record(z.string(), z.array(z.string())),
});

const seconds = z
  .number()
  .nullable()
  .transform((value) => (value === null ? undefined : value * 1000));
const messages = z
  .object({ count: z.number(), reasons: z.array(z.object({ reason: z.string() })) })
  .transform(({ count, reasons }): Messages => ({ count, reasons: reasons.map(({ reason }) => reason) }));

/** The fields of /status that the doctor reads (docs/reference/fetcher.md). */
const statusShape = z.object({
  version: z.literal(1),
  ready: z.boolean(),
  reason: z.string(),
  folders: z
    .array(
      z.object({
        folder: z.string(),
        lastDelivery: seconds,
        waitingSince: seconds,
        left: messages,
        setAside: messages,
      }),
    )
    .min(1),
});

/** `text` is null if there is no such page. */
export function readStatus(text: string | null): FetcherStatus {
  const page = text === null ? undefined : statusShape.safeParse(JSON.parse(text)).data;
  if (page === undefined) return { unsupported: true };
  const folders = page.folders.map(({ lastDelivery, waitingSince, ...folder }) => ({
    ...folder,
    ...(lastDelivery !== undefined && { lastDelivery }),
    ...(waitingSince !== undefined && { waitingSince }),
  }));
  return { notReady: page.ready ? "" : page.reason || "it gives no reason", folders };
}

interface Answer {
  readonly seen: FetcherObservation;
  readonly inside: ClusterNamesObservation;
  /** By how many seconds the pod's clock is ahead of this machine's. */
  readonly ahead?: number;
}

async function askFetcher(cluster: ClusterApi, mailbox: string, hosts: readonly string[]): Promise<Answer> {
  const target = `deploy/${fetcherName(mailbox)}`;
  try {
    const started = Date.now();
    const text = await cluster.exec(
      target,
      names.fetchmail,
      ["python3", "-c", script],
      JSON.stringify({ names: hosts }),
    );
    const { status, now, addresses } = replyShape.parse(JSON.parse(text));
    return {
      seen: { mailbox, ...readStatus(status) },
      inside: { addresses },
      ahead: (now * 1000 - (started + Date.now()) / 2) / 1000,
    };
  } catch (problem) {
    const reason =
      problem instanceof z.ZodError || problem instanceof SyntaxError ? "invalid response" : reasonOf(problem);
    return { seen: { mailbox, reason }, inside: { reason } };
  }
}

export interface FetchersObservation {
  readonly fetchers: readonly FetcherObservation[];
  readonly inside: ClusterNamesObservation;
  readonly ahead?: number;
}

/** How many pods are queried at once: each needs a process here and a connection to the API server. */
const AT_ONCE = 8;

/** Queries every fetcher, and has the first one that responds resolve the names. */
export async function collectFetchers(
  cluster: ClusterApi,
  mailboxes: readonly string[],
  hosts: readonly string[],
): Promise<FetchersObservation> {
  const answers: Answer[] = [];
  const queue = [...mailboxes];
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      answers.push(await askFetcher(cluster, name, hosts));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  answers.sort((a, b) => (a.seen.mailbox < b.seen.mailbox ? -1 : 1));
  const first = answers.find(({ inside }) => "addresses" in inside) ?? answers[0];
  return {
    fetchers: answers.map(({ seen }) => seen),
    inside: first?.inside ?? { reason: "there is no mailbox" },
    ...(first?.ahead !== undefined && { ahead: first.ahead }),
  };
}
