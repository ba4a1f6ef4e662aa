import { createHash } from "node:crypto";

export interface Ledger {
  readonly injected: number;
  readonly delivered: number;
  readonly atProvider: number;
  /** How many of them in which folder. */
  readonly folders: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly lost: string[];
  /** Delivered messages that are none of those injected: altered ones. */
  readonly strange: string[];
}

/**
 * A message without what a hop may add or take: fetchmail's Received lines on top, Return-Path (it becomes the envelope),
 * mbox "From " lines and an empty Status in the header, and the line end that SMTP needs after the last line.
 */
export function canonical(message: Buffer): string {
  const text = message.toString("latin1");
  const blank = /^\r\n/.test(text) ? 0 : text.indexOf("\r\n\r\n") + 2;
  const header = blank < 2 && !text.startsWith("\r\n") ? text : text.slice(0, blank);
  const body = text.slice(header.length).replace(/^\r\n/, "");
  const fields = header.match(/[^\r\n]*(?:\r\n[ \t][^\r\n]*)*(?:\r\n|$)/g) ?? [];
  const kept = fields.filter(
    (field) =>
      field !== "" &&
      !/^Received: from [^\r\n]*\r\n\tby [^\r\n]*\(fetchmail-[\d.]+\)/.test(field) &&
      !/^Return-Path:/i.test(field) &&
      !/^>?From /i.test(field) &&
      !/^(X-Mozilla-)?Status:\s*$/i.test(field),
  );
  const headerless = kept.every((f) => /^(From: FETCHMAIL-DAEMON|To: \S+@\S+|Subject: Headerless mail from)/.test(f));
  return `${headerless ? "" : kept.join("").replace(/(\r\n)?$/, "\r\n")}\r\n${body.replace(/(\r\n)?$/, "\r\n")}`;
}

const digest = (message: Buffer): string => createHash("sha256").update(canonical(message), "latin1").digest("hex");

const tally = (messages: readonly Buffer[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const message of messages) counts.set(digest(message), (counts.get(digest(message)) ?? 0) + 1);
  return counts;
};

/** What Dovecot hands out for a stored message: every line ends in CRLF, and NUL, which IMAP forbids, is 0x80. */
export function asServed(message: Buffer): Buffer {
  const text = message.toString("latin1").replace(/\r?\n/g, "\r\n").replaceAll("\0", "\x80");
  return Buffer.from(text, "latin1");
}

/** Where each injected message is now: found by its content, wherever it is. */
export function ledger(injected: Buffer[], folders: Map<string, Buffer[]>, delivered: Buffer[]): Ledger {
  const expected = tally(injected);
  const remaining = [...folders.values()].flat();
  const [there, here] = [tally(remaining), tally(delivered)];
  const lost: string[] = [];
  let duplicates = 0;
  for (const [hash, count] of expected) {
    const found = (there.get(hash) ?? 0) + (here.get(hash) ?? 0);
    if (found < count) lost.push(excerpt(injected.find((m) => digest(m) === hash)));
    duplicates += Math.max(0, (here.get(hash) ?? 0) - count);
  }
  const strange = delivered.filter((message) => !expected.has(digest(message))).map(excerpt);
  return {
    injected: injected.length,
    delivered: delivered.length,
    atProvider: remaining.length,
    folders: Object.fromEntries([...folders].map(([name, messages]) => [name, messages.length])),
    duplicates,
    lost,
    strange,
  };
}

const excerpt = (message: Buffer | undefined): string => JSON.stringify(message?.subarray(0, 300).toString("latin1"));
