import { shortHash } from "../lib/hash";
import { meaningOf, normal, type SpecialFolder } from "./labelNames";

/** The destination of a message: a special folder, or a folder with a name. */
export type Place = { readonly special: SpecialFolder } | { readonly path: readonly string[] };

export interface Placed {
  readonly place: Place;
  /** IMAP flags and keywords. */
  readonly flags: readonly string[];
}

/** A label as an IMAP keyword, which has neither spaces nor characters outside of ASCII. */
export function keywordOf(label: string): string {
  const ascii = label
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\w.$/&+-]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return ascii.length > 0 ? ascii.slice(0, 60) : `label-${shortHash(label, 8)}`;
}

const pathOf = (name: string): string[] =>
  name
    .split("/")
    .map((part) => part.trim())
    .filter(Boolean);

/**
 * Each message goes to one folder. Gmail has a message once, with any number of labels. A copy in a folder for each label would
 * be several messages that are read, moved and deleted separately. So the first of these that applies is the folder:
 *
 * junk, trash, drafts, because users expect these messages only there; the inbox; sent mail; the deepest of the labels that users
 * created, or the first one of several at the same depth; the archive.
 *
 * All other labels that users created become keywords. `map` takes precedence for the labels that it names.
 */
export function placed(labels: readonly string[], map: ReadonlyMap<string, string>): Placed {
  const flags = new Set<string>();
  const meanings = new Set<string>();
  const own: string[] = [];
  let mapped: string | undefined;
  for (const label of labels) {
    const target = map.get(normal(label));
    if (target !== undefined) {
      mapped ??= target;
      continue;
    }
    if (/^IMAP_/i.test(label)) {
      flags.add(keywordOf(label.slice(5)));
      continue;
    }
    const meaning = meaningOf(label);
    if (meaning === undefined) own.push(label);
    else meanings.add(meaning);
  }
  if (!meanings.has("unread")) flags.add("\\Seen");
  if (meanings.has("starred")) flags.add("\\Flagged");
  if (meanings.has("important")) flags.add("$Important");
  if (meanings.has("drafts")) flags.add("\\Draft");
  const keywords = (but?: string): void => {
    for (const label of own) if (label !== but) flags.add(keywordOf(label));
  };
  const at = (place: Place, but?: string): Placed => {
    keywords(but);
    return { place, flags: [...flags] };
  };
  if (mapped !== undefined) return at({ path: pathOf(mapped) });
  for (const special of ["junk", "trash", "drafts", "inbox", "sent"] as const) {
    if (meanings.has(special)) return at({ special });
  }
  const depth = (label: string): number => pathOf(label).length;
  const [deepest] = [...own].sort((a, b) => depth(b) - depth(a));
  if (deepest !== undefined) return at({ path: pathOf(deepest) }, deepest);
  return at(meanings.has("chat") ? { path: ["Chats"] } : { special: "archive" });
}

/** Parses `LABEL=FOLDER`, for labels or folders. */
export function readMap(entries: readonly string[]): Map<string, string> {
  return new Map(
    entries.map((entry) => {
      const at = entry.lastIndexOf("=");
      const [label, folder] = [entry.slice(0, at).trim(), entry.slice(at + 1).trim()];
      if (at < 1 || label === "" || folder.split("/").includes(""))
        throw new Error(`--map: ${entry} is not LABEL=FOLDER`);
      return [normal(label), folder];
    }),
  );
}
