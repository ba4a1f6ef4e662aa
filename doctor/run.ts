import { reasonOf } from "../lib/reason";
import type { Group } from "./groups";
import { notChecked } from "./notChecked";
import type { Capability, Result } from "./result";

/** A check that is ready to run. */
export interface Check {
  readonly group: Group;
  /** Which part of the group it is, where there are several. */
  readonly subject?: string;
  /** Milliseconds. */
  readonly limit: number;
  /** What cannot be answered when this check fails to run. */
  readonly obscures: readonly Capability[];
  /** `signal` fires at the limit; the check must then close what is still open. */
  readonly run: (signal: AbortSignal) => Promise<readonly Result[]>;
}

/** Runs one check. Never throws, and never takes longer than the check's limit. */
export async function runCheck({ group, subject, limit, obscures, run }: Check): Promise<readonly Result[]> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<readonly Result[]>((resolve) => {
    timer = setTimeout(() => resolve([notChecked(group, "slow", { seconds: limit / 1000 }, obscures, subject)]), limit);
  });
  const results = run(ending.signal).catch((problem) => [
    notChecked(group, "broken", { reason: reasonOf(problem) }, obscures, subject),
  ]);
  try {
    return await Promise.race([results, timedOut]);
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}

/** Runs all checks side by side, so that a slow one delays no other. `onDone` is called as each one ends. */
export async function runChecks(
  checks: readonly Check[],
  onDone: (check: Check, results: readonly Result[]) => void = () => {},
): Promise<Result[]> {
  const all = await Promise.all(
    checks.map(async (check) => {
      const results = await runCheck(check);
      onDone(check, results);
      return results;
    }),
  );
  return all.flat();
}
