import { createHash } from "node:crypto";
import libmime from "libmime";

const [CR, LF] = [13, 10];

/** A message that was read from a file. */
export interface FoundMessage {
  readonly kind: "message";
  readonly raw: Buffer;
  /** The date of arrival, if the file has one. */
  readonly date?: Date | undefined;
  /** IMAP flags and keywords. */
  readonly flags: readonly string[];
  /** The folder that it was in, one name per level; absent if labels decide. */
  readonly folder?: readonly string[];
  /** Gmail's labels; absent if the file has none. */
  readonly labels?: readonly string[];
  /** Its position, for the report. */
  readonly where: string;
}

/** A message that is not imported, and the reason. */
export interface PassedOver {
  readonly kind: "tooLarge" | "deleted";
  readonly where: string;
  readonly size: number;
  readonly folder?: readonly string[];
}

/** The header of a message, without the empty line after it. */
export function headerOf(raw: Buffer): string {
  const ends = [raw.indexOf("\r\n\r\n"), raw.indexOf("\n\n")].filter((end) => end >= 0);
  if (raw[0] === LF || (raw[0] === CR && raw[1] === LF)) return "";
  return raw.toString("latin1", 0, ends.length === 0 ? raw.length : Math.min(...ends));
}

/** The value of the first field of that name, unfolded, with one character per byte. */
export function field(header: string, name: string): string | undefined {
  const found = new RegExp(`^${name}[ \\t]*:((?:[^\\n]|\\n[ \\t])*)`, "im").exec(header);
  return found?.[1]?.replace(/\r?\n(?=[ \t])/g, "").trim();
}

/** Converts a message for IMAP: every line ends in CRLF. Nothing else is changed. */
export function withCrlf(raw: Buffer): Buffer {
  let bare = 0;
  for (let at = raw.indexOf(LF); at >= 0; at = raw.indexOf(LF, at + 1)) if (raw[at - 1] !== CR) bare += 1;
  if (bare === 0) return raw;
  const whole = Buffer.allocUnsafe(raw.length + bare);
  let [from, to] = [0, 0];
  for (let at = raw.indexOf(LF); at >= 0; at = raw.indexOf(LF, at + 1)) {
    if (raw[at - 1] === CR) continue;
    to += raw.copy(whole, to, from, at);
    whole[to++] = CR;
    from = at;
  }
  raw.copy(whole, to, from);
  return whole;
}

export const digest = (raw: Buffer): string => createHash("sha256").update(raw).digest("base64url");

/**
 * Identifies copies of a message: by Message-ID and size, or without a Message-ID by the whole content. A short digest, because
 * there may be some hundred thousand messages.
 */
export const keyOf = (messageId: string | undefined, size: number, content: () => string): string => {
  const what = messageId ? `${messageId}\0${size}` : `\0${content()}`;
  return createHash("sha256").update(what, "latin1").digest("base64url").slice(0, 16);
};

const withoutComments = (text: string): string => text.replace(/\([^()]*\)/g, " ").trim();

function sensible(time: number): Date | undefined {
  const inTime = time > Date.UTC(1971, 0) && time < Date.now() + 86_400_000;
  return inTime ? new Date(Math.floor(time / 1000) * 1000) : undefined;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const fromDate =
  /([A-Za-z]{3}) +(\d{1,2}) +(\d{1,2}):(\d\d)(?::(\d\d))?(?: +([+-]\d{4}|[A-Za-z]{1,5}))? +(\d{4})(?: +([+-]\d{4}))?/;

/** The date in an mbox's From line; without a zone it is UTC. */
export function dateOfFromLine(line: string): Date | undefined {
  const found = fromDate.exec(line);
  if (found === null) return undefined;
  const [, month = "", day, hour, minute, second = "0", before = "", year, after = ""] = found;
  const index = MONTHS.indexOf(month.toLowerCase());
  if (index < 0) return undefined;
  const [, sign, hours = 0, minutes = 0] = /([+-])(\d\d)(\d\d)/.exec(after || before) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  const local = Date.UTC(Number(year), index, Number(day), Number(hour), Number(minute), Number(second));
  return sensible(local - offset * 60_000);
}

/** When a message arrived: from its file, or else its topmost Received field, or else its Date. */
export function arrivalOf(header: string, known: Date | undefined): Date | undefined {
  if (known !== undefined) return known;
  const received = field(header, "Received");
  const stamp = received === undefined ? undefined : received.slice(received.lastIndexOf(";") + 1);
  return [stamp, field(header, "Date")]
    .map((text) => (text === undefined ? undefined : sensible(Date.parse(withoutComments(text)))))
    .find((date) => date !== undefined);
}

/** One line of comma-separated values; a value with a comma in it is quoted. */
export function commaSeparated(text: string): string[] {
  const values = [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/g)];
  return values.map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain ?? "").trim()).filter(Boolean);
}

/** Gmail's labels as Takeout writes them: encoded words, or plain UTF-8. Undefined if the header has no such field. */
export function gmailLabels(header: string): string[] | undefined {
  const value = field(header, "X-Gmail-Labels");
  if (value === undefined) return undefined;
  return commaSeparated(libmime.decodeWords(Buffer.from(value, "latin1").toString("utf8")));
}

/**
 * Takeout puts two fields of its own on top of each message. Without them, it is identical to the message at
 * Gmail, which a migration by IMAP copies as well.
 */
export function withoutTakeoutFields(raw: Buffer): Buffer {
  let start = 0;
  for (;;) {
    const head = raw.toString("latin1", start, start + 16).toLowerCase();
    if (!head.startsWith("x-gm-thrid:") && !head.startsWith("x-gmail-labels:")) return raw.subarray(start);
    let end = raw.indexOf(LF, start);
    while (end >= 0 && (raw[end + 1] === 32 || raw[end + 1] === 9)) end = raw.indexOf(LF, end + 1);
    if (end < 0) return raw.subarray(start);
    start = end + 1;
  }
}
