/** IMAP as it goes over the wire. Each character of a text here is a byte. */

/** Cuts a stream into commands or answers: a line each, with the literals in it and the lines that follow those. */
export class Units {
  private chunks: Buffer[] = [];
  private length = 0;
  private need = 1;
  private scanned = 0;
  /** The sender of the last literal waits to be told to go on. */
  waits = false;

  push(data: Buffer): string[] {
    this.chunks.push(data);
    this.length += data.length;
    this.waits = false;
    if (this.length < this.need) return []; // joined once for a large literal, not once a chunk
    const text = Buffer.concat(this.chunks).toString("latin1");
    const units: string[] = [];
    let start = 0;
    let at = this.scanned;
    for (;;) {
      const end = text.indexOf("\r\n", at);
      if (end < 0) {
        this.need = 1;
        break;
      }
      const literal = /\{(\d+)(\+?)\}$/.exec(text.slice(Math.max(at, end - 16), end));
      if (!literal) {
        units.push(text.slice(start, end + 2));
        start = end + 2;
        at = start;
        continue;
      }
      const after = end + 2 + Number(literal[1]);
      if (text.length < after) {
        this.waits = literal[2] === "" && text.length === end + 2;
        this.need = after - start;
        break;
      }
      at = after;
    }
    const rest = text.slice(start);
    this.scanned = at - start;
    this.chunks = [Buffer.from(rest, "latin1")];
    this.length = rest.length;
    return units;
  }
}

export interface Item {
  readonly name: string;
  /** As it was written: an atom, a list, a quoted string, or a literal with its length. */
  readonly value: string;
}

export interface Fetched {
  /** The message's number. */
  readonly number: number;
  readonly items: readonly Item[];
}

export const literal = (text: string): string => `{${text.length}}\r\n${text}`;

/** What a literal or quoted string holds; undefined for anything else. */
export function content(value: string): string | undefined {
  const announced = /^\{\d+\}\r\n/.exec(value)?.[0];
  if (announced) return value.slice(announced.length);
  return /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/g, "$1") : undefined;
}

const NAME = /([A-Z0-9.$-]+(?:\[[^\]]*\])?(?:<[\d.]+>)?) /iy;

/** Where the value that begins at `at` ends. */
function valueEnd(text: string, at: number): number {
  const announced = /\{(\d+)\}\r\n/y;
  announced.lastIndex = at;
  const size = announced.exec(text);
  if (size) return announced.lastIndex + Number(size[1]);
  if (text[at] === '"') {
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
    return end + 1;
  }
  if (text[at] === "(") {
    let end = at + 1;
    while (end < text.length && text[end] !== ")") end = text[end] === " " ? end + 1 : valueEnd(text, end);
    return end + 1;
  }
  let end = at;
  while (end < text.length && !" )\r".includes(text[end] as string)) end += 1;
  return end;
}

/** Takes an untagged FETCH answer apart; undefined when it is something else. */
export function readFetch(unit: string): Fetched | undefined {
  const head = /^\* (\d+) FETCH \(/i.exec(unit);
  if (!head) return undefined;
  const items: Item[] = [];
  let at = head[0].length;
  while (unit[at] !== ")") {
    NAME.lastIndex = at;
    const name = NAME.exec(unit)?.[1];
    if (name === undefined) return undefined;
    const start = NAME.lastIndex;
    const end = valueEnd(unit, start);
    items.push({ name, value: unit.slice(start, end) });
    at = unit[end] === " " ? end + 1 : end;
    if (at >= unit.length) return undefined;
  }
  return unit.slice(at) === ")\r\n" ? { number: Number(head[1]), items } : undefined;
}

export const writeFetch = ({ number, items }: Fetched): string =>
  `* ${number} FETCH (${items.map(({ name, value }) => `${name} ${value}`).join(" ")})\r\n`;

/** The numbers of a message set; `*` is left out. */
export function members(set: string): number[] {
  return set.split(",").flatMap((part) => {
    const [from = "", to = from] = part.split(":");
    const [low, high] = [Number(from), Number(to)];
    if (Number.isNaN(low) || Number.isNaN(high)) return [];
    return Array.from({ length: Math.min(Math.abs(high - low), 100_000) + 1 }, (_, n) => Math.min(low, high) + n);
  });
}
