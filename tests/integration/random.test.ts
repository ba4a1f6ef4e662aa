import { subjectOf } from "../support/message";
import { eventually, sleep } from "../support/wait";
import { Chaos } from "./support/chaos";
import { Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { words } from "./support/waits";

/**
 * Everything at once: faults of every kind at the provider and at the mail server, and kills of the pod, all from a seed.
 * HARNESS_SEED repeats what another one found, HARNESS_RANDOM is how many messages.
 */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("random");
afterAll(() => findings.publish());

const SEED = Number(process.env.HARNESS_SEED ?? 20_261_128);
const COUNT = Number(process.env.HARNESS_RANDOM ?? 2000);
const BATCHES = 10;
const SECONDS = 60;

const shares = [
  { name: "random-drains", keep: false, part: 0.6 },
  { name: "random-keeps", keep: true, part: 0.4 },
];

const subjects = (messages: readonly Buffer[]): Set<string> => new Set(messages.map((m) => subjectOf(m) ?? ""));

async function run(fetcher: FetcherFixture, chaos: Chaos, count: number, name: string): Promise<number> {
  fetcher.faultyProxy.faults.push(...chaos.faults());
  fetcher.sink.script = chaos.script;
  let kills = 0;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await fetcher.inject(chaos.letters(`${name}-${batch}`, count / BATCHES, SECONDS / 2));
    if (batch === 0) fetcher.pod.start();
    await sleep(((SECONDS * 1000) / BATCHES) * (0.5 + chaos.below(100) / 100));
    if (chaos.below(10) < 7) {
      await fetcher.pod.kill();
      fetcher.pod.start();
      kills += 1;
    }
  }
  return kills;
}

test(`2,000 messages, faults of every kind and kills at random (seed ${SEED}): all is delivered, or still there and told`, async () => {
  console.log(`seed ${SEED}: HARNESS_SEED=${SEED} npm run test:integration -- tests/integration/random`);
  const worlds = await Promise.all(
    shares.map(async ({ name, keep, part }, n) => {
      const args = ["--retry-max=4", "--refused-max=8", "--second-chance=5", "--grace=5"];
      const fetcher = await harness.fetcher({ faultyProxy: true, start: false, args, mailbox: { name, keep } });
      return { fetcher, chaos: new Chaos(SEED + n), count: Math.round(COUNT * part), name, keep };
    }),
  );
  const kills = await Promise.all(worlds.map(({ fetcher, chaos, count, name }) => run(fetcher, chaos, count, name)));
  for (const { fetcher, chaos, count, keep } of worlds) {
    chaos.over = true; // what heals has healed
    const hopeless = new Set(chaos.hopeless());
    const different = async (): Promise<number> => {
      if (fetcher.sink.deliveries.length < count - hopeless.size) return 0;
      const { delivered, duplicates } = await fetcher.account();
      return delivered - duplicates;
    };
    const more = (): string => `${[...chaos.met].join("\n")}\n${words(fetcher).slice(-6000)}`;
    const limits = { seconds: 400, every: 1000, more };
    await eventually("all that can be delivered", async () => (await different()) >= count - hopeless.size, limits);
    expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], misnamed: [] });
    const arrived = subjects(fetcher.sink.deliveries.map((d) => d.message));
    expect([...hopeless].filter((id) => arrived.has(id))).toEqual([]);
    await eventually("what cannot be delivered is there", async () => {
      const there = subjects([...(await harness.provider.remaining(fetcher.user)).values()].flat());
      return [...hopeless].every((id) => there.has(id));
    });
    if (hopeless.size > 0)
      await eventually("a report", () => /stay at the provider|refused for good|message UID/.test(words(fetcher)));
    chaos.heal();
    await eventually("the rest", async () => (await different()) === count, limits);
    const deliveryLog = await fetcher.account();
    expect(deliveryLog).toMatchObject({ lost: [], strange: [], misnamed: [] });
    // What could not be delivered until now may be there twice, and each waits for its own next try.
    if (!keep) await eventually("an empty provider", async () => (await fetcher.waiting()) === 0, limits);
    findings.figure(
      `${count} messages${keep ? " with `keep`" : ""}, ${[...chaos.met.values()].reduce((a, b) => a + b, 0)} faults of ${chaos.met.size} kinds ` +
        `and kills at random: 0 lost, ${deliveryLog.duplicates} delivered twice`,
    );
  }
  expect(kills.reduce((a, b) => a + b, 0)).toBeGreaterThan(5);
});
