import { createReadStream, existsSync, statSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { pathOfMaildirFolder } from "../mailbox/folderNames";
import { type Manifest, readManifest } from "../mailbox/manifest";
import { isMaildir, maildirMessages } from "./maildir";
import { mboxMessages, type Quoting } from "./mbox";
import { type FoundMessage, field, gmailLabels, headerOf, type PassedOver, withoutTakeoutFields } from "./message";

export type MailSource =
  | { readonly kind: "mbox"; readonly file: string; readonly size: number; readonly path: readonly string[] }
  | { readonly kind: "maildir"; readonly folder: string; readonly size: number; readonly path: readonly string[] };

export interface Sources {
  readonly mail: readonly MailSource[];
  readonly calendars: readonly string[];
  /** With the address book's name, if an export has it. */
  readonly contacts: readonly { readonly file: string; readonly book?: string | undefined }[];
  /** Filters that an export wrote. */
  readonly sieve: readonly { readonly file: string; readonly name: string; readonly active: boolean }[];
  /** Files that may contain mail and were not read. */
  readonly unread: readonly string[];
}

const packed = /\.(zip|tgz|tar|gz|bz2|xz|7z|rar)$/i;
/** Mail in Outlook's and Apple Mail's own formats. */
const foreign = /\.(pst|ost|olm|msg|dbx|emlx)$/i;

/** A folder's name for a file: `Work.mbox`, or Apple Mail's `Work.mbox/mbox`. */
const folderNameOf = (file: string): string => {
  const inApple = basename(file) === "mbox" && extname(dirname(file)) === ".mbox";
  return basename(inApple ? dirname(file) : file).replace(/\.(mbox|mbx)$/i, "");
};

async function looksLikeMbox(file: string): Promise<boolean> {
  if (/\.(mbox|mbx)$/i.test(file)) return true;
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(5), 0, 5, 0);
    return buffer.toString("latin1", 0, bytesRead) === "From ";
  } finally {
    await handle.close();
  }
}

/** Bytes of all messages in one Maildir folder, from the files' names if they contain the size. */
async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for (const part of ["cur", "new"]) {
    for (const name of await readdir(join(folder, part))) {
      const told = /,S=(\d+)/.exec(name)?.[1];
      size += told === undefined ? statSync(join(folder, part, name)).size : Number(told);
    }
  }
  return size;
}

/**
 * The mailbox's folder for a Maildir: its Maildir++ name, or, if folders are next to or inside each other (mutt, mbsync, Dovecot's
 * fs layout), the path below the folder that the user named.
 */
async function maildirPath(place: string, root: string): Promise<string[]> {
  const own = basename(place);
  if (own.startsWith(".") && own.length > 1) return pathOfMaildirFolder(own);
  const hasFolders = (await readdir(place)).some((name) => name.startsWith(".") && isMaildir(join(place, name)));
  return place === root || hasFolders || /^maildir$/i.test(own) ? ["INBOX"] : relative(root, place).split(sep);
}

/** Finds everything to import in files and folders, such as an unpacked Takeout, a Maildir, or what `npm run export` wrote. */
export async function findSources(places: readonly string[]): Promise<Sources> {
  const mail: MailSource[] = [];
  const [calendars, unread]: [string[], string[]] = [[], []];
  const [contacts, sieve]: [Sources["contacts"][number][], Sources["sieve"][number][]] = [[], []];
  const manifests: { readonly folder: string; readonly manifest: Manifest }[] = [];
  const visit = async (place: string, root: string): Promise<void> => {
    const named = place === root;
    if (!existsSync(place)) {
      if (named) throw new Error(`there is no file or folder ${place}`);
      return void unread.push(place); // a broken symbolic link
    }
    if ((packed.test(place) || foreign.test(place)) && !statSync(place).isDirectory()) {
      if (!named) return void unread.push(place);
      if (packed.test(place)) throw new Error(`${place} is an archive: unpack it first, and name the folder`);
      throw new Error(`${place} is in a form of its program's own: have that export it as mbox or .eml`);
    }
    if (statSync(place).isDirectory()) {
      const manifest = readManifest(place);
      if (manifest !== undefined) manifests.push({ folder: place, manifest });
      if (isMaildir(place)) {
        const ofExport = manifests.some(({ folder }) => place === join(folder, "mail"));
        const path = ofExport ? ["INBOX"] : await maildirPath(place, root);
        mail.push({ kind: "maildir", folder: place, size: await sizeOf(place), path });
      }
      for (const name of (await readdir(place)).sort()) {
        if (isMaildir(place) && ["cur", "new", "tmp"].includes(name)) continue;
        const inside = join(place, name);
        const hidden = name.startsWith(".") && !isMaildir(inside);
        const aside = manifest !== undefined && !["mail", "calendars", "contacts", "sieve"].includes(name);
        if (!hidden && !aside) await visit(inside, root);
      }
      return;
    }
    const kind = extname(place).toLowerCase();
    const own = manifests.find(({ folder }) => place.startsWith(`${folder}${sep}`));
    const name = own === undefined ? "" : relative(own.folder, place).replaceAll(sep, "/");
    const filter = own?.manifest.sieve[name];
    if (kind === ".ics") calendars.push(place);
    else if (kind === ".vcf") contacts.push({ file: place, book: own?.manifest.contacts[name] });
    else if (filter !== undefined) sieve.push({ file: place, ...filter });
    else if (kind === ".eml" || (await looksLikeMbox(place))) {
      const path = [kind === ".eml" ? "Imported" : folderNameOf(place)];
      mail.push({ kind: "mbox", file: place, size: statSync(place).size, path });
    } else if (named) throw new Error(`${place} is no mbox, Maildir, .ics or .vcf`);
  };
  for (const place of places) await visit(place, place);
  return { mail, calendars, contacts, sieve, unread };
}

/**
 * Flags as mail programs write them into an mbox; a message without any of these fields counts as read. Senders use fields with
 * these names, too, with words as values: `X-Status: DONE` does not mean that the message is deleted.
 */
export function mboxFlags(header: string): { flags: string[]; deleted: boolean } {
  const letters = (name: string): string | undefined => /^[ADFNORTU]*$/.exec(field(header, name) ?? "-")?.[0];
  const status = letters("Status");
  const more = letters("X-Status") ?? "";
  const mozilla = Number.parseInt(/^[\da-f]{4}$/i.exec(field(header, "X-Mozilla-Status") ?? "")?.[0] ?? "", 16);
  const bits = Number.isNaN(mozilla) ? 0 : mozilla;
  const unknown = status === undefined && Number.isNaN(mozilla);
  const flags = [
    ...(unknown || status?.includes("R") || bits & 0x1 ? ["\\Seen"] : []),
    ...(more.includes("A") || bits & 0x2 ? ["\\Answered"] : []),
    ...(more.includes("F") || bits & 0x4 ? ["\\Flagged"] : []),
    ...(more.includes("T") ? ["\\Draft"] : []),
    ...(bits & 0x1000 ? ["$Forwarded"] : []),
  ];
  return { flags, deleted: more.includes("D") || (bits & 0x8) !== 0 };
}

export interface ReadArgs {
  /** Bytes of the largest message to import. */
  readonly largest: number;
  readonly quoting: Quoting;
  /** The folder for an mbox without labels, instead of its own name. */
  readonly folder?: readonly string[] | undefined;
  readonly read: (bytes: number) => void;
}

async function* counted(stream: AsyncIterable<Buffer>, read: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of stream) {
    read(piece.length);
    yield piece;
  }
}

/** All messages of one source. */
export async function* messagesOf(source: MailSource, args: ReadArgs): AsyncGenerator<FoundMessage | PassedOver> {
  const { largest, quoting, read } = args;
  if (source.kind === "maildir") return yield* maildirMessages({ ...source, largest, read });
  const folder = args.folder ?? source.path;
  const stream = counted(createReadStream(source.file, { highWaterMark: 2 ** 20 }), read);
  const single = extname(source.file).toLowerCase() === ".eml";
  for await (const { raw, date, offset, size, tooLarge } of mboxMessages(stream, { largest, quoting, single })) {
    const where = `${source.file}, byte ${offset}`;
    if (tooLarge) {
      yield { kind: "tooLarge", where, size, folder };
      continue;
    }
    const header = headerOf(raw);
    const labels = gmailLabels(header);
    if (labels !== undefined) {
      yield { kind: "message", raw: withoutTakeoutFields(raw), date, flags: [], labels, where };
      continue;
    }
    const { flags, deleted } = mboxFlags(header);
    if (deleted) yield { kind: "deleted", where, size, folder };
    else yield { kind: "message", raw, date, flags, folder, where };
  }
}
