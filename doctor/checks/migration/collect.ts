import { ImapFlow, type ListResponse } from "imapflow";
import { folderRegex, GMAIL_VIEWS } from "../../../components/migration/arguments";
import type { Migration } from "../../../config/types";
import { type Failed, failureOf } from "../../clients/mailProvider";

/** A login, and how to connect to its server. */
export interface Account {
  readonly host: string;
  readonly port: number;
  /** The name in its certificate, if it differs from the host. */
  readonly servername?: string;
  readonly user: string;
  readonly password: string;
}

export interface FolderCompared {
  /** Its name at the source. */
  readonly folder: string;
  readonly there: number;
  readonly here: number;
  /** How many of its messages are in no folder here. */
  readonly missing: number;
  /** How many messages there are not copied because of their size. */
  readonly tooLarge: number;
  /** Days, as 2026-11-28; absent for an empty folder. */
  readonly oldest?: string;
  readonly newest?: string;
}

export type MigrationObservation = { readonly migration: string; readonly mailbox: string } & (
  | (Failed & { readonly side: "source" | "here" })
  | { readonly folders: readonly FolderCompared[] }
);

export interface MigrationArgs {
  readonly migration: Migration;
  readonly source: Account;
  /** The mailbox here, opened as its owner. */
  readonly here: Account;
  readonly tls: object;
  readonly limit: number;
}

interface Message {
  readonly id: string;
  readonly day: string;
}

/** A folder's name as users see it: `/` separates levels, without the prefix INBOX. */
const plainName = ({ path, delimiter }: ListResponse): string =>
  path
    .split(delimiter || "/")
    .join("/")
    .replace(/^INBOX\/(?=.)/, "");

const withoutGmail = (name: string): string => name.replace(/^\[(Gmail|Google Mail)\]\//, "");

const PURPOSES = ["\\Sent", "\\Drafts", "\\Junk", "\\Trash"];

/** The folder here to which imapsync copies a source's folder, with the arguments of components/migration/arguments.ts. */
export function targetOf({ folders, gmail }: Migration, folder: ListResponse, here: readonly ListResponse[]): string {
  const name = plainName(folder);
  const mapped = Object.entries(folders.map).find(([from]) => from === name)?.[1];
  if (mapped !== undefined) return mapped;
  const purpose = PURPOSES.find((one) => one === folder.specialUse);
  const same = here.find(({ specialUse }) => purpose !== undefined && specialUse === purpose);
  return same === undefined ? (gmail ? withoutGmail(name) : name) : plainName(same);
}

/** Whether a folder of the source is copied. */
export function isCopied({ folders, gmail }: Migration, { flags, pathAsListed }: ListResponse): boolean {
  const matches = (pattern: string): boolean => new RegExp(folderRegex(pattern)).test(pathAsListed);
  if (flags.has("\\Noselect") || flags.has("\\NonExistent")) return false;
  if (folders.include.length > 0 && !folders.include.some(matches)) return false;
  return ![...(gmail ? GMAIL_VIEWS : []), ...folders.exclude].some(matches);
}

/** How many UIDs one command contains. */
const BATCH = 500;

/** The Received lines of messages, normalized. */
async function receivedOf(imap: ImapFlow, uids: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let from = 0; from < uids.length; from += BATCH) {
    const batch = uids.slice(from, from + BATCH).join(",");
    for await (const { uid, headers } of imap.fetch(batch, { uid: true, headers: ["received"] }, { uid: true })) {
      const text = headers?.toString("latin1").replace(/\s+/g, " ").trim().toUpperCase();
      if (text) found.set(uid, text);
    }
  }
  return found;
}

/**
 * The messages of a folder; in a source's folder, only those that the migration copies. imapsync identifies a message by its
 * Message-ID and Received lines, at Gmail by its Message-ID, and a message with neither by its number in the source's folder.
 */
async function messages(
  imap: ImapFlow,
  path: string,
  { gmail }: Migration,
  source?: Migration,
): Promise<{ found: Message[]; tooLarge: number }> {
  const found: Message[] = [];
  const nameless: { uid: number; day: string }[] = [];
  let tooLarge = 0;
  const lock = await imap.getMailboxLock(path, { readOnly: true });
  try {
    if (!imap.mailbox || imap.mailbox.exists === 0) return { found, tooLarge };
    const query = { uid: true, size: true, internalDate: true, headers: ["message-id"] };
    for await (const { uid, size = 0, internalDate, headers } of imap.fetch("1:*", query)) {
      const day = internalDate === undefined ? "" : new Date(internalDate).toISOString().slice(0, 10);
      if (day < (source?.since ?? "")) continue;
      const id = /^message-id:\s*<?([^>\s]+)/i.exec(headers?.toString() ?? "")?.[1];
      if (source !== undefined && size >= source.largest) tooLarge += 1;
      else if (id === undefined) nameless.push({ uid, day });
      else found.push({ id, day });
    }
    const received = gmail
      ? undefined
      : await receivedOf(
          imap,
          nameless.map(({ uid }) => uid),
        );
    for (const { uid, day } of nameless) {
      found.push({ id: received?.get(uid) ?? (source === undefined ? "" : `${uid}@imapsync`), day });
    }
    return { found, tooLarge };
  } finally {
    lock.release();
  }
}

const client = ({ host, port, servername, user, password }: Account, { tls, limit }: MigrationArgs): ImapFlow =>
  new ImapFlow({
    host,
    port,
    secure: true,
    ...(servername !== undefined && { servername }),
    auth: { user, pass: password },
    logger: false,
    tls,
    connectionTimeout: limit,
    greetingTimeout: limit,
    socketTimeout: 10 * limit,
    disableAutoIdle: true,
  });

async function opened(account: Account, args: MigrationArgs): Promise<ImapFlow | Failed> {
  const imap = client(account, args);
  imap.on("error", () => {}); // it rejects what waits, too
  try {
    await imap.connect();
    return imap;
  } catch (problem) {
    imap.close();
    return failureOf(problem);
  }
}

function compared(folder: string, there: readonly Message[], here: readonly Message[], known: ReadonlySet<string>) {
  const days = there.map(({ day }) => day).sort();
  const [oldest, newest] = [days[0], days.at(-1)];
  return {
    folder,
    there: there.length,
    here: here.length,
    missing: new Set(there.map(({ id }) => id).filter((id) => !known.has(id))).size,
    ...(oldest !== undefined && newest !== undefined && { oldest, newest }),
  };
}

/** Reads both mailboxes without marking messages, and compares them by Message-ID. */
export async function collectMigration(args: MigrationArgs): Promise<MigrationObservation> {
  const { migration } = args;
  const about = { migration: migration.name, mailbox: migration.mailbox };
  const [source, here] = await Promise.all([opened(args.source, args), opened(args.here, args)]);
  try {
    if ("failed" in source) return { ...about, ...source, side: "source" };
    if ("failed" in here) return { ...about, ...here, side: "here" };
    const [wanted, own] = [(await source.list()).filter((one) => isCopied(migration, one)), await here.list()];
    const byName = new Map<string, Message[]>();
    for (const one of own) {
      if (!one.flags.has("\\Noselect")) byName.set(plainName(one), (await messages(here, one.path, migration)).found);
    }
    // In any folder: a message that was moved to another folder has arrived, too.
    const known = new Set([...byName.values()].flat().map(({ id }) => id));
    const folders: FolderCompared[] = [];
    for (const one of wanted) {
      const { found, tooLarge } = await messages(source, one.path, migration, migration);
      const there = compared(plainName(one), found, byName.get(targetOf(migration, one, own)) ?? [], known);
      folders.push({ ...there, tooLarge });
    }
    return { ...about, folders };
  } finally {
    for (const imap of [source, here]) if ("close" in imap) imap.close();
  }
}
