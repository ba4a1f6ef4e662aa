import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Connection } from "../mailbox/connection";
import { maildirFolder } from "../mailbox/folderNames";
import { exportedName } from "../mailbox/maildirNames";
import { asideFor, putAside } from "./aside";

/** The properties of a message at the server that are known before it is fetched. */
interface Known {
  readonly uid: number;
  readonly size: number;
  readonly seconds: number;
  readonly flags: readonly string[];
}

/** A folder of the mailbox, and its messages to fetch. */
export interface FolderPlan {
  readonly path: string;
  readonly folder: string;
  readonly validity: string;
  readonly messages: readonly Known[];
  readonly missing: readonly Known[];
  readonly keywords: readonly string[];
  /** Keywords beyond the 26 that a Maildir can have. */
  readonly dropped: readonly string[];
}

const letters: Readonly<Record<string, string>> = {
  "\\Draft": "D",
  "\\Flagged": "F",
  $Forwarded: "P",
  "\\Answered": "R",
  "\\Seen": "S",
  "\\Deleted": "T",
};
const MOST_KEYWORDS = 26;

/** Stalwart shows the keyword $Important as a flag of its own (crates/imap-proto), which no other server accepts. */
const flagsOf = (flags: Set<string> | undefined): string[] =>
  [...(flags ?? [])].flatMap((flag) => {
    if (flag === "\\Recent") return [];
    return letters[flag] !== undefined || !flag.startsWith("\\") ? flag : `$${flag.slice(1)}`;
  });

export function infoOf(flags: readonly string[], keywords: readonly string[]): string {
  const found = flags.flatMap((flag) => {
    const index = keywords.indexOf(flag);
    return letters[flag] ?? (index >= 0 ? String.fromCharCode(97 + index) : []);
  });
  return `:2,${[...new Set(found)].sort().join("")}`;
}

/** The files of a folder that an export wrote, by UID; complete ones only. */
async function filesIn(folder: string, validity: string): Promise<{ here: Map<number, string>; others: string[] }> {
  const [here, others] = [new Map<number, string>(), [] as string[]];
  for (const name of existsSync(join(folder, "cur")) ? await readdir(join(folder, "cur")) : []) {
    const own = exportedName.exec(name);
    if (own === null) continue;
    const whole = (await stat(join(folder, "cur", name))).size === Number(own[4]);
    if (!whole)
      await rm(join(folder, "cur", name)); // truncated by a power cut
    else if (own[3] === validity) here.set(Number(own[2]), name);
    else others.push(name);
  }
  return { here, others };
}

export interface MailExportArgs {
  readonly connection: Connection;
  /** The folder of the export. */
  readonly target: string;
  readonly signal: AbortSignal;
}

const mailFolder = (target: string, path: string, delimiter: string): string =>
  join(target, "mail", maildirFolder(path.split(delimiter)));

/** The content of each folder, and the messages that are not exported yet. Changed flags are written at once. */
export async function planMail({ connection, target, signal }: MailExportArgs): Promise<FolderPlan[]> {
  const all = await connection.use((client) => client.list());
  const plans: FolderPlan[] = [];
  const selectable = all.filter(({ flags }) => !flags.has("\\Noselect") && !flags.has("\\NonExistent"));
  const kept = new Set(selectable.map(({ path, delimiter }) => maildirFolder(path.split(delimiter))));
  const isGone = (name: string): boolean => !kept.has(name) && existsSync(join(target, "mail", name, "cur"));
  await putAside(target, "mail", (name) => name.startsWith(".") && isGone(name), ".");
  for (const { path, delimiter } of selectable) {
    if (signal.aborted) break;
    const folder = mailFolder(target, path, delimiter);
    for (const part of ["cur", "new", "tmp"]) await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
    plans.push(await planFolder(connection, target, path, folder));
  }
  return plans;
}

async function planFolder(connection: Connection, target: string, path: string, folder: string): Promise<FolderPlan> {
  const { validity, messages } = await connection.use(async (client) => {
    const { exists, uidValidity } = await client.mailboxOpen(path, { readOnly: true });
    const found: Known[] = [];
    if (exists > 0) {
      const query = { uid: true, size: true, internalDate: true, flags: true };
      for await (const { uid, size = 0, internalDate, flags } of client.fetch("1:*", query)) {
        const seconds = Math.floor(new Date(internalDate ?? 0).getTime() / 1000);
        found.push({ uid, size, seconds, flags: flagsOf(flags) });
      }
    }
    await client.mailboxClose();
    return { validity: `${uidValidity}`, messages: found };
  });
  const used = [...new Set(messages.flatMap(({ flags }) => flags))]
    .filter((flag) => letters[flag] === undefined)
    .sort();
  const [keywords, dropped] = [used.slice(0, MOST_KEYWORDS), used.slice(MOST_KEYWORDS)];
  if (keywords.length > 0) {
    const lines = keywords.map((keyword, n) => `${n} ${keyword}\n`).join("");
    await writeFile(join(folder, "dovecot-keywords"), lines);
  }
  const { here, others } = await filesIn(folder, validity);
  const missing: Known[] = [];
  for (const message of messages) {
    const file = here.get(message.uid);
    here.delete(message.uid);
    if (file === undefined) {
      missing.push(message);
      continue;
    }
    const wanted = file.replace(/:2,.*$/, infoOf(message.flags, keywords));
    if (wanted !== file) await rename(join(folder, "cur", file), join(folder, "cur", wanted));
  }
  // Moved or deleted since an earlier run: an import would restore them.
  for (const name of [...here.values(), ...others]) {
    const aside = await asideFor(target, maildirFolderName(target, folder));
    await rename(join(folder, "cur", name), join(aside, name));
  }
  return { path, folder, validity, messages, missing, keywords, dropped };
}

const maildirFolderName = (target: string, folder: string): string =>
  folder.slice(join(target, "mail").length + 1) || "INBOX";

const BATCH = 200;

/** Fetches the missing messages of one folder. A file gets its final name only when it is complete. */
export async function fetchFolder(
  { connection, signal }: MailExportArgs,
  { path, folder, validity, missing, keywords }: FolderPlan,
  done: (size: number) => void,
): Promise<void> {
  const left = new Map(missing.map((message) => [message.uid, message]));
  while (left.size > 0 && !signal.aborted) {
    const batch = [...left.keys()].slice(0, BATCH);
    await connection.use(async (client) => {
      const { uidValidity } = await client.mailboxOpen(path, { readOnly: true });
      if (`${uidValidity}` !== validity) throw new Error(`the folder ${path} was made anew meanwhile`);
      const wanted = batch.filter((uid) => left.has(uid)).join(",");
      if (wanted !== "") {
        for await (const { uid, source } of client.fetch(wanted, { uid: true, source: true }, { uid: true })) {
          const known = left.get(uid);
          if (known === undefined || source === undefined) continue;
          const name = `${known.seconds}.U${uid}V${validity}.homelab-mail,S=${source.length}`;
          const temporary = join(folder, "tmp", name);
          await writeFile(temporary, source, { mode: 0o600 });
          await utimes(temporary, known.seconds, known.seconds);
          await rename(temporary, join(folder, "cur", `${name}${infoOf(known.flags, keywords)}`));
          left.delete(uid);
          done(known.size);
          if (signal.aborted) break;
        }
      }
      await client.mailboxClose();
    });
    // Messages that the server did not send were deleted meanwhile; the counts at the end show it.
    if (!signal.aborted) for (const uid of batch) left.delete(uid);
  }
}

/** How many messages of a folder are exported, and how many the server has now. */
export async function countFolder(connection: Connection, { path, folder, validity }: FolderPlan) {
  const { here } = await filesIn(folder, validity);
  const status = await connection.use((client) => client.status(path, { messages: true }));
  return { here: here.size, there: status ? (status.messages ?? 0) : 0 };
}
