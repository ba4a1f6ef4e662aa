import { groups, groupTitles } from "./groups";
import { type Answer, answers, type Capability, exitCode, type Level, type Result, worst } from "./result";

export const marks: Readonly<Record<Level, string>> = { ok: "ok  ", unknown: "?   ", warning: "WARN", failure: "FAIL" };
const colors: Readonly<Record<Level, string>> = { ok: "32", unknown: "36", warning: "33", failure: "31" };

export interface Report {
  readonly stack: string;
  /** kubectl's name for the cluster. */
  readonly context: string;
  readonly results: readonly Result[];
  /** Milliseconds. */
  readonly took: number;
}

const capabilities: Readonly<Record<Capability, string>> = {
  in: "Mail comes in",
  out: "goes out",
  read: "can be read",
};
const words: Readonly<Record<Answer, string>> = { yes: "yes", no: "NO", unknown: "unknown" };

/** The last line. */
export function summary(results: readonly Result[]): string {
  const found = answers(results);
  return (Object.keys(capabilities) as Capability[])
    .map((capability) => `${capabilities[capability]}: ${words[found[capability]]}`)
    .join("; ");
}

export const withoutLinks = (text: string): string => text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");

function lines(result: Result, paint: (text: string, color: string) => string): string[] {
  const { level, title, subject, message, fix } = result;
  const head = `  ${paint(marks[level], colors[level])}  ${title}${subject === undefined ? "" : ` ${subject}`}: ${message}`;
  return fix === undefined ? [head] : [head, `        -> ${withoutLinks(fix)}`];
}

/** The report as text. */
export function screen({ stack, context, results, took }: Report, color = false): string {
  const paint = (text: string, code: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const parts = groups.flatMap((group) => {
    const own = results.filter((result) => result.group === group);
    return own.length === 0 ? [] : ["", groupTitles[group], ...own.flatMap((result) => lines(result, paint))];
  });
  const count = (level: Level): number => results.filter((result) => result.level === level).length;
  return [
    `Stack ${stack}, cluster context ${context}`,
    ...parts,
    "",
    `${count("ok")} ok, ${count("unknown")} unknown, ${count("warning")} warnings, ${count("failure")} failures, in ${(took / 1000).toFixed(1)} s`,
    paint(summary(results), colors[worst(results)]),
    "",
  ].join("\n");
}

/** The report as JSON. */
export function json({ stack, context, results, took }: Report): string {
  const level = worst(results);
  return `${JSON.stringify({ stack, context, level, exitCode: exitCode(level), seconds: took / 1000, mail: answers(results), results }, undefined, 2)}\n`;
}

/** Shows on one line of a terminal which checks are running, and clears it at the end. */
export class Progress {
  private readonly running = new Set<string>();

  constructor(private readonly write: ((text: string) => void) | undefined) {}

  begin(name: string): void {
    this.running.add(name);
    this.show();
  }

  end(name: string): void {
    this.running.delete(name);
    this.show();
  }

  private show(): void {
    const text = this.running.size === 0 ? "" : `checking ${[...this.running].join(", ")} …`.slice(0, 79);
    this.write?.(`\r\u001b[K${text}`);
  }
}
