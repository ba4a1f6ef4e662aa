import { setTimeout as sleep } from "node:timers/promises";

export { sleep };

/** Asks again and again until something holds, and gives it; fails in the end with the last trouble. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  { seconds = 120, every = 1_000 }: { readonly seconds?: number; readonly every?: number } = {},
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
    if (performance.now() > deadline) throw new Error(`never within ${seconds} s: ${what}${trouble && `\n${trouble}`}`);
    await sleep(every);
  }
}
