/** The keyword that fetchers set on originals whose copies are in the outbox or were delivered, with `retention: forever`. */
export const FETCHED = "$HomelabMailFetched";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export interface KeptFolder {
  readonly path: string;
  /** The day on which its messages were fetched, in UTC. */
  readonly day: string;
}

/** The fetcher's folders for the mail of one folder of the provider (docs/explanation/fetching.md). */
export interface FetcherFolders {
  /** The original folder of the mail: INBOX or Junk. */
  readonly source: string;
  readonly outbox: string;
  /** Between the original folder and the outbox, for messages of a backlog. */
  readonly staging: string;
  readonly kept: readonly KeptFolder[];
  readonly refused: string;
}

/** The fetcher's folders, from the names of all folders and the prefix of the personal namespace. */
export function fetcherFolders(paths: readonly string[], prefix = ""): FetcherFolders[] {
  return ["INBOX", "Junk"].map((source): FetcherFolders => {
    const suffix = source === "INBOX" ? "" : "-Junk";
    const kept = new RegExp(`^${escaped(prefix)}Fetcher-Kept${suffix}.(\\d{4}-\\d\\d-\\d\\d)$`);
    return {
      source,
      outbox: `${prefix}Fetcher-Outbox${suffix}`,
      staging: `${prefix}Fetcher-Staging${suffix}`,
      refused: `${prefix}Fetcher-Refused${suffix}`,
      kept: paths
        .flatMap((path) => {
          const day = kept.exec(path)?.[1];
          return day === undefined ? [] : [{ path, day }];
        })
        .sort((a, b) => (a.day < b.day ? -1 : 1)),
    };
  });
}
