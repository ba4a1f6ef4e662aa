import { dateOfFromLine } from "./message";

/** How the writer of an mbox quoted lines that begin with From. */
export const quotings = ["mboxrd", "mboxo", "none"] as const;
export type Quoting = (typeof quotings)[number];

export interface MboxPart {
  readonly raw: Buffer;
  readonly date?: Date | undefined;
  /** Its offset in the file, in bytes. */
  readonly offset: number;
  /** Its size in the file; larger than `raw` if the message was too large to keep. */
  readonly size: number;
  readonly tooLarge: boolean;
}

export interface MboxArgs {
  /** Bytes. Larger messages are skipped and not kept in memory. */
  readonly largest: number;
  readonly quoting: Quoting;
  /** The whole file is one message: no From line in it begins another one, and nothing is quoted. @default false */
  readonly single?: boolean;
}

const [CR, LF] = [13, 10];
const MARK = Buffer.from("\nFrom ");
/** The From line and the line after it are evaluated together; valid ones are not longer than this. */
const LOOKAHEAD = 4096;

const dated = /^From .*[A-Za-z]{3} +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?\b.*\b\d{4}\b/;
const bare = /^From (?:-|\S+)\s*$/;
const anyField = /^>?[!-9;-~]+[ \t]*:/;
const usualField =
  /^(?:Received|Return-Path|Delivered-To|Date|From|To|Subject|Message-ID|MIME-Version|X-[\w-]+|Status):/i;

/**
 * Whether a line that begins with From begins a message. Programs quote such lines in different ways, so the word alone is
 * not enough. The line must contain a date and be followed by a header; or it must follow an empty line, contain only a sender, and
 * be followed by a common header field.
 */
export function beginsMessage(line: string, next: string, afterEmpty: boolean): boolean {
  if (dated.test(line)) return anyField.test(next);
  return afterEmpty && bare.test(line) && usualField.test(next);
}

export function unquoted(raw: Buffer, quoting: Quoting): Buffer {
  if (quoting === "none" || !raw.includes(">From ")) return raw;
  const quoted = quoting === "mboxrd" ? /^(>*)>From /gm : /^()>From /gm;
  return Buffer.from(raw.toString("latin1").replace(quoted, "$1From "), "latin1");
}

/** Without the empty line that separates it from the next message. */
function withoutSeparator(raw: Buffer): Buffer {
  if (raw.length > 3 && raw.subarray(-4).equals(Buffer.from("\r\n\r\n"))) return raw.subarray(0, -2);
  return raw.length > 1 && raw.at(-1) === LF && raw.at(-2) === LF ? raw.subarray(0, -1) : raw;
}

const lineAt = (buffer: Buffer, start: number): { text: string; end: number } => {
  const end = buffer.indexOf(LF, start);
  const stop = end < 0 ? buffer.length : end;
  const text = buffer.toString("latin1", start, Math.min(stop, start + LOOKAHEAD)).replace(/\r$/, "");
  return { text, end: end < 0 ? buffer.length : end + 1 };
};

/** Whether the line before `start` is empty. */
const emptyBefore = (buffer: Buffer, start: number): boolean => {
  let before = start - 2; // the character before the line feed
  if (buffer[before] === CR) before -= 1;
  return buffer[before] === LF;
};

class Part {
  private pieces: Buffer[] = [];
  private kept = 0;
  private size = 0;

  constructor(
    readonly offset: number,
    private readonly fromLine: string | undefined,
    private readonly args: MboxArgs,
  ) {}

  add(piece: Buffer): void {
    this.size += piece.length;
    if (this.size > this.args.largest) {
      this.pieces = [];
      this.kept = 0;
    } else {
      this.pieces.push(Buffer.from(piece)); // the read buffer is reused
      this.kept += piece.length;
    }
  }

  end(): MboxPart | undefined {
    const { offset, size, fromLine } = this;
    const tooLarge = size > this.args.largest;
    const whole = Buffer.concat(this.pieces, this.kept);
    const raw = this.args.single ? whole : unquoted(withoutSeparator(whole), this.args.quoting);
    if (raw.length === 0 && !tooLarge) return undefined;
    return { raw, offset, size, tooLarge, date: fromLine === undefined ? undefined : dateOfFromLine(fromLine) };
  }
}

/** The messages of an mbox file, one after the other; at most one of them is in memory. */
export async function* mboxMessages(stream: AsyncIterable<Buffer>, args: MboxArgs): AsyncGenerator<MboxPart> {
  let buffer: Buffer = Buffer.alloc(0);
  let position = 0; // of the buffer's first byte in the file
  let part: Part | undefined;
  let first = true;

  /** Consumes the part of the buffer that can be evaluated; yields the messages that end in it. */
  function* consume(last: boolean): Generator<MboxPart> {
    let from = 0; // everything before it is already processed
    if (first && (last || buffer.length >= LOOKAHEAD)) {
      first = false;
      const { text, end } = lineAt(buffer, 0);
      // A file without a From line at its beginning starts with a message, which ends at the first From line.
      const begins = text.startsWith("From ");
      part = new Part(position, begins ? text : undefined, args);
      from = begins ? end : 0;
    }
    if (first) return;
    let search = Math.max(0, from - 1);
    for (;;) {
      const mark = args.single ? -1 : buffer.indexOf(MARK, search);
      if (mark < 0) break;
      const start = mark + 1;
      if (!last && buffer.length - start < 2 * LOOKAHEAD) {
        // Both lines may be incomplete in the buffer. Everything before them can be processed.
        search = mark;
        break;
      }
      const line = lineAt(buffer, start);
      if (beginsMessage(line.text, lineAt(buffer, line.end).text, emptyBefore(buffer, start))) {
        part?.add(buffer.subarray(from, start));
        const ended = part?.end();
        if (ended !== undefined) yield ended;
        part = new Part(position + start, line.text, args);
        from = line.end;
        search = Math.max(start, from - 1);
      } else search = start;
    }
    const undecided = buffer.indexOf(MARK, search);
    // The last bytes may be the beginning of a From line, and the empty line before it is needed as well.
    const decided = last
      ? buffer.length
      : Math.max(from, Math.min(undecided < 0 ? buffer.length : undecided, buffer.length - MARK.length) - 4);
    part?.add(buffer.subarray(from, decided));
    buffer = Buffer.from(buffer.subarray(decided));
    position += decided;
    if (!last) return;
    const ended = part?.end();
    if (ended !== undefined) yield ended;
  }

  for await (const chunk of stream) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    if (buffer.length >= 4 * LOOKAHEAD) yield* consume(false);
  }
  if (buffer.length > 0 || part !== undefined) yield* consume(true);
}
