import { setTimeout as sleep } from "node:timers/promises";

export { sleep };

export interface WaitOptions {
  /** @default 120: a busy machine is slow, not wrong */
  readonly seconds?: number;
  /** Milliseconds between two looks. @default 100 */
  readonly every?: number;
  /** What is told when it never happens. */
  readonly more?: () => string;
}

/** Asks again and again until something holds, and gives it; fails in the end with the last trouble. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  { seconds = 120, every = 100, more = () => "" }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let trouble = "";
  for (;;) {
    try {
      const found = await check();
      if (found !== undefined && found !== false) return found;
      trouble = "";
    } catch (error) {
      trouble = (error as Error).message;
    }
    if (performance.now() > deadline) {
      throw new Error([`never within ${seconds} s: ${what}`, trouble, more()].filter(Boolean).join("\n"));
    }
    await sleep(every);
  }
}
