import type { Group } from "./groups";

/** What users expect: mail is received, mail is sent, mail can be read. */
export type Capability = "in" | "out" | "read";
/** `unknown` is what was not tested: neither right nor wrong. */
export type Level = "ok" | "unknown" | "warning" | "failure";

/** One line of the report. */
export interface Result {
  readonly group: Group;
  readonly check: string;
  /** The code of the check's failure; `ok` if there is none. */
  readonly code: string;
  readonly level: Level;
  readonly title: string;
  /** Which mailbox, host or record it is about, where a check covers several. */
  readonly subject?: string;
  readonly message: string;
  /** What to do, usually one command. */
  readonly fix?: string;
  /** What does not work because of it. */
  readonly breaks: readonly Capability[];
  /** What cannot be answered because of it. */
  readonly obscures: readonly Capability[];
}

const worse: readonly Level[] = ["ok", "unknown", "warning", "failure"];
const exitCodes: Readonly<Record<Level, number>> = { ok: 0, unknown: 0, warning: 1, failure: 2 };

/** The worst level of all results. No results mean that nothing was checked, which is a failure. */
export function worst(results: readonly Result[]): Level {
  if (results.length === 0) return "failure";
  return worse[Math.max(...results.map(({ level }) => worse.indexOf(level)))] as Level;
}

export const exitCode = (level: Level): number => exitCodes[level];

export type Answer = "yes" | "no" | "unknown";

/** Whether mail is received, sent and can be read. */
export function answers(results: readonly Result[]): Record<Capability, Answer> {
  const answer = (capability: Capability): Answer => {
    if (results.some(({ level, breaks }) => level === "failure" && breaks.includes(capability))) return "no";
    return results.length === 0 || results.some(({ obscures }) => obscures.includes(capability)) ? "unknown" : "yes";
  };
  return { in: answer("in"), out: answer("out"), read: answer("read") };
}
