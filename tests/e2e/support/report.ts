import type { EngineEvent } from "@pulumi/pulumi/automation";

/** What an update did, in the engine's own words. */
export interface Report {
  /** `create Secret migadu-fetch-credentials`: every step that was not "same", sorted. */
  readonly steps: readonly string[];
  /** The engine's count of resources by what happened to them. */
  readonly summary: Readonly<Record<string, number>>;
}

export interface Outcome extends Report {
  readonly ok: boolean;
  readonly text: string;
}

export function succeeded(outcome: Outcome): Outcome {
  if (!outcome.ok) throw new Error(`the update failed:\n${outcome.text}`);
  return outcome;
}

export function failed(outcome: Outcome): Outcome {
  if (outcome.ok) throw new Error(`it went through:\n${outcome.text}`);
  return outcome;
}

/** The steps in the engine's events. */
export function stepsOf(events: readonly EngineEvent[]): string[] {
  return events
    .flatMap(({ resourcePreEvent }) => (resourcePreEvent ? [resourcePreEvent.metadata] : []))
    .filter(({ op, type }) => op !== "same" && !type.startsWith("pulumi:"))
    .map(({ op, type, urn }) => `${op} ${type.split(":").pop()} ${urn.split("::").pop()}`)
    .sort();
}
