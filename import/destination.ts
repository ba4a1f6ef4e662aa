import type { ListResponse } from "imapflow";
import { Connection, type ConnectionArgs } from "../mailbox/connection";
import { type SpecialFolder, specialFolder } from "./labelNames";
import { digest, field, keyOf } from "./message";
import type { Place } from "./placing";

const uses: Readonly<Record<Exclude<SpecialFolder, "inbox">, { use: string; name: string }>> = {
  sent: { use: "\\Sent", name: "Sent" },
  drafts: { use: "\\Drafts", name: "Drafts" },
  junk: { use: "\\Junk", name: "Junk" },
  trash: { use: "\\Trash", name: "Trash" },
  archive: { use: "\\Archive", name: "Archive" },
};

/** The content of one folder: the count of each message, and messages without a Message-ID, which are identified by their content. */
interface Index {
  readonly counts: Map<string, number>;
  /** By size; cleared when their content has been read. */
  readonly unread: Map<number, number[]>;
}

export interface Copy {
  readonly raw: Buffer;
  readonly messageId: string | undefined;
  readonly flags: readonly string[];
  readonly date: Date | undefined;
}

/** The mailbox to import into. Messages that it has already stay, and are not added again. */
export class Destination {
  private folders: ListResponse[] = [];
  private readonly indexes = new Map<string, Index>();

  private readonly connection: Connection;

  constructor(args: ConnectionArgs) {
    this.connection = new Connection(args);
  }

  private async list(again = false): Promise<ListResponse[]> {
    if (this.folders.length === 0 || again) this.folders = await this.connection.use((client) => client.list());
    return this.folders;
  }

  /** The path of the folder for a place; undefined if it does not exist yet. */
  private async existing(place: Place): Promise<string | undefined> {
    const all = await this.list();
    const path = "path" in place ? place.path : [];
    const same = all.find(
      (folder) =>
        path.length > 0 &&
        folder.path.split(folder.delimiter).join("\0").toLowerCase() ===
          path.map(withoutDelimiter(folder)).join("\0").toLowerCase(),
    );
    if (same !== undefined && ("special" in place || same.path.toUpperCase() !== "INBOX")) return same.path;
    const special = "special" in place ? place.special : path.length === 1 ? specialFolder(path[0] ?? "") : undefined;
    if (special === undefined) return undefined;
    if (special === "inbox") return "INBOX";
    const { use, name } = uses[special];
    return all.find((folder) => folder.specialUse === use)?.path ?? all.find((folder) => folder.path === name)?.path;
  }

  /** The path of the folder for a place; creates it if it does not exist. */
  async folder(place: Place, dryRun = false): Promise<string> {
    const there = await this.existing(place);
    if (there !== undefined) return there;
    const [first] = await this.list();
    const delimiter = first?.delimiter ?? "/";
    const names = "path" in place ? place.path : [place.special === "inbox" ? "INBOX" : uses[place.special].name];
    const path = names.map(withoutDelimiter({ delimiter })).join(delimiter);
    if (dryRun) return path;
    await this.connection.use((client) => client.mailboxCreate(path));
    await this.list(true);
    return (await this.existing(place)) ?? path;
  }

  private async index(path: string): Promise<Index> {
    const known = this.indexes.get(path);
    if (known !== undefined) return known;
    const there = (await this.list()).some((folder) => folder.path === path && !folder.flags.has("\\Noselect"));
    const index: Index = { counts: new Map(), unread: new Map() };
    if (there) {
      await this.connection.use(async (client) => {
        index.counts.clear();
        index.unread.clear();
        const { exists } = await client.mailboxOpen(path, { readOnly: true });
        if (exists > 0) {
          for await (const { uid, size = 0, headers } of client.fetch("1:*", {
            uid: true,
            size: true,
            headers: ["message-id"],
          })) {
            const id = field(headers?.toString("latin1") ?? "", "Message-ID");
            if (id)
              add(
                index.counts,
                keyOf(id, size, () => ""),
              );
            else index.unread.set(size, [...(index.unread.get(size) ?? []), uid]);
          }
        }
        await client.mailboxClose();
      });
    }
    this.indexes.set(path, index);
    return index;
  }

  /** Reads the messages without a Message-ID that have the same size as this one. */
  private async readAlike(path: string, index: Index, size: number): Promise<void> {
    const uids = index.unread.get(size) ?? [];
    if (uids.length === 0) return;
    const keys = await this.connection.use(async (client) => {
      await client.mailboxOpen(path, { readOnly: true });
      const found: string[] = [];
      for (const uid of uids) {
        const message = await client.fetchOne(String(uid), { source: true }, { uid: true });
        if (message && message.source !== undefined)
          found.push(keyOf(undefined, size, () => digest(message.source as Buffer)));
      }
      await client.mailboxClose();
      return found;
    });
    index.unread.delete(size);
    for (const key of keys) add(index.counts, key);
  }

  /** How many copies of the message are in that folder. */
  async count(path: string, { raw, messageId }: Pick<Copy, "raw" | "messageId">): Promise<number> {
    const index = await this.index(path);
    if (!messageId) await this.readAlike(path, index, raw.length);
    return index.counts.get(keyOf(messageId, raw.length, () => digest(raw))) ?? 0;
  }

  /** Whether the message is in any folder of the mailbox. */
  async isAnywhere(copy: Pick<Copy, "raw" | "messageId">): Promise<boolean> {
    for (const { path, flags } of await this.list()) {
      if (!flags.has("\\Noselect") && (await this.count(path, copy)) > 0) return true;
    }
    return false;
  }

  /** Adds a message. If the connection is lost meanwhile, it first checks whether the message has arrived. */
  async append(path: string, copy: Copy): Promise<void> {
    const before = await this.count(path, copy);
    let begun = false;
    await this.connection.use(async (client) => {
      if (begun) {
        this.indexes.delete(path);
        begun = false;
        if ((await this.count(path, copy)) > before) return;
      }
      begun = true;
      const done = await client.append(path, copy.raw, [...copy.flags], copy.date);
      if (!done) throw new Error("the connection ended");
    });
    const { counts } = await this.index(path);
    counts.set(
      keyOf(copy.messageId, copy.raw.length, () => digest(copy.raw)),
      before + 1,
    );
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** A folder's name that contains the separator would create two levels. */
const withoutDelimiter =
  ({ delimiter }: { delimiter: string }) =>
  (name: string): string =>
    name
      .replaceAll(delimiter, "_")
      .replace(/\p{Cc}/gu, "")
      .trim();
