import { createHash } from "node:crypto";
import type { Delivery } from "../../support/sink";

export interface DeliveryLog {
  readonly injected: number;
  readonly delivered: number;
  /** Those that wait there; copies that were put away are not among them. */
  readonly atProvider: number;
  /** How many of them in which folder. */
  readonly folders: Readonly<Record<string, number>>;
  /** Copies that are kept for a while after they were delivered. */
  readonly kept: number;
  readonly duplicates: number;
  readonly lost: string[];
  /** Delivered messages that are none of those injected: altered ones. */
  readonly strange: string[];
  /** Messages that came with another envelope sender than they have. */
  readonly misnamed: string[];
}

/** Where copies of what was delivered are kept for a while. */
export const isKept = (folder: string): boolean => /(^|[./])Fetcher-Kept(-Junk)?(.\d{4}-\d\d-\d\d)?$/.test(folder);

const RECEIVED =
  /^Received: from \S+(?: \[[\d.]+\])?\r\n\tby \S+ with IMAP \(fetchmail-[\d.]+\)\r\n\tfor <[^>]*> \(single-drop\); [^\r\n]*\r\n(?![ \t])/;

/** The header, its fields' line ends included, and the rest, which begins with the empty line if there is one. */
function parts(text: string): [string, string] {
  const blank = text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n") + 2;
  return blank === 1 ? [text, ""] : [text.slice(0, blank), text.slice(blank)];
}

/**
 * A message without what a hop may add or take, and no more: fetchmail's Received field on top, Return-Path (it becomes the
 * envelope), and the line end that SMTP needs after the last line.
 */
export function canonical(message: Buffer): string {
  const [header, rest] = parts(message.toString("latin1").replace(RECEIVED, ""));
  const kept = header.replace(/(?<=^|\r\n)Return-Path:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*(?:\r\n|$)/gi, "");
  return `${kept}${rest}`.replace(/(\r\n)?$/, "\r\n");
}

/**
 * Who sent a message, by its topmost Return-Path: the mailbox, without the route before it (RFC 5321, appendix C); nobody
 * when there is none, or when it is no mailbox.
 */
export function envelopeSender(message: Buffer): string {
  const [header] = parts(message.toString("latin1"));
  const path = /^Return-Path:\s*<(?:@[^:>]*:)?([^>]*)>/im.exec(header)?.[1] ?? "";
  return /^[\x21-\x7e]+@[A-Za-z0-9.[\]:-]+$/.test(path) && !/[<>"@].*@/.test(path) ? path : "";
}

const digests = new WeakMap<Buffer, string>();

function digest(message: Buffer): string {
  const known = digests.get(message) ?? createHash("sha256").update(canonical(message), "latin1").digest("hex");
  digests.set(message, known);
  return known;
}

const tally = (messages: readonly Buffer[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const message of messages) {
    const hash = digest(message);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return counts;
};

/** What Dovecot hands out for a stored message: every line ends in CRLF, and NUL, which IMAP forbids, is 0x80. */
export function asServed(message: Buffer): Buffer {
  const text = message.toString("latin1").replace(/\r?\n/g, "\r\n").replaceAll("\0", "\x80");
  return Buffer.from(text, "latin1");
}

/** Where each injected message is now: found by its content, wherever it is. */
export function deliveryLog(
  injected: Buffer[],
  folders: Map<string, Buffer[]>,
  deliveries: readonly Delivery[],
): DeliveryLog {
  const delivered = deliveries.map(({ message }) => message);
  const expected = tally(injected);
  const waiting = [...folders].filter(([name]) => !isKept(name));
  const remaining = waiting.flatMap(([, messages]) => messages);
  const [there, here] = [tally(remaining), tally(delivered)];
  const lost: string[] = [];
  let duplicates = 0;
  for (const [hash, count] of expected) {
    const found = (there.get(hash) ?? 0) + (here.get(hash) ?? 0);
    if (found < count) lost.push(excerpt(injected.find((m) => digest(m) === hash)));
    duplicates += Math.max(0, (here.get(hash) ?? 0) - count);
  }
  const senders = new Map<string, Set<string>>();
  for (const message of injected) {
    const hash = digest(message);
    senders.set(hash, (senders.get(hash) ?? new Set()).add(envelopeSender(message)));
  }
  const misnamed = deliveries.filter(({ message, sender }) => !(senders.get(digest(message))?.has(sender) ?? true));
  return {
    injected: injected.length,
    delivered: delivered.length,
    atProvider: remaining.length,
    folders: Object.fromEntries(waiting.map(([name, messages]) => [name, messages.length])),
    kept: [...folders].filter(([name]) => isKept(name)).reduce((sum, [, messages]) => sum + messages.length, 0),
    duplicates,
    lost,
    strange: delivered.filter((message) => !expected.has(digest(message))).map(excerpt),
    misnamed: misnamed.map(({ sender, message }) => `<${sender}> for ${excerpt(message)}`),
  };
}

const excerpt = (message: Buffer | undefined): string => JSON.stringify(message?.subarray(0, 300).toString("latin1"));

/**
 * What is moved from one folder to another while somebody looks into one after the other may be seen in neither. So what
 * is not found is looked for again: who is lost, stays so; and on its way a message is moved fewer times than this.
 */
export async function recheckLost(look: () => Promise<DeliveryLog>, times = 6): Promise<DeliveryLog> {
  let found = await look();
  for (let n = 1; n < times && found.lost.length > 0; n += 1) {
    const again = await look();
    found = { ...again, lost: again.lost.filter((message) => found.lost.includes(message)) };
  }
  return found;
}
