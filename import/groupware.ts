import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { blocks, joined, lines, property, short, slugOf } from "../mailbox/components";
import type { Collection, Dav, Kind } from "../mailbox/dav";
import { type Outcome, report } from "./mail";

/** One calendar object or contact, in the form that is sent to the server. */
export interface Resource {
  readonly name: string;
  readonly text: string;
}

const withUid = (block: readonly string[], uid: string): string[] => [
  ...block.slice(0, 1),
  `UID:${uid}`,
  ...block.slice(1),
];

/** A resource name that is derived from the UID, so that a second import uses the same names. */
const resourceName = (uid: string, extension: string): string =>
  `${/^[\w.@-]{1,120}$/.test(uid) ? uid : short(uid)}${extension}`;

/**
 * A calendar file split as CalDAV requires: each event separately, with all components of its UID (a series and its exceptions)
 * and the time zones that it uses. The text of each component is not changed.
 */
export function splitCalendar(text: string): { name: string | undefined; resources: Resource[] } {
  const calendars = blocks(lines(text)).blocks.filter(({ kind }) => kind === "VCALENDAR");
  const zones = new Map<string, string[]>();
  const events = new Map<string, string[][]>();
  let name: string | undefined;
  for (const calendar of calendars) {
    const inner = blocks(calendar.lines.slice(1, -1));
    name ??= property(inner.rest, "X-WR-CALNAME");
    for (const block of inner.blocks) {
      if (block.kind === "VTIMEZONE") zones.set(property(block.lines, "TZID") ?? "", block.lines);
      else {
        const given = property(block.lines, "UID");
        const uid = given || `${short(joined(block.lines))}@import`;
        const whole = given ? block.lines : withUid(block.lines, uid);
        events.set(uid, [...(events.get(uid) ?? []), whole]);
      }
    }
  }
  const resources = [...events].map(([uid, parts]) => {
    const used = [...zones].filter(([zone]) =>
      parts.some((part) =>
        part
          .join("\n")
          .replace(/\n[ \t]/g, "")
          .match(new RegExp(`TZID="?${escaped(zone)}"?[:;]`)),
      ),
    );
    const body = [...used.map(([, zone]) => zone), ...parts].flat();
    const head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//homelab-mail//import//EN"];
    return { name: resourceName(uid, ".ics"), text: joined([...head, ...body, "END:VCALENDAR"]) };
  });
  return { name, resources };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

/** The contacts of a file, each separately; a contact without a UID gets one that is derived from its content. */
export function splitContacts(text: string): Resource[] {
  return blocks(lines(text))
    .blocks.filter(({ kind }) => kind === "VCARD")
    .map(({ lines: card }) => {
      const given = property(card, "UID");
      const uid = given || `urn:uuid:${asUuid(short(joined(card)))}`;
      const at = 1 + card.findIndex((line) => /^VERSION:/i.test(line));
      const whole = given ? card : [...card.slice(0, at || 1), `UID:${uid}`, ...card.slice(at || 1)];
      return { name: resourceName(uid.replace(/^urn:uuid:/, ""), ".vcf"), text: joined(whole) };
    });
}

const asUuid = (hex: string): string => hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-5$3-a$4-$5");

const isDefault = ({ href }: Collection): boolean => /\/default\/?$/.test(href);

/**
 * The collection for a file: the one with its name, the default one if the file has no name or an address as its name, and
 * otherwise a new one. Contacts that are not from an export go to the address book with the file's name, or else to the default
 * one.
 */
async function collectionFor(
  { dav, kind, dryRun, book }: GroupwareArgs,
  name: string | undefined,
): Promise<Collection> {
  const all = await dav.collections(kind);
  const named = all.find((one) => name !== undefined && (one.name === name || slugOf(one.name) === slugOf(name)));
  const standard = all.find(isDefault) ?? all[0];
  if (named !== undefined) return named;
  if (
    standard !== undefined &&
    (name === undefined || name.includes("@") || (kind === "card" && book === undefined) || dryRun)
  )
    return standard;
  return dav.create(kind, slugOf(name ?? "imported"), name ?? "Imported");
}

export interface GroupwareArgs {
  readonly dav: Dav;
  readonly kind: Kind;
  readonly file: string;
  readonly outcome: Outcome;
  /** The name of an address book in an export. */
  readonly book?: string | undefined;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly done: () => void;
}

/** Decodes UTF-8, or else the encoding of older Windows programs, so that no letter is replaced by a question mark. */
function decoded(raw: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    return new TextDecoder("windows-1252").decode(raw);
  }
}

/** Imports a calendar or an address book. Objects whose UID exists already are not changed. */
export async function importGroupware(args: GroupwareArgs): Promise<void> {
  const { dav, kind, file, outcome, dryRun, signal, done, book } = args;
  const text = decoded(await readFile(file));
  const stem = basename(file, extname(file));
  const calendar = kind === "cal" ? splitCalendar(text) : undefined;
  const resources = calendar?.resources ?? splitContacts(text);
  if (resources.length === 0) return;
  const collection = await collectionFor(args, calendar === undefined ? (book ?? stem) : (calendar.name ?? stem));
  const title = `${kind === "cal" ? "calendar" : "contacts"}: ${collection.name || "default"}`;
  const counts = outcome.folders.get(title) ?? { imported: 0, there: 0, failed: 0 };
  outcome.folders.set(title, counts);
  const members = dryRun
    ? new Set((await dav.members(collection)).map((href) => decodeURIComponent(basename(href))))
    : undefined;
  for (const { name, text: body } of resources) {
    if (signal.aborted) return;
    try {
      if (members ? !members.has(name) : (await dav.put(kind, collection, name, body)) === "made") counts.imported += 1;
      else counts.there += 1;
    } catch (problem) {
      counts.failed += 1;
      report(outcome, `${file}, ${name}: the server refuses it: ${(problem as Error).message}`);
    }
    done();
  }
}
