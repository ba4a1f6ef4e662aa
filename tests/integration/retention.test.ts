import { eventually, sleep } from "../support/wait";
import { canonical } from "./support/deliveryLog";
import { Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, differentOnes, emptied, ready, words } from "./support/waits";

/** How long a delivered message stays at the provider, and where. */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("retention");
afterAll(() => findings.publish());

const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
const kept = (ago: number): string => `Fetcher-Kept.${day(ago)}`;
const letters = (name: string, count: number): Buffer[] =>
  Array.from({ length: count }, (_, n) => message(`${name}-${n}`));
const folders = (fetcher: FetcherFixture): Promise<Map<string, Buffer[]>> => harness.provider.remaining(fetcher.user);
const names = async (fetcher: FetcherFixture): Promise<string[]> => [...(await folders(fetcher)).keys()].sort();
const texts = (messages: readonly Buffer[] = []): string[] => messages.map(canonical).sort();

test.concurrent("after a fetch the inbox is empty, and copies of what was delivered are in the day's folder", async () => {
  const fetcher = await harness.fetcher({ start: false, mailbox: { folders: ["INBOX", "Junk"] } });
  const [wanted, unwanted] = [letters("wanted", 5), letters("unwanted", 2)];
  const odd = message("odd", { header: "a line that is no field" });
  const today = day(0);
  await fetcher.inject([...wanted, odd]);
  await fetcher.inject(unwanted, "Junk");
  const settle = await findings.during("fetched, and kept for a week", fetcher);
  fetcher.pod.start();
  await differentOnes(fetcher, 8);
  await emptied(fetcher);
  const all = await folders(fetcher);
  const of = (name: string): Buffer[] =>
    [...new Set([today, day(0)])].flatMap((date) => all.get(`${name}.${date}`) ?? []);
  expect(texts(of("Fetcher-Kept"))).toEqual(texts([...wanted, odd]));
  expect(texts(of("Fetcher-Kept-Junk"))).toEqual(texts(unwanted));
  expect(await fetcher.account()).toMatchObject({ delivered: 8, duplicates: 0, lost: [], strange: [], misnamed: [] });
  await settle();
});

test.concurrent("a day's folder is deleted as a whole once all of it is older than the days, and nothing else is", async () => {
  const fetcher = await harness.fetcher({ start: false, mailbox: { retention: 7 } });
  for (const ago of [400, 30, 8, 6, 1])
    await harness.provider.inject(fetcher.user, letters(`old-${ago}`, 2), kept(ago));
  const others = [
    "Fetcher-Kept.notes",
    "Archive.2019-01-01",
    "Fetcher-Kept-2.2019-01-01",
    "My.Fetcher-Kept.2019-01-01",
  ];
  for (const other of others) await harness.provider.inject(fetcher.user, letters("other", 1), other);
  await fetcher.inject(letters("new", 1));
  fetcher.pod.start();
  await arrived(fetcher, 1);
  await eventually("expiry", async () => !(await names(fetcher)).includes(kept(8)), { every: 1000 });
  const left = await names(fetcher);
  expect(left.filter((name) => [400, 30, 8].map(kept).includes(name))).toEqual([]);
  expect(left).toEqual(expect.arrayContaining([kept(6), kept(1), ...others]));
  expect(fetcher.sink.deliveries).toHaveLength(1); // copies are no mail
  await ready(fetcher);
});

test.concurrent("a node whose clock is a month ahead deletes no kept mail before its time, and says that the clocks differ", async () => {
  const tamper = (file: string, content: string): string => {
    if (file !== "provider_clock.py") return content;
    const changed = content.replace("fromtimestamp(time.time(), ", "fromtimestamp(time.time() + 30 * 86400, ");
    if (changed === content) throw new Error("there is no clock to set");
    return changed;
  };
  const fetcher = await harness.fetcher({ start: false, mailbox: { retention: 7 }, tamper });
  for (const ago of [30, 6, 1]) await harness.provider.inject(fetcher.user, letters(`old-${ago}`, 2), kept(ago));
  fetcher.pod.start();
  await eventually("expiry", async () => !(await names(fetcher)).includes(kept(30)), { seconds: 300, every: 1000 });
  expect(words(fetcher)).toMatch(/the provider's clock differs from this node's by -/);
  await sleep(3000);
  expect(await names(fetcher)).toEqual(expect.arrayContaining([kept(6), kept(1)]));
  expect((await names(fetcher)).filter((name) => name.includes("Clock"))).toEqual([]);
});

test.concurrent("when Junk is fetched no more, what was on its way goes back to Junk, and its kept mail is deleted in its time", async () => {
  const fetcher = await harness.fetcher({ start: false, mailbox: { retention: 7 } });
  await harness.provider.inject(fetcher.user, letters("there", 1), "Junk");
  await harness.provider.inject(fetcher.user, letters("on-its-way", 2), "Fetcher-Outbox-Junk");
  const old = `Fetcher-Kept-Junk.${day(30)}`;
  await harness.provider.inject(fetcher.user, letters("old", 1), old);
  await harness.provider.inject(fetcher.user, letters("kept", 1), `Fetcher-Kept-Junk.${day(1)}`);
  await fetcher.inject(letters("new", 1));
  fetcher.pod.start();
  await arrived(fetcher, 1);
  await eventually("expiry", async () => !(await names(fetcher)).includes(old), { seconds: 300, every: 1000 });
  const all = await folders(fetcher);
  expect(texts(all.get("Junk"))).toEqual(texts([...letters("there", 1), ...letters("on-its-way", 2)]));
  expect(all.get(`Fetcher-Kept-Junk.${day(1)}`)).toHaveLength(1);
  expect(fetcher.sink.deliveries).toHaveLength(1);
});

test.concurrent("with retention 0 nothing is copied, what is delivered is gone, and copies of before go, too", async () => {
  const fetcher = await harness.fetcher({ start: false, mailbox: { retention: 0 } });
  await harness.provider.inject(fetcher.user, letters("old", 2), kept(1));
  await fetcher.inject([...letters("gone", 5), message("odd", { header: "a line that is no field" })]);
  fetcher.pod.start();
  await arrived(fetcher, 6);
  await emptied(fetcher);
  await eventually("no copies", async () => [...(await folders(fetcher)).values()].flat().length === 0, {
    every: 1000,
  });
  expect(await fetcher.account()).toMatchObject({ delivered: 6, kept: 0, duplicates: 0, lost: [], strange: [] });
});

test.concurrent("with retention for ever originals stay in the inbox, and copies of before are left alone", async () => {
  const fetcher = await harness.fetcher({ start: false, mailbox: { retention: "forever" } });
  await harness.provider.inject(fetcher.user, letters("old", 2), kept(90));
  await fetcher.inject(letters("stays", 5));
  fetcher.pod.start();
  await arrived(fetcher, 5);
  await ready(fetcher);
  const all = await folders(fetcher);
  expect(texts(all.get("INBOX"))).toEqual(texts(letters("stays", 5)));
  expect(all.get(kept(90))).toHaveLength(2);
  expect(await fetcher.account()).toMatchObject({ delivered: 5, kept: 2, duplicates: 0, lost: [], strange: [] });
});

test.concurrent.each([
  [7, 0],
  [0, 3],
] as const)(
  "from for ever to %s: what was delivered is delivered again %s times, and leaves the inbox",
  async (retention, again) => {
    const name = `changes-${retention}`;
    const before = await harness.fetcher({ start: false, mailbox: { name, retention: "forever" } });
    await before.inject(letters("before", 3));
    before.pod.start();
    await arrived(before, 3);
    await ready(before);
    await sleep(1000);
    await before.pod.stop();
    const after = await harness.fetcher({ start: false, mailbox: { name, retention } });
    await harness.provider.inject(after.user, letters("after", 2));
    after.pod.start();
    await arrived(after, 2 + again);
    await eventually("an empty inbox", async () => (await folders(after)).get("INBOX")?.length === 0, { every: 1000 });
    await sleep(3000);
    expect(after.sink.deliveries).toHaveLength(2 + again);
    expect(await after.account()).toMatchObject({ kept: retention === 7 ? 5 : 0 });
  },
);

test.concurrent("what others have marked as read or deleted is delivered and kept like everything else", async () => {
  const fetcher = await harness.fetcher({ start: false });
  await fetcher.inject(letters("marked", 6));
  const phone = await harness.provider.session(fetcher.user);
  await phone.command("SELECT INBOX");
  await phone.command("STORE 1:2 +FLAGS (\\Seen)");
  await phone.command("STORE 3:4 +FLAGS (\\Deleted)");
  phone.close();
  fetcher.pod.start();
  await differentOnes(fetcher, 6);
  expect(await fetcher.account()).toMatchObject({ delivered: 6, duplicates: 0, lost: [], strange: [] });
});

test.concurrent("at most one login per delivered batch, and none while idle", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true });
  await ready(fetcher);
  await sleep(3000);
  const before = fetcher.faultyProxy.logins;
  for (let n = 1; n <= 8; n += 1) {
    await fetcher.inject(letters(`batch-${n}`, n));
    await arrived(fetcher, (n * (n + 1)) / 2);
    await sleep(1500);
  }
  await emptied(fetcher);
  expect(fetcher.faultyProxy.logins - before).toBeLessThanOrEqual(8 + 1);
  const then = fetcher.faultyProxy.logins;
  await sleep(20_000);
  expect(fetcher.faultyProxy.logins - then).toBeLessThanOrEqual(1);
});

describe("a provider that has little room", () => {
  let small: Harness;
  beforeAll(async () => {
    small = await Harness.create({ quota: 300 });
  });
  afterAll(() => small.destroy());

  const kilobytes = (name: string, size: number): Buffer =>
    message(name, {
      body: "x"
        .repeat(98)
        .concat("\r\n")
        .repeat(size * 10),
    });

  test("full of copies: the oldest day's folder goes first, a warning says so, and mail arrives", async () => {
    const fetcher = await small.fetcher({ start: false });
    await small.provider.inject(fetcher.user, [kilobytes("third-day", 100)], kept(3));
    await small.provider.inject(fetcher.user, [kilobytes("second-day", 60)], kept(2));
    await fetcher.inject([kilobytes("new-1", 50), kilobytes("new-2", 50)]);
    const settle = await findings.during("no room for copies, but older ones", fetcher);
    fetcher.pod.start();
    await arrived(fetcher, 2, 200);
    const left = [...(await small.provider.remaining(fetcher.user)).keys()];
    expect(left).not.toContain(kept(3));
    expect(left).toContain(kept(2));
    expect(words(fetcher)).toMatch(/the provider is full/);
    expect(words(fetcher)).toContain(day(3));
    expect(await fetcher.account()).toMatchObject({ delivered: 2, duplicates: 0, lost: [], strange: [] });
    await settle();
  });

  test("full of mail that was not delivered: none of it is deleted, and all of it arrives", async () => {
    const fetcher = await small.fetcher({ start: false });
    await fetcher.inject(Array.from({ length: 5 }, (_, n) => kilobytes(`full-${n}`, 58)));
    fetcher.pod.start();
    await differentOnes(fetcher, 5, 300);
    await eventually("an empty provider", async () => (await fetcher.waiting()) === 0, { every: 1000 });
    expect(await fetcher.account()).toMatchObject({ lost: [], strange: [] });
    expect(words(fetcher)).toMatch(/the provider is full/);
  });
});
