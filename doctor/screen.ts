import { type Answer, answers, exitCode, groups, type Level, type Verdict, type Way, worst } from "./verdict";

export const groupTitles = {
  configuration: "Configuration",
  dns: "DNS",
  certificates: "Certificates",
  provider: "Provider",
  signIn: "Sign-in",
  devices: "Devices",
  cluster: "Cluster",
  flow: "Flow",
} as const;

const marks: Readonly<Record<Level, string>> = { ok: "ok  ", unknown: "?   ", warning: "WARN", failure: "FAIL" };
const colours: Readonly<Record<Level, string>> = { ok: "32", unknown: "36", warning: "33", failure: "31" };

export interface Report {
  readonly stack: string;
  /** kubectl's name for the cluster. */
  readonly context: string;
  readonly verdicts: readonly Verdict[];
  /** Milliseconds. */
  readonly took: number;
}

const ways: Readonly<Record<Way, string>> = { in: "Mail comes in", out: "goes out", read: "can be read" };
const words: Readonly<Record<Answer, string>> = { yes: "yes", no: "NO", unknown: "unknown" };

/** The last line. */
export function summary(verdicts: readonly Verdict[]): string {
  const found = answers(verdicts);
  return (Object.keys(ways) as Way[]).map((way) => `${ways[way]}: ${words[found[way]]}`).join("; ");
}

const unquoted = (text: string): string => text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");

function lines(verdict: Verdict, paint: (text: string, colour: string) => string): string[] {
  const { level, title, subject, meaning, mend } = verdict;
  const head = `  ${paint(marks[level], colours[level])}  ${title}${subject === undefined ? "" : ` ${subject}`}: ${meaning}`;
  return mend === undefined ? [head] : [head, `        -> ${unquoted(mend)}`];
}

/** The screen as text; colours only where somebody looks at a terminal. */
export function screen({ stack, context, verdicts, took }: Report, colour = false): string {
  const paint = (text: string, code: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const parts = groups.flatMap((group) => {
    const own = verdicts.filter((verdict) => verdict.group === group);
    return own.length === 0 ? [] : ["", groupTitles[group], ...own.flatMap((verdict) => lines(verdict, paint))];
  });
  const count = (level: Level): number => verdicts.filter((verdict) => verdict.level === level).length;
  return [
    `Stack ${stack}, cluster context ${context}`,
    ...parts,
    "",
    `${count("ok")} ok, ${count("unknown")} unknown, ${count("warning")} warnings, ${count("failure")} failures, in ${(took / 1000).toFixed(1)} s`,
    paint(summary(verdicts), colours[worst(verdicts)]),
    "",
  ].join("\n");
}

/** The same for programs. */
export function json({ stack, context, verdicts, took }: Report): string {
  const level = worst(verdicts);
  return `${JSON.stringify({ stack, context, level, exitCode: exitCode(level), seconds: took / 1000, mail: answers(verdicts), verdicts }, undefined, 2)}\n`;
}

/** Tells a person at a terminal what is still being looked at, on one line that is wiped at the end. */
export class Progress {
  private readonly open = new Set<string>();

  constructor(private readonly write: ((text: string) => void) | undefined) {}

  begin(name: string): void {
    this.open.add(name);
    this.show();
  }

  end(name: string): void {
    this.open.delete(name);
    this.show();
  }

  private show(): void {
    const text = this.open.size === 0 ? "" : `looking at ${[...this.open].join(", ")} …`.slice(0, 79);
    this.write?.(`\r\u001b[K${text}`);
  }
}
