import { eventually } from "../support/wait";
import { expectDocumented, Findings } from "./support/docs";
import { Harness } from "./support/harness";
import { message, oddities } from "./support/messages";
import { arrived, emptied, ready } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("messages");
afterAll(() => findings.publish());

test("odd messages of every kind arrive byte for byte, and nothing stays behind", async () => {
  const fetcher = await harness.fetcher({ start: false });
  const kinds = oddities("odd");
  await fetcher.inject(Object.values(kinds));
  const settle = await findings.during(`messages of ${Object.keys(kinds).length} odd kinds`, fetcher);
  fetcher.pod.start();
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({
    injected: Object.keys(kinds).length,
    delivered: Object.keys(kinds).length,
    atProvider: 0,
    folders: { INBOX: 0, "Fetcher-Outbox": 0 },
    kept: Object.keys(kinds).length,
    duplicates: 0,
    lost: [],
    strange: [],
    misnamed: [],
  });
  expect(fetcher.sink.envelopes.filter((e) => e.sender.includes("evil"))).toEqual([]);
  await settle();
});

test("2,000 messages of many kinds, one of 25 MB among them, all arrive unaltered", async () => {
  const fetcher = await harness.fetcher({ start: false });
  const mixed: Buffer[] = [message("large", { body: "0123456789abcdef.\r\n".repeat(25 * 55_000) })];
  for (let n = 0; mixed.length < 2000; n += 1) mixed.push(...Object.values(oddities(`mixed-${n}`)));
  // A duplicate Message-ID is a message like any other.
  mixed.length = 1998;
  mixed.push(message("twin", { body: "first\r\n" }), message("twin", { body: "second\r\n" }));
  await fetcher.inject(mixed);
  const start = performance.now();
  fetcher.pod.start();
  await arrived(fetcher, mixed.length, 300);
  await emptied(fetcher);
  findings.figure(
    `2,000 messages, most of them odd, one of 25 MB: ${Math.round((performance.now() - start) / 1000)} s; ` +
      `${fetcher.pod.memory().toFixed(0)} MiB at the end`,
  );
  expect(await fetcher.account()).toMatchObject({
    injected: 2000,
    delivered: 2000,
    lost: [],
    strange: [],
    misnamed: [],
    duplicates: 0,
  });
});

test("30 messages that the mail server refuses for good stop none of those behind them", async () => {
  const fetcher = await harness.fetcher({ start: false });
  fetcher.sink.script = (stage, { message: m }) =>
    stage === "end" && m?.includes("poison") ? "554 5.6.0 no such thing here" : "ok";
  const poison = Array.from({ length: 30 }, (_, n) => message(`poison-${n}`));
  const good = Array.from({ length: 20 }, (_, n) => message(`good-${n}`));
  await fetcher.inject([...poison, ...good]);
  fetcher.pod.start();
  await arrived(fetcher, 20);
  expect(await fetcher.account()).toMatchObject({
    delivered: 20,
    atProvider: 30,
    lost: [],
    strange: [],
    duplicates: 0,
  });
  const settle = await findings.during("30 messages refused for good before 20 good ones", fetcher);
  // Out of the way, still at the provider, and fetching is well again.
  await eventually("the poison set aside", async () => (await fetcher.pod.metric("set_aside")) === 30, {
    seconds: 200,
    every: 1000,
  });
  expect((await harness.provider.remaining(fetcher.user)).get("Fetcher-Refused")).toHaveLength(30);
  await ready(fetcher);
  await settle();
});

test("a message over the mail server's limit stays at the provider and the next one arrives", async () => {
  const fetcher = await harness.fetcher({ start: false });
  fetcher.sink.sizeLimit = 100_000;
  await fetcher.inject([message("big", { body: "x".repeat(70).concat("\r\n").repeat(3000) }), message("small")]);
  fetcher.pod.start();
  await arrived(fetcher, 1);
  expect(await fetcher.account()).toMatchObject({ delivered: 1, atProvider: 1, lost: [], strange: [] });
  // Set aside is only what is refused while others get through, so others must.
  await fetcher.inject([message("another")]);
  await arrived(fetcher, 2);
  const settle = await findings.during("one message over the mail server's size limit, two below it", fetcher);
  await eventually("a place of its own", () => fetcher.pod.log.includes("Fetcher-Refused"), {
    seconds: 120,
    every: 1000,
  });
  for (const words of ["stay at the provider", "refused for good"]) {
    const said = fetcher.pod.log.split("\n").find((line) => line.includes(words)) ?? `no line of ${words}`;
    expect(said).toContain("too big");
    expectDocumented(said.replace(/^\S+Z /, ""));
  }
  await ready(fetcher);
  await settle();
});
