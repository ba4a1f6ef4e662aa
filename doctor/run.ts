import { reasonOf } from "./observe/reason";
import type { Group, Verdict, Way } from "./verdict";
import { unseen } from "./verdicts/looking";

/** A look at one subject, with a time limit of its own. */
export interface Look {
  readonly group: Group;
  /** What of the group this look is at, where there are several. */
  readonly subject?: string;
  /** Milliseconds. */
  readonly limit: number;
  /** What nobody can vouch for when this look fails. */
  readonly hides: readonly Way[];
  /** `signal` fires at the limit: what is still open then should end. */
  readonly run: (signal: AbortSignal) => Promise<readonly Verdict[]>;
}

/** One look; whatever happens, it ends in time and in verdicts. */
export async function look({ group, subject, limit, hides, run }: Look): Promise<readonly Verdict[]> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Verdict[]>((resolve) => {
    timer = setTimeout(() => resolve([unseen(group, "slow", { seconds: limit / 1000 }, hides, subject)]), limit);
  });
  const looked = run(ending.signal).catch((problem) => [
    unseen(group, "broken", { reason: reasonOf(problem) }, hides, subject),
  ]);
  try {
    return await Promise.race([looked, late]);
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}

/** All looks side by side: a slow one holds up none of the others. Each is told of when it is done. */
export async function lookAtAll(
  looks: readonly Look[],
  onDone: (look: Look, verdicts: readonly Verdict[]) => void = () => {},
): Promise<Verdict[]> {
  const all = await Promise.all(
    looks.map(async (one) => {
      const verdicts = await look(one);
      onDone(one, verdicts);
      return verdicts;
    }),
  );
  return all.flat();
}
