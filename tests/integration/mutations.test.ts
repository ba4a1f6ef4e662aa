import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually, sleep } from "../support/wait";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";

/**
 * The harness must notice what it is there to notice: each of these breaks one rule of the configuration, and the mail that
 * a healthy fetcher keeps is lost, or stuck. A change that makes one of these tests fail has blinded the suite.
 */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const breaking =
  (from: string | RegExp, to: string) =>
  (file: string, content: string): string => {
    if (file !== "inbox.fetchmailrc") return content;
    const broken = content.replace(from, to);
    if (broken === content) throw new Error(`there is no ${from} to break`);
    return broken;
  };

async function refusedFor(fetcher: FetcherFixture, seconds: number): Promise<void> {
  fetcher.sink.script = (stage) => (stage === "end" ? "550 5.7.1 no" : "ok");
  await fetcher.inject([message("precious")]);
  fetcher.pod.start();
  await eventually("an offer", () => fetcher.sink.envelopes.length > 0, { more: () => fetcher.pod.log });
  await sleep(seconds * 1000);
}

/** What is lost stays so, but on a busy machine it takes a while until it is. */
const isLost = (fetcher: FetcherFixture): Promise<unknown> =>
  eventually("a loss", async () => (await fetcher.account()).lost.length === 1, {
    every: 1000,
    more: () => fetcher.pod.log,
  });

test("the fake provider knows every mailbox at every moment, also while accounts are created", async () => {
  const file = join(harness.provider.folder, "users");
  await harness.provider.account("always@example.org", "there");
  const look = `until [ -e '${file}.stop' ]; do [ -s '${file}' ] || echo empty; done`;
  const looking = promisify(execFile)("sh", ["-c", look]);
  for (let n = 0; n < 200; n++) await harness.provider.account("always@example.org", "there");
  writeFileSync(`${file}.stop`, "");
  expect((await looking).stdout).toBe("");
});

test("unbroken: a refused message stays at the provider", async () => {
  const fetcher = await harness.fetcher({ start: false });
  await refusedFor(fetcher, 2);
  expect(await fetcher.account()).toMatchObject({ atProvider: 1, lost: [] });
});

test("without softbounce a refused message is lost, and the harness sees it", async () => {
  const fetcher = await harness.fetcher({ start: false, tamper: breaking("set softbounce", "set no softbounce") });
  await refusedFor(fetcher, 2);
  await isLost(fetcher);
});

test("over LMTP, where fetchmail loses a refused message even with softbounce, none passes without its size", async () => {
  const fetcher = await harness.fetcher({ start: false, tamper: breaking("antispam -1", "antispam -1 lmtp") });
  await refusedFor(fetcher, 2);
  await eventually("direct delivery's words", () => /the mail server answered 550/.test(fetcher.pod.log), {
    more: () => fetcher.pod.log,
  });
  expect(await fetcher.account()).toMatchObject({ delivered: 0, atProvider: 1, lost: [] });
});

test("with a postmaster a refused recipient's mail goes to somebody else, and the harness sees it", async () => {
  const fetcher = await harness.fetcher({
    start: false,
    tamper: breaking('set postmaster ""', 'set postmaster "other"'),
  });
  fetcher.sink.script = (stage, { recipients }) =>
    stage === "rcpt" && recipients.length === 0 && fetcher.sink.envelopes.at(-1)?.recipients[0] === fetcher.user
      ? "550 5.1.1 no such user"
      : "ok";
  await fetcher.inject([message("misdirected")]);
  fetcher.pod.start();
  await eventually("somebody else", () => fetcher.sink.envelopes.some((e) => e.recipients[0] !== fetcher.user));
});

test("with bouncemail the sender gets a bounce for a refused message, and the harness sees it", async () => {
  const fetcher = await harness.fetcher({
    start: false,
    tamper: breaking("set no bouncemail", "set bouncemail"),
  });
  // fetchmail sends its bounces to port 25 of its own host: listen there, inside the pod's network.
  const bounces = await fetcher.listenInside(25);
  await refusedFor(fetcher, 2);
  await eventually("a bounce", () => bounces().includes("RCPT TO:<sender@example.org>"), {
    more: bounces,
  });
});

test("without bouncemail no sender gets a bounce for a refused message", async () => {
  const fetcher = await harness.fetcher({ start: false });
  const bounces = await fetcher.listenInside(25);
  await refusedFor(fetcher, 5);
  expect(bounces()).toBe("");
});

test("without a timeout a provider that hangs holds fetchmail for ever, and the harness sees it", async () => {
  const hang = async (tamper?: (file: string, content: string) => string): Promise<number> => {
    const fetcher = await harness.fetcher({ start: false, faultyProxy: true, ...(tamper && { tamper }) });
    fetcher.faultyProxy.dropBefore = (text) => {
      if (/ FETCH 1 BODY/.test(text)) fetcher.faultyProxy.silent = true;
      return false;
    };
    await fetcher.inject([message("hung")]);
    fetcher.pod.start();
    await eventually("the hang", () => fetcher.faultyProxy.silent);
    const start = performance.now();
    fetcher.faultyProxy.dropBefore = () => false;
    await sleep(1000);
    fetcher.faultyProxy.silent = false; // the answer is gone; whoever waits for it waits for ever
    const arrives = (): boolean => fetcher.sink.deliveries.length > 0;
    await eventually("delivery", arrives, { seconds: 100, every: 500 }).catch(() => undefined);
    return (performance.now() - start) / 1000;
  };
  const [healthy, broken] = await Promise.all([hang(), hang(breaking("timeout 60", "timeout 0"))]);
  expect(healthy).toBeLessThan(90);
  expect(broken).toBeGreaterThan(90);
});
