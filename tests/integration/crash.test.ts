import { subjectOf } from "../support/message";
import { eventually, sleep } from "../support/wait";
import { Findings } from "./support/docs";
import { Harness } from "./support/harness";
import { message, sequence } from "./support/messages";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const findings = new Findings(process.env.HARNESS_LONG ? "long-crash" : "crash");
afterAll(() => findings.publish());

/** More in the long run whose figures are in the docs. */
const KILLS = Number(process.env.HARNESS_KILLS ?? 50);

test.each([{ keep: false }, { keep: true }])(
  "killed at random moments (keep: $keep), it loses nothing and repeats at most one message per kill",
  async ({ keep }) => {
    const fetcher = await harness.fetcher({ start: false, mailbox: { name: keep ? "keeping" : "drainer", keep } });
    const random = sequence(keep ? 11 : 7);
    const kills = keep ? Math.ceil(KILLS / 2) : KILLS;
    const total = kills * 30;
    fetcher.sink.script = (stage) => (stage === "end" ? { wait: 4 } : "ok"); // or it would be done too soon
    const batch = (from: number): Buffer[] =>
      Array.from({ length: 30 }, (_, n) =>
        message(`crash-${from + n}`, { body: `${from + n}\r\n`.repeat(1 + (n % 50)) }),
      );
    const here = (): number => new Set(fetcher.sink.deliveries.map((d) => subjectOf(d.message))).size;
    const soon: number[] = []; // kills after which more had come twice than there had been kills before
    for (let n = 0; n < kills; n += 1) {
      await fetcher.inject(batch(n * 30)); // there is always work left
      fetcher.pod.start();
      const before = fetcher.sink.deliveries.length;
      await eventually("work", () => fetcher.sink.deliveries.length > before, {
        every: 5,
        more: () => fetcher.pod.log,
      });
      await sleep(random() * 100);
      await fetcher.pod.kill();
      if (fetcher.sink.deliveries.length - here() > n) soon.push(n);
    }
    fetcher.pod.start();
    await eventually("all of it", async () => here() === total, {
      seconds: 200 + total / 20,
      every: 500,
      more: () => fetcher.pod.log,
    });
    await sleep(1500); // for a repetition to show
    const deliveryLog = await fetcher.account();
    findings.figure(
      `${kills} kills at random moments${keep ? ", with `keep`" : ""}: of ${total} messages ${deliveryLog.lost.length} lost, ` +
        `${deliveryLog.duplicates} delivered twice`,
    );
    expect(deliveryLog).toMatchObject({ lost: [], strange: [] });
    expect(soon).toEqual([]);
    expect(deliveryLog.duplicates).toBeLessThanOrEqual(kills);
    await fetcher.pod.kill();
  },
);
