const units = ["bytes", "KB", "MB", "GB"] as const;

export function bytes(count: number): string {
  let [value, unit] = [count, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const number = (count: number): string => count.toLocaleString("en-US");
export const messages = (count: number): string => (count === 1 ? "1 message" : `${number(count)} messages`);

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export interface ProgressArgs {
  /** The total number of bytes. */
  readonly total: number;
  readonly terminal: boolean;
  readonly write: (text: string) => void;
  /** Milliseconds. @default the clock */
  readonly now?: () => number;
}

const WIDTH = 24;

/** The progress: a bar on a terminal, otherwise a line from time to time for a log. */
export class Progress {
  private readonly started: number;
  private last = Number.NEGATIVE_INFINITY;
  private shown = false;
  private readonly now: () => number;

  constructor(private readonly args: ProgressArgs) {
    this.now = args.now ?? Date.now;
    this.started = this.now();
  }

  update(done: number, count: number): void {
    const { terminal, write } = this.args;
    const now = this.now();
    if (now - this.last < (terminal ? 200 : 15_000)) return;
    this.last = now;
    this.shown = true;
    write(terminal ? `\r${this.line(done, count)}\x1b[K` : `${this.line(done, count)}\n`);
  }

  /** The current line. */
  line(done: number, count: number): string {
    const { total, terminal } = this.args;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const seconds = (this.now() - this.started) / 1000;
    // Below one percent it would be a guess: one message may be as large as a thousand others.
    const left =
      share > 0.01 && share < 1 && seconds > 2 ? `, about ${duration((seconds * (1 - share)) / share)} left` : "";
    const full = Math.round(share * WIDTH);
    const bar = terminal ? `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}] ` : "";
    return `${bar}${messages(count)}, ${bytes(done)} of ${bytes(total)}${left}`;
  }

  /** Clears the line for other output. */
  clear(): void {
    if (this.shown && this.args.terminal) this.args.write("\r\x1b[K");
  }
}

/** Removes terminal control characters: names of folders, labels and app passwords, and a server's messages, are untrusted. */
export const printable = (text: string): string => text.replace(/(?!\n)\p{Cc}/gu, "\ufffd");

/** A table in plain text: the first column is left-aligned, and the other columns are right-aligned if they are numbers. */
export function table(cells: readonly (readonly string[])[], others: "numbers" | "text" = "numbers"): string {
  const rows = cells.map((row) => row.map((cell) => printable(cell.replaceAll("\n", " "))));
  const widths = (rows[0] ?? []).map((_, n) => Math.max(...rows.map((row) => (row[n] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, n) => (n === 0 || others === "text" ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
