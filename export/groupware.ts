import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { blocks, joined, lines, property, slugOf } from "../mailbox/components";
import type { Dav, Kind } from "../mailbox/dav";
import { putAside } from "./aside";

/** A whole calendar as one file: every component unchanged, each time zone once. */
export function joinCalendar(name: string, objects: readonly string[]): string {
  const zones = new Map<string, string[]>();
  const parts: string[][] = [];
  for (const object of objects) {
    for (const calendar of blocks(lines(object)).blocks) {
      for (const { kind, lines: block } of blocks(calendar.lines.slice(1, -1)).blocks) {
        if (kind === "VTIMEZONE") zones.set(property(block, "TZID") ?? "", block);
        else parts.push(block);
      }
    }
  }
  const head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//homelab-mail//export//EN", `X-WR-CALNAME:${name}`];
  return joined([...head, ...[...zones.values()].flat(), ...parts.flat(), "END:VCALENDAR"]);
}

export const joinContacts = (objects: readonly string[]): string =>
  objects.map((text) => joined(lines(text).filter((line) => line !== ""))).join("");

/** Writes a file atomically, readable by its owner only. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export interface Exported {
  readonly title: string;
  readonly file: string;
  readonly name: string;
  /** How many objects the server lists, and how many were read. */
  readonly there: number;
  readonly here: number;
}

/** Writes every calendar or address book into a file of its own. */
export async function exportGroupware(dav: Dav, kind: Kind, target: string, signal: AbortSignal): Promise<Exported[]> {
  const [folder, ending] = kind === "cal" ? (["calendars", ".ics"] as const) : (["contacts", ".vcf"] as const);
  await mkdir(join(target, folder), { recursive: true, mode: 0o700 });
  const taken = new Set<string>();
  const result: Exported[] = [];
  for (const collection of await dav.collections(kind)) {
    if (signal.aborted) break;
    const members = await dav.members(collection);
    const objects: string[] = [];
    for (const href of members) {
      const text = await dav.get(href);
      if (text !== undefined) objects.push(text);
      if (signal.aborted) return result;
    }
    const name = collection.name || "default";
    let slug = slugOf(name);
    while (taken.has(`${slug}${ending}`)) slug += "-2";
    taken.add(`${slug}${ending}`);
    const file = join(folder, `${slug}${ending}`);
    await writeWhole(join(target, file), kind === "cal" ? joinCalendar(name, objects) : joinContacts(objects));
    result.push({ title: `${folder}: ${name}`, file, name, there: members.length, here: objects.length });
  }
  if (!signal.aborted) await putAside(target, folder, (name) => name.endsWith(ending) && !taken.has(name));
  return result;
}
