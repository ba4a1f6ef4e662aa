import { createConnection } from "node:net";
import { message } from "./support/messages";
import { Rig, type Station, sleep, until } from "./support/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());

const BACKLOG = Number(process.env.RIG_BACKLOG ?? 5000);

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

test("new mail is handed over within two seconds", async () => {
  const station = await rig.station();
  await until("readiness", () => station.pod.ready().ready, { seconds: 60 });
  const waits: number[] = [];
  for (let n = 1; n <= 20; n += 1) {
    await sleep(300);
    const start = performance.now();
    await station.inject([message(`new-${n}`)]);
    await until("delivery", () => station.sink.deliveries.length >= n, { seconds: 30, every: 5 });
    waits.push((station.sink.deliveries[n - 1]?.at ?? 0) - start);
  }
  console.log(
    `new mail to handed over: median ${median(waits).toFixed(0)} ms, longest ${Math.max(...waits).toFixed(0)} ms of 20`,
  );
  expect(station.sink.deliveries).toHaveLength(20);
  await station.pod.stop();
});

/** The least that any mover of mail has to do: fetch, hand over, delete, one after the other, over one connection each. */
async function bareCopy(user: string, sinkAddress: string): Promise<number> {
  const imap = await rig.provider.session(user);
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
  const station = await rig.station({ start: false });
  const bodies = (n: number): string =>
    `${"A line of ordinary text in an ordinary message.\r\n".repeat(20 + (n % 80))}`;
  const backlog = (name: string, count: number): Buffer[] =>
    Array.from({ length: count }, (_, n) => message(`${name}-${n}`, { body: bodies(n) }));
  await rig.provider.inject(station.user, backlog("bare", BACKLOG / 5));
  const bare = await bareCopy(station.user, station.sink.address);
  station.sink.deliveries.length = 0;
  await station.inject(backlog("backlog", BACKLOG));
  station.pod.start();
  await until("the first", () => station.sink.deliveries.length > 0, { seconds: 30 });
  const start = performance.now();
  await until("all of it", () => station.sink.deliveries.length >= BACKLOG, {
    seconds: 300,
    more: () => station.pod.log,
  });
  const rate = BACKLOG / ((performance.now() - start) / 1000);
  console.log(
    `backlog of ${BACKLOG}: ${rate.toFixed(0)} messages/s; a bare copy loop does ${bare.toFixed(0)}/s: ${(rate / bare).toFixed(2)} of it; ` +
      `${station.pod.memory().toFixed(0)} MiB at the end`,
  );
  await until("an empty provider", async () => (await station.account()).atProvider === 0, {
    seconds: 60,
    every: 1000,
  });
  expect(await station.account()).toMatchObject({ delivered: BACKLOG, lost: [], strange: [], duplicates: 0 });
  await station.pod.stop();
});

test("memory of 1, 10 and 50 fetchers stays below what their pods request", async () => {
  const stations: Station[] = [];
  const sink = await rig.sink();
  for (const count of [1, 10, 50]) {
    while (stations.length < count) stations.push(await rig.station({ sink }));
    await until("readiness", () => stations.every((s) => s.pod.ready().ready), { seconds: 180, every: 2000 });
    const usage = stations.map((s) => s.pod.memory());
    console.log(
      `${count} mailboxes waiting: ${usage.reduce((a, b) => a + b, 0).toFixed(0)} MiB in all, ${Math.max(...usage).toFixed(1)} MiB the largest`,
    );
    expect(Math.max(...usage)).toBeLessThan(32);
  }
});
