import type { Group } from "./groups";
import type { Capability, Result } from "./result";

/** A check's message for one failure, or for something that it could not test. `{names}` are filled in. */
export interface FailureText {
  readonly level: "unknown" | "warning" | "failure";
  readonly message: string;
  /** What to do, usually one command. */
  readonly fix: string;
  /** What does not work because of it. */
  readonly breaks?: readonly Capability[];
  /** What cannot be answered because of it. */
  readonly obscures?: readonly Capability[];
  /** The beginning of the row about the same problem in the troubleshooting tables. */
  readonly row?: string;
}

/** All messages of one check. */
export interface CheckMessages {
  readonly title: string;
  /** What is checked, for the docs. */
  readonly description: string;
  readonly ok: string;
  readonly failures: Readonly<Record<string, FailureText>>;
}

export type MessageCatalog = Readonly<Record<string, CheckMessages>>;

type ParamNames<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamNames<Rest> : never;
type Params<T> = { readonly [Name in ParamNames<T>]: string | number };
type FailureParams<T> = T extends { message: infer M; fix: infer F } ? Params<M> & Params<F> : never;

function fill(text: string, params: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`no value for {${name}} in "${text}"`);
    return String(value);
  });
}

/** The messages of a folder of checks, and the functions that create results from them, so that only documented messages can be reported. */
export function defineMessages<const C extends MessageCatalog>(group: Group, catalog: C) {
  const line = (check: string, subject: string | undefined) => ({
    group,
    check,
    title: (catalog[check] as CheckMessages).title,
    ...(subject !== undefined && { subject }),
  });
  return {
    group,
    catalog,
    ok<K extends keyof C & string>(check: K, params: Params<C[K]["ok"]>, subject?: string): Result {
      const message = fill((catalog[check] as CheckMessages).ok, params);
      return { ...line(check, subject), code: "ok", level: "ok", message, breaks: [], obscures: [] };
    },
    fail<K extends keyof C & string, F extends keyof C[K]["failures"] & string>(
      check: K,
      code: F,
      params: FailureParams<C[K]["failures"][F]>,
      subject?: string,
    ): Result {
      const text = (catalog[check] as CheckMessages).failures[code] as FailureText;
      const { level, breaks = [], obscures = [] } = text;
      const [message, fix] = [fill(text.message, params), fill(text.fix, params)];
      return { ...line(check, subject), code, level, message, fix, breaks, obscures };
    },
  };
}
