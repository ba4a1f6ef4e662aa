import { setTimeout as sleep } from "node:timers/promises";
import { Held } from "../../rig/node/throttle";

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
  "a program that was held back goes on when it is released after %d ms, and is not stopped again",
  async (ms) => {
    const { run, signals } = machine(1);
    const held = new Held({ run }, "agent");
    await held.back(30);
    await sleep(ms);
    await held.release();
    const then = [...signals];
    await sleep(100);
    expect(then[0]).toBe("STOP");
    expect(then.at(-1)).toBe("CONT");
    expect(signals).toEqual(then);
  },
);

test("it is let go until it has done its work, however long that takes", async () => {
  const { run, signals, looks } = machine(8);
  const held = new Held({ run }, "agent");
  await held.back(10);
  while (signals.length < 3) await sleep(20);
  await held.release();
  expect(looks[0]).toBeGreaterThan(8);
});

test("without having been held back there is nothing to release", async () => {
  const { run, signals } = machine(1);
  await new Held({ run }, "agent").release();
  expect(signals).toEqual([]);
});
