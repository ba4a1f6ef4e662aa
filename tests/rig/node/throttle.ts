import { setTimeout as sleep } from "node:timers/promises";
import type { NodeNamespace } from "./namespace";

/** So many samples in a row, a tenth of a second apart, without further work: the program is idle. */
const IDLE_SAMPLES = 3;
/** After so many samples the program is stopped again although it is not idle. */
const MAX_SAMPLES = 100;

/**
 * A program of the node's that gets as little of the processor as on a busy machine: it is stopped, and continued now and
 * then until it is idle, however long that takes on the machine at hand.
 */
export class ThrottledProcess {
  private ending: AbortController | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly machine: Pick<NodeNamespace, "run">,
    private readonly name: string,
  ) {}

  /** From now on its work waits for up to this time, half of it on average. */
  async throttle(ms: number): Promise<void> {
    await this.resume();
    this.ending = new AbortController();
    this.work = this.loop(ms, this.ending.signal).catch(() => {}); // the node has ended, and the program with it
  }

  /** Ends that; returns when the program runs freely. */
  async resume(): Promise<void> {
    this.ending?.abort();
    await this.work;
  }

  private async loop(ms: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.signal("STOP");
      await sleep(ms, undefined, { signal }).catch(() => {});
      this.signal("CONT");
      await this.untilIdle(signal);
    }
  }

  private async untilIdle(signal: AbortSignal): Promise<void> {
    let last = "";
    for (let samples = 0, idle = 0; idle < IDLE_SAMPLES && samples < MAX_SAMPLES && !signal.aborted; samples++) {
      await sleep(100);
      const now = this.worked();
      idle = now === last ? idle + 1 : 0;
      last = now;
    }
  }

  private signal(name: "STOP" | "CONT"): void {
    this.machine.run("sh", "-c", `pkill -${name} -x ${this.name} || true`);
  }

  /** The processor time of the program and of its children, and which of them still run. */
  private worked(): string {
    const each = "cut -d' ' -f14-17 /proc/$p/stat; pgrep -P $p || true";
    return this.machine.run("sh", "-c", `for p in $(pgrep -x ${this.name}); do ${each}; done`);
  }
}
