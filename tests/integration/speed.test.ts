import { createConnection } from "node:net";
import { schema } from "../../config/schema";
import { eventually, sleep } from "../support/wait";
import { Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, emptied, ready } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const findings = new Findings(process.env.HARNESS_LONG ? "long-speed" : "speed");
afterAll(() => findings.publish());

/** More in the long run, see long.sh. */
const BACKLOG = Number(process.env.HARNESS_BACKLOG ?? 5000);

/** Milliseconds after which a fetcher looks by itself, announced or not (docs/explanation/fetching.md). */
const NEXT_LOOK = 60_000;

/** The least of the values that so large a part of them does not exceed. */
const quantile = (values: number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? 0;
const median = (values: number[]): number => quantile(values, 0.5);

test.each([
  { keep: false, also: "" },
  { keep: true, also: " and `keep`" },
])(
  "new mail is handed over when the provider announces it, not when the next poll is due (keep: $keep)",
  async ({ keep, also }) => {
    const fetcher = await harness.fetcher({ mailbox: { name: keep ? "swiftkeeping" : "swift", keep } });
    await ready(fetcher);
    const waits: number[] = [];
    for (let n = 1; n <= 20; n += 1) {
      await sleep(300);
      const start = performance.now();
      await fetcher.inject([message(`new-${n}`)]);
      // A server that looks for new files by their folder's time misses one now and then: the next poll finds it.
      const more = (): string => fetcher.pod.log;
      await eventually("delivery", () => fetcher.sink.deliveries.length >= n, { seconds: 300, every: 5, more });
      waits.push((fetcher.sink.deliveries[n - 1]?.at ?? 0) - start);
    }
    findings.figure(
      `New mail to handed over, with IDLE${also}: median ${median(waits).toFixed(0)} ms, p95 ${quantile(waits, 0.95).toFixed(0)} ms, longest ${Math.max(...waits).toFixed(0)} ms of 20`,
    );
    expect(fetcher.sink.deliveries).toHaveLength(20);
    expect(median(waits)).toBeLessThan(NEXT_LOOK / 2);
    expect(fetcher.pod.log).not.toMatch(/lost|flows again/); // nothing was wrong, so nothing is said to be
    await fetcher.pod.stop();
  },
  900_000,
);

/** The least that any mover of mail has to do: fetch, hand over, delete, one after the other, over one connection each. */
async function bareCopy(user: string, sinkAddress: string): Promise<number> {
  const imap = await harness.provider.session(user);
  await imap.command("SELECT INBOX");
  const { lines } = await imap.command("UID SEARCH ALL");
  const uids = (lines.find((l) => l.startsWith("* SEARCH")) ?? "").split(" ").slice(2).filter(Boolean);
  const smtp = createConnection(25, sinkAddress);
  smtp.setNoDelay(true);
  const answer = (): Promise<void> => new Promise((resolve) => smtp.once("data", () => resolve()));
  const say = async (text: string | Buffer): Promise<void> => {
    const done = answer();
    smtp.write(text);
    await done;
  };
  await answer();
  await say("EHLO bare\r\n");
  const start = performance.now();
  for (const uid of uids) {
    const { literals } = await imap.command(`UID FETCH ${uid} BODY.PEEK[]`);
    await say("MAIL FROM:<a@example.org>\r\n");
    await say(`RCPT TO:<${user}>\r\n`);
    await say("DATA\r\n");
    const stuffed = (literals[0] as Buffer).toString("latin1").replace(/^\./gm, "..");
    await say(Buffer.from(`${stuffed}.\r\n`, "latin1"));
    await imap.command(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`);
  }
  await imap.command("EXPUNGE");
  const seconds = (performance.now() - start) / 1000;
  smtp.destroy();
  imap.close();
  return uids.length / seconds;
}

test("a backlog drains, at a pace near that of a bare copy loop", async () => {
  const fetcher = await harness.fetcher({ start: false });
  const bodies = (n: number): string =>
    `${"A line of ordinary text in an ordinary message.\r\n".repeat(20 + (n % 80))}`;
  const backlog = (name: string, count: number): Buffer[] =>
    Array.from({ length: count }, (_, n) => message(`${name}-${n}`, { body: bodies(n) }));
  await harness.provider.inject(fetcher.user, backlog("bare", BACKLOG / 5));
  const bare = await bareCopy(fetcher.user, fetcher.sink.address);
  fetcher.sink.deliveries.length = 0;
  await fetcher.inject(backlog("backlog", BACKLOG));
  fetcher.pod.start();
  await eventually("the first", () => fetcher.sink.deliveries.length > 0);
  const start = performance.now();
  await arrived(fetcher, BACKLOG, BACKLOG / 10);
  const rate = BACKLOG / ((performance.now() - start) / 1000);
  findings.figure(
    `A backlog of ${BACKLOG} messages: ${rate.toFixed(0)} a second; a bare copy loop on the same machine does ${bare.toFixed(0)}, ` +
      `so ${(rate / bare).toFixed(2)} of it; ${((fetcher.pod.cpu() * 1000) / BACKLOG).toFixed(1)} ms of CPU a message; ${fetcher.pod.memory().toFixed(0)} MiB at the end`,
  );
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({ delivered: BACKLOG, lost: [], strange: [], duplicates: 0 });
  await fetcher.pod.stop();
});

test("memory and CPU of 1, 10 and 50 fetchers stay below what their pods request, and while they drain below the limits", async () => {
  const { requests, limits } = schema.shape.resources.parse({}).fetchmail;
  const mebibytes = (text: string | undefined): number => Number(/^(\d+)Mi$/.exec(text ?? "")?.[1]);
  const cores = (text: string | undefined): number => Number(/^(\d+)m$/.exec(text ?? "")?.[1]) / 1000;
  const fetchers: FetcherFixture[] = [];
  const sink = await harness.sink();
  const largest = (values: number[]): number => Math.max(...values);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  for (const count of [1, 10, 50]) {
    const more = Array.from({ length: count - fetchers.length }, () => harness.fetcher({ sink }));
    fetchers.push(...(await Promise.all(more)));
    await eventually("readiness", () => fetchers.every((s) => s.pod.ready().ready), { seconds: 180, every: 2000 });
    await sleep(4000); // the start is over
    const memory = fetchers.map((s) => s.pod.memory());
    const idle = fetchers.map((s) => s.pod.cpu());
    const since = performance.now();
    await sleep(10_000);
    const seconds = (performance.now() - since) / 1000;
    const waiting = fetchers.map((s, n) => (s.pod.cpu() - (idle[n] as number)) / seconds);

    const each = count === 1 ? 500 : 1000 / count;
    const batch = (n: number): Buffer[] =>
      Array.from({ length: each }, (_, m) =>
        message(`drain-${count}-${n}-${m}`, { body: "Some text.\r\n".repeat(200) }),
      );
    const before = fetchers.map((s) => s.pod.cpu());
    const arrived = sink.deliveries.length + each * count;
    for (const [n, s] of fetchers.entries()) await s.inject(batch(n));
    const peak: number[] = fetchers.map(() => 0);
    await eventually(
      "a drain",
      () => {
        for (const [n, s] of fetchers.entries()) peak[n] = Math.max(peak[n] as number, s.pod.memory());
        return sink.deliveries.length >= arrived;
      },
      { every: 1000 },
    );
    const work = sum(fetchers.map((s, n) => s.pod.cpu() - (before[n] as number)));
    findings.figure(
      `${count} ${count === 1 ? "mailbox" : "mailboxes"}: waiting ${sum(memory).toFixed(0)} MiB in all and ${largest(memory).toFixed(1)} the largest, ` +
        `${(sum(waiting) * 1000).toFixed(1)} millicores in all and ${(largest(waiting) * 1000).toFixed(1)} the busiest; ` +
        `draining ${each} messages each, ${largest(peak).toFixed(1)} MiB the largest and ${((work * 1000) / each / count).toFixed(1)} ms of CPU a message`,
    );
    expect(largest(memory)).toBeLessThan(mebibytes(requests.memory));
    expect(sum(waiting) / count).toBeLessThan(cores(requests.cpu));
    expect(largest(peak)).toBeLessThan(mebibytes(limits.memory) / 2);
  }
});
