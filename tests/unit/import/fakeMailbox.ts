import { createHash } from "node:crypto";
import type { ImapClient } from "../../../mailbox/connection";

export interface Stored {
  readonly uid: number;
  readonly raw: Buffer;
  readonly flags: readonly string[];
  readonly date: Date | undefined;
}

const specials: Readonly<Record<string, string>> = {
  "Sent Items": "\\Sent",
  Drafts: "\\Drafts",
  "Junk Mail": "\\Junk",
  "Deleted Items": "\\Trash",
};

/** A mailbox as Stalwart has it when it is new, and sessions with it that may end at any moment. */
export class FakeMailbox {
  readonly folders = new Map<string, Stored[]>(["INBOX", ...Object.keys(specials)].map((path) => [path, []]));
  sessions = 0;
  appends = 0;
  /** Messages that were fetched by their UID. */
  fetches = 0;
  /** What happens to an APPEND. @default it is stored and answered */
  onAppend: (n: number, raw: Buffer) => "stored" | "lostBefore" | "lostAfter" | { refused: string } = () => "stored";
  private uid = 0;

  put(path: string, raw: Buffer, flags: readonly string[] = [], date?: Date): void {
    const folder = this.folders.get(path) ?? [];
    this.folders.set(path, folder);
    this.uid += 1;
    folder.push({ uid: this.uid, raw, flags, date });
  }

  /** Folders and messages as a reader compares them. */
  get content(): Record<string, string[]> {
    return Object.fromEntries(
      [...this.folders].map(([path, all]) => [
        path,
        all
          .map(({ raw, flags, date }) => {
            const digest = createHash("sha256").update(raw).digest("hex").slice(0, 12);
            return `${digest} ${[...flags].sort().join(" ")} ${date?.toISOString()}`;
          })
          .sort(),
      ]),
    );
  }

  connect = async (): Promise<ImapClient> => {
    this.sessions += 1;
    let selected = "";
    const client = {
      usable: true,
      list: async () =>
        [...this.folders.keys()].map((path) => ({
          path,
          delimiter: "/",
          flags: new Set<string>(),
          specialUse: specials[path],
        })),
      mailboxCreate: async (path: string) => {
        if (/[%*]/.test(path))
          throw Object.assign(new Error("Command failed"), { responseStatus: "NO", responseText: "bad name" });
        this.folders.set(path, this.folders.get(path) ?? []);
      },
      mailboxOpen: async (path: string) => {
        selected = path;
        return { exists: this.folders.get(path)?.length ?? 0, uidValidity: 7n };
      },
      status: async (path: string) => ({ path, messages: this.folders.get(path)?.length ?? 0 }),
      mailboxClose: async () => true,
      fetch: (range: string) => {
        const wanted = range === "1:*" ? undefined : range.split(",").map(Number);
        const all = (this.folders.get(selected) ?? []).filter(({ uid }) => wanted?.includes(uid) ?? true);
        const fetched = wanted === undefined ? undefined : this;
        return (async function* () {
          for (const { uid, raw, flags, date } of all) {
            if (fetched !== undefined) fetched.fetches += 1;
            const [header = ""] = raw.toString("latin1").split("\r\n\r\n");
            const line = header.split("\r\n").find((one) => /^message-id:/i.test(one)) ?? "";
            yield {
              uid,
              size: raw.length,
              headers: Buffer.from(`${line}\r\n\r\n`),
              source: raw,
              flags: new Set(flags),
              internalDate: date,
            };
          }
        })();
      },
      fetchOne: async (uid: string) => {
        const found = this.folders.get(selected)?.find((one) => `${one.uid}` === uid);
        return found === undefined ? false : { source: found.raw };
      },
      append: async (path: string, raw: Buffer, flags: string[], date?: Date) => {
        this.appends += 1;
        const fate = this.onAppend(this.appends, raw);
        if (typeof fate === "object") {
          throw Object.assign(new Error("Command failed"), { responseStatus: "NO", responseText: fate.refused });
        }
        if (fate !== "lostBefore") this.put(path, raw, flags, date);
        if (fate === "stored") return { destination: path };
        client.usable = false;
        throw Object.assign(new Error("Connection not available"), { code: "NoConnection" });
      },
      logout: async () => {
        client.usable = false;
      },
      close: () => {
        client.usable = false;
      },
    };
    return client as unknown as ImapClient;
  };
}
