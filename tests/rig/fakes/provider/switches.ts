import * as faults from "./faults";
import type { Fault } from "./faultyProxy";

/** Faults of single messages by name: for whoever cannot hand over a function. */
export const switches = {
  "body NIL": (w) => [faults.emptyBody("NIL", w)],
  "body {0}": (w) => [faults.emptyBody("{0}", w)],
  "header {0}": (w) => [faults.emptyHeader("{0}", w)],
  "all {0}": (w) => [faults.emptyHeader("{0}", w), faults.emptyBody("{0}", w)],
  "body cut": (w) => [faults.cutTo(40, w)],
  "header cut": (w) => [faults.cutTo(70, w, "header")],
  NO: (w) => [faults.unreadable("NO [UNAVAILABLE] Server error while fetching messages", w)],
  BYE: (w) => [faults.unreadable("BYE System Error", w)],
  "OK and nothing": (w) => [faults.unreadable("OK FETCH completed.", w)],
  "hangs up": (w) => [faults.unreadable("drop", w)],
  "hangs up within": (w) => [faults.hangsUpWithin(w, Number.POSITIVE_INFINITY)],
  "piece NIL": (w) => [faults.pieces("NIL after the first", w)],
  "piece short": (w) => [faults.pieces("short", w)],
  "size 0": (w) => [faults.wrongSize(() => 0, w)],
  "size too small": (w) => [faults.wrongSize((n) => n - 29, w)],
  "size too large": (w) => [faults.wrongSize((n) => n + 2, w)],
} as const satisfies Readonly<Record<string, (which: faults.Which) => Fault[]>>;

export type Switch = keyof typeof switches;

/** What is switched on: by the subjects, of one word each, of the messages that it is about. */
export type Switched = Readonly<Partial<Record<Switch, readonly string[]>>>;

export const switchedOn = (switched: Switched): Fault[] =>
  Object.entries(switched).flatMap(([name, subjects]) => switches[name as Switch](faults.about(...subjects)));
