/** iCalendar and vCard as text: components and properties, each line unchanged. A parser would reformat them. */

import { shortHash } from "../lib/hash";

export const lines = (text: string): string[] => text.replace(/^\ufeff/, "").split(/\r?\n|\r/);
export const joined = (all: readonly string[]): string => `${all.join("\r\n")}\r\n`;

/** The value of a property, unfolded; undefined if it does not exist. Properties of inner components do not count. */
export function property(block: readonly string[], name: string): string | undefined {
  let depth = 0;
  for (const [n, line] of block.entries()) {
    if (/^BEGIN:/i.test(line)) depth += 1;
    if (/^END:/i.test(line)) depth -= 1;
    if (depth > 1 || !new RegExp(`^${name}[;:]`, "i").test(line)) continue;
    let whole = line;
    for (let next = n + 1; /^[ \t]/.test(block[next] ?? ""); next += 1) whole += (block[next] as string).slice(1);
    return whole.slice(whole.search(/:(?=(?:[^"]*"[^"]*")*[^"]*$)/) + 1).trim();
  }
  return undefined;
}

export interface Block {
  readonly kind: string;
  readonly lines: string[];
}

/** The components directly inside of each other's parent, and the lines that belong to no component. */
export function blocks(all: readonly string[]): { blocks: Block[]; rest: string[] } {
  const found: Block[] = [];
  const rest: string[] = [];
  let depth = 0;
  for (const line of all) {
    const [, begins] = /^BEGIN:(\S+)\s*$/i.exec(line) ?? [];
    if (begins !== undefined && depth === 0) found.push({ kind: begins.toUpperCase(), lines: [] });
    if (begins !== undefined) depth += 1;
    if (depth > 0) found.at(-1)?.lines.push(line);
    else if (line.trim() !== "") rest.push(line);
    if (/^END:/i.test(line)) depth = Math.max(0, depth - 1);
  }
  return { blocks: found, rest };
}

export const short = (text: string): string => shortHash(text, 32);

/** A name for an address or a file. */
export const slugOf = (name: string): string =>
  name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "") || short(name).slice(0, 8);
