/** What a person wants of their mail. */
export type Way = "in" | "out" | "read";
/** `unknown` is what was not tested: neither well nor wrong, and said as such. */
export type Level = "ok" | "unknown" | "warning" | "failure";

export const groups = [
  "configuration",
  "dns",
  "certificates",
  "provider",
  "signIn",
  "devices",
  "cluster",
  "flow",
] as const;
export type Group = (typeof groups)[number];

/** One line of the screen. */
export interface Verdict {
  readonly group: Group;
  readonly check: string;
  /** Which of the check's troubles it is; `ok` when there is none. */
  readonly code: string;
  readonly level: Level;
  readonly title: string;
  /** Which mailbox, host or record it is about, where a check looks at several. */
  readonly subject?: string;
  readonly meaning: string;
  /** What to do, usually one command. */
  readonly mend?: string;
  /** What does not work because of it. */
  readonly stops: readonly Way[];
  /** What can no longer be vouched for because of it. */
  readonly hides: readonly Way[];
}

/** One way in which a check can fail. `{names}` are filled in. */
export interface Trouble {
  readonly level: "unknown" | "warning" | "failure";
  readonly meaning: string;
  readonly mend: string;
  readonly stops?: readonly Way[];
  readonly hides?: readonly Way[];
  /** How the row of the troubleshooting tables begins that is about the same thing. */
  readonly row?: string;
}

export interface Check {
  readonly title: string;
  /** What it looks at, for the docs. */
  readonly looks: string;
  readonly ok: string;
  readonly troubles: Readonly<Record<string, Trouble>>;
}

export type Catalogue = Readonly<Record<string, Check>>;

type HoleNames<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | HoleNames<Rest> : never;
type Holes<T> = { readonly [Name in HoleNames<T>]: string | number };
type TroubleHoles<T> = T extends { meaning: infer M; mend: infer N } ? Holes<M> & Holes<N> : never;

export function fill(text: string, holes: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = holes[name];
    if (value === undefined) throw new Error(`nothing to put for {${name}} in "${text}"`);
    return String(value);
  });
}

/** Makes a group's verdicts from its catalogue, so that what is said is what the docs explain. */
export function speaker<const C extends Catalogue>(group: Group, catalogue: C) {
  const line = (check: string, subject: string | undefined) => ({
    group,
    check,
    title: (catalogue[check] as Check).title,
    ...(subject !== undefined && { subject }),
  });
  return {
    fine<K extends keyof C & string>(check: K, holes: Holes<C[K]["ok"]>, subject?: string): Verdict {
      const meaning = fill((catalogue[check] as Check).ok, holes);
      return { ...line(check, subject), code: "ok", level: "ok", meaning, stops: [], hides: [] };
    },
    trouble<K extends keyof C & string, T extends keyof C[K]["troubles"] & string>(
      check: K,
      code: T,
      holes: TroubleHoles<C[K]["troubles"][T]>,
      subject?: string,
    ): Verdict {
      const { level, meaning, mend, stops = [], hides = [] } = (catalogue[check] as Check).troubles[code] as Trouble;
      return {
        ...line(check, subject),
        code,
        level,
        meaning: fill(meaning, holes),
        mend: fill(mend, holes),
        stops,
        hides,
      };
    },
  };
}

const worse: readonly Level[] = ["ok", "unknown", "warning", "failure"];
const exitCodes: Readonly<Record<Level, number>> = { ok: 0, unknown: 0, warning: 1, failure: 2 };

/** The worst level there is; nothing looked at is nothing known. */
export function worst(verdicts: readonly Verdict[]): Level {
  if (verdicts.length === 0) return "failure";
  return worse[Math.max(...verdicts.map(({ level }) => worse.indexOf(level)))] as Level;
}

export const exitCode = (level: Level): number => exitCodes[level];

export type Answer = "yes" | "no" | "unknown";

/** Whether mail comes in, goes out and can be read. */
export function answers(verdicts: readonly Verdict[]): Record<Way, Answer> {
  const one = (way: Way): Answer => {
    if (verdicts.some(({ level, stops }) => level === "failure" && stops.includes(way))) return "no";
    return verdicts.length === 0 || verdicts.some(({ hides }) => hides.includes(way)) ? "unknown" : "yes";
  };
  return { in: one("in"), out: one("out"), read: one("read") };
}
