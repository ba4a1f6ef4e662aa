import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "./namespace";

/** Looks, a tenth of a second apart, at which a program has done nothing more. */
const QUIET = 3;
/** Looks after which it is stopped all the same. */
const LONGEST = 100;

/**
 * A program of the node's that is held back, as a busy machine holds it back: stopped, and let go now and then until it has
 * done what there is to do, however long that takes on the machine at hand.
 */
export class Held {
  private letGo: AbortController | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly machine: Pick<Machine, "run">,
    private readonly name: string,
  ) {}

  /** What it has to do waits by up to this time from now on, half of it on average. */
  async back(ms: number): Promise<void> {
    await this.release();
    this.letGo = new AbortController();
    this.work = this.hold(ms, this.letGo.signal).catch(() => {}); // the node is gone, and it with it
  }

  /** It goes on as it likes; returns when that is so. */
  async release(): Promise<void> {
    this.letGo?.abort();
    await this.work;
  }

  private async hold(ms: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.signal("STOP");
      await sleep(ms, undefined, { signal }).catch(() => {});
      this.signal("CONT");
      await this.untilDone(signal);
    }
  }

  private async untilDone(signal: AbortSignal): Promise<void> {
    let last = "";
    for (let look = 0, quiet = 0; quiet < QUIET && look < LONGEST && !signal.aborted; look++) {
      await sleep(100);
      const now = this.done();
      quiet = now === last ? quiet + 1 : 0;
      last = now;
    }
  }

  private signal(name: "STOP" | "CONT"): void {
    this.machine.run("sh", "-c", `pkill -${name} -x ${this.name} || true`);
  }

  /** How much the program and what it started have worked, and what of it still runs. */
  private done(): string {
    const each = "cut -d' ' -f14-17 /proc/$p/stat; pgrep -P $p || true";
    return this.machine.run("sh", "-c", `for p in $(pgrep -x ${this.name}); do ${each}; done`);
  }
}
