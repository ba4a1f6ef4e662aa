import * as semver from "semver";
import { type Advisory, advisoriesFor } from "./advisories";
import type { ReleaseLine } from "./lines";
import { parseReference, type RegistryClient } from "./registry";

/** What is known of one pinned image. */
export interface Pin {
  readonly name: string;
  readonly pinned: string;
  /** The newest release of its line, with its digest. */
  readonly newest: string;
  /** Security advisories that affect the pinned release. */
  readonly advisories: readonly Advisory[];
  readonly line: ReleaseLine;
}

export interface Sources {
  readonly registry: RegistryClient;
  /** The base URL of GitHub's API. */
  readonly github: string;
}

/** The version in a tag of the line, in three parts: imapsync's releases have two, which semver cannot compare. */
const versionOf = (line: ReleaseLine, tag: string): string | undefined =>
  semver.coerce(line.tag.exec(tag)?.[1])?.version;

/** The newest tag of a line. A tag that the line does not have is never taken. */
export function newestTag(line: ReleaseLine, tags: readonly string[]): string | undefined {
  const version = (tag: string): string => versionOf(line, tag) ?? "0.0.0";
  return tags
    .filter((tag) => versionOf(line, tag) !== undefined)
    .sort((a, b) => semver.compare(version(a), version(b)))
    .at(-1);
}

/** Asks the registry for the newest release of an image's line, and GitHub for what is known against the pinned one. */
export async function inspectPin(name: string, pinned: string, line: ReleaseLine, sources: Sources): Promise<Pin> {
  const reference = parseReference(pinned);
  const version = versionOf(line, reference.tag);
  if (version === undefined) throw new Error(`images.${name}: ${reference.tag} is not in the line ${line.reason}`);
  const [tags, advisories] = await Promise.all([
    sources.registry.tags(reference),
    advisoriesFor(line.source, version, sources.github),
  ]);
  const tag = newestTag(line, [...tags, reference.tag]) ?? reference.tag;
  const digest = await sources.registry.digest(reference, tag);
  const newest = pinned.replace(`:${reference.tag}@${reference.digest}`, `:${tag}@${digest}`);
  return { name, pinned, newest, advisories, line };
}

/** The text of a file, with each pin replaced by the newest release of its line. */
export function updated(text: string, pins: readonly Pin[]): string {
  return pins.reduce((now, { pinned, newest }) => now.replaceAll(pinned, newest), text);
}

/** One line per pin, and one per advisory below it. */
export function describe({ name, pinned, newest, advisories, line }: Pin): string[] {
  const { tag } = parseReference(pinned);
  const latest = parseReference(newest);
  const state = newest === pinned ? "is the newest" : tag === latest.tag ? "has a new digest" : `→ ${latest.tag}`;
  const notes = tag === latest.tag ? "" : `  https://github.com/${line.source}/releases`;
  return [
    `${name.padEnd(12)} ${tag} ${state} of its line (${line.reason})${notes}`,
    ...advisories.map(({ id, summary, patched }) => `  SECURITY ${id}: ${summary} (fixed in ${patched})`),
  ];
}
