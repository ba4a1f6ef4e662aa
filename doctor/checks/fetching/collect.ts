import { z } from "zod";
import { fetcherName, names, ports } from "../../../config/names";
import type { ClusterApi } from "../../clients/kubectl";
import { reasonOf } from "../../clients/reason";
import type { ClusterNamesObservation } from "../cluster/collect";

/** What one fetcher says of itself. */
export type FetcherObservation = { readonly mailbox: string } & (
  | { readonly reason: string }
  | {
      /** Why mail does not flow; empty when it does. */
      readonly trouble: string;
      readonly folders: readonly FolderObservation[];
      /** Why messages were set aside, in the mail server's words. */
      readonly refusals: readonly string[];
    }
);

export interface FolderObservation {
  readonly folder: string;
  /** Milliseconds since the epoch; absent when there was none since the pod started. */
  readonly lastDelivery?: number;
  readonly lastContact?: number;
  readonly waiting: number;
  /** Since when mail has waited and none was delivered. */
  readonly waitingSince?: number;
  readonly left: number;
  readonly aside: number;
}

/** Asks the fetcher, its pod's DNS and its pod's clock. Reads only. */
const script = `
import json, socket, sys, time, urllib.error, urllib.request
def page(path):
    try:
        return urllib.request.urlopen("http://127.0.0.1:${ports.fetcherHttp}" + path, timeout=5).read().decode()
    except urllib.error.HTTPError as answer:
        return answer.read().decode()
def addresses(name):
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(name, None)})
    except OSError:
        return []
asked = json.load(sys.stdin)
print(json.dumps({"ready": page("/ready"), "metrics": page("/metrics"), "now": time.time(),
                  "addresses": {name: addresses(name) for name in asked["names"]}}))
`;

const replyShape = z.object({
  ready: z.string(),
  metrics: z.string(),
  now: z.number(),
  addresses: z.record(z.string(), z.array(z.string())),
});

/** The fetcher's metrics, by folder. */
export function readMetrics(text: string): FolderObservation[] {
  const folders = new Map<string, Record<string, number>>();
  for (const [, name, folder, value] of text.matchAll(/^fetchmail_(\w+)\{[^}]*folder="([^"]*)"[^}]*\} (\S+)$/gm)) {
    folders.set(folder as string, { ...folders.get(folder as string), [name as string]: Number(value) });
  }
  const at = (seconds: number | undefined): number | undefined => (seconds ? seconds * 1000 : undefined);
  return [...folders].map(([folder, values]) => {
    const lastDelivery = at(values.last_delivery_timestamp_seconds);
    const waitingSince = at(values.waiting_since_timestamp_seconds);
    const lastContact = at(values.last_contact_timestamp_seconds);
    return {
      folder,
      waiting: values.waiting ?? 0,
      left: values.left ?? 0,
      aside: values.set_aside ?? 0,
      ...(waitingSince !== undefined && { waitingSince }),
      ...(lastDelivery !== undefined && { lastDelivery }),
      ...(lastContact !== undefined && { lastContact }),
    };
  });
}

/** The last lines that say why something was set aside. */
export const refusalsIn = (log: string): string[] =>
  log
    .split("\n")
    .filter((line) => line.includes("moved to the provider's folder"))
    .map((line) => line.replace(/^\S+Z /, "").replace(/^.*Fetcher-Refused(-Junk)?: /, ""))
    .slice(-3);

interface Asked {
  readonly seen: FetcherObservation;
  readonly inside: ClusterNamesObservation;
  /** By how many seconds the pod's clock is ahead of this machine's. */
  readonly ahead?: number;
}

async function askFetcher(cluster: ClusterApi, mailbox: string, hosts: readonly string[]): Promise<Asked> {
  const target = `deploy/${fetcherName(mailbox)}`;
  try {
    const started = Date.now();
    const [text, log] = await Promise.all([
      cluster.exec(target, names.fetchmail, ["python3", "-c", script], JSON.stringify({ names: hosts })),
      cluster.logs(target, names.fetchmail, 200),
    ]);
    const { ready, metrics, now, addresses } = replyShape.parse(JSON.parse(text));
    const trouble = ready.trim() === "ok" ? "" : ready.trim();
    return {
      seen: { mailbox, trouble, folders: readMetrics(metrics), refusals: refusalsIn(log) },
      inside: { addresses },
      ahead: (now * 1000 - (started + Date.now()) / 2) / 1000,
    };
  } catch (problem) {
    const reason =
      problem instanceof z.ZodError || problem instanceof SyntaxError ? "its answer is no answer" : reasonOf(problem);
    return { seen: { mailbox, reason }, inside: { reason } };
  }
}

export interface FetchersObservation {
  readonly fetchers: readonly FetcherObservation[];
  readonly inside: ClusterNamesObservation;
  readonly ahead?: number;
}

/** How many pods are asked at once: each costs a process here and a connection at the API server. */
const AT_ONCE = 8;

/** Asks every fetcher, and the first one that answers also for the names that it can look up. */
export async function collectFetchers(
  cluster: ClusterApi,
  mailboxes: readonly string[],
  hosts: readonly string[],
): Promise<FetchersObservation> {
  const asked: Asked[] = [];
  const queue = [...mailboxes];
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      asked.push(await askFetcher(cluster, name, hosts));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  asked.sort((a, b) => (a.seen.mailbox < b.seen.mailbox ? -1 : 1));
  const first = asked.find(({ inside }) => "addresses" in inside) ?? asked[0];
  return {
    fetchers: asked.map(({ seen }) => seen),
    inside: first?.inside ?? { reason: "there is no mailbox" },
    ...(first?.ahead !== undefined && { ahead: first.ahead }),
  };
}
