import { setTimeout as sleep } from "node:timers/promises";
import { ThrottledProcess } from "../../rig/node/throttle";

/** A machine on which one program has `work` to do, seen at as many looks, each time that it is let go. */
function machine(work: number) {
  const signals: string[] = [];
  const looks: number[] = [];
  const run = (_program: string, ...args: string[]): string => {
    const signal = /pkill -(\w+) /.exec(args.join(" "))?.[1];
    if (signal) {
      signals.push(signal);
      if (signal === "CONT") looks.push(0);
      return "";
    }
    const at = looks.length - 1;
    looks[at] = (looks[at] as number) + 1;
    return String(Math.min(looks[at] as number, work));
  };
  return { run, signals, looks };
}

test.each([0, 1, 20, 40, 60, 150, 350])(
  "a throttled program goes on when it is resumed after %d ms, and is not stopped again",
  async (ms) => {
    const { run, signals } = machine(1);
    const throttled = new ThrottledProcess({ run }, "agent");
    await throttled.throttle(30);
    await sleep(ms);
    await throttled.resume();
    const then = [...signals];
    await sleep(100);
    expect(then[0]).toBe("STOP");
    expect(then.at(-1)).toBe("CONT");
    expect(signals).toEqual(then);
  },
);

test("a throttled program runs until it has done its work, however long that takes", async () => {
  const { run, signals, looks } = machine(8);
  const throttled = new ThrottledProcess({ run }, "agent");
  await throttled.throttle(10);
  while (signals.length < 3) await sleep(20);
  await throttled.resume();
  expect(looks[0]).toBeGreaterThan(8);
});

test("resuming a program that was never throttled does nothing", async () => {
  const { run, signals } = machine(1);
  await new ThrottledProcess({ run }, "agent").resume();
  expect(signals).toEqual([]);
});
