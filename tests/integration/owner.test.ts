import { eventually, sleep } from "../support/wait";
import { documentedMetrics, expectDocumented, Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, emptied, ready } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("owner");
afterAll(() => findings.publish());

const lines = (fetcher: FetcherFixture): string[] =>
  fetcher.pod.log.split("\n").map((line) => line.replace(/^\S+Z /, ""));

test.concurrent("not a word of anybody's mail, no password and no address is logged or shown", async () => {
  const fetcher = await harness.fetcher({ start: false, password: "marker-password" });
  const words = "marker-words";
  fetcher.sink.script = (stage, { message: m, sender }) => {
    if (stage === "mail" && sender.startsWith("odd")) return "451 4.1.8 not from there";
    return stage === "end" && m?.includes("refuse me") ? "554 5.6.0 no" : "ok";
  };
  const header = `Subject: ${words}-subject\r\nX-${words}: value`;
  await fetcher.inject([
    message("ordinary", { header, body: `${words}-body\r\n` }),
    message("direct", { header: `${words} without a colon`, body: `${words}\r\n${"x".repeat(9000)}\r\n` }),
    message("refused", { header, body: `refuse me ${words}\r\n` }),
    message("sender", { header, path: `<odd-${words}@example.org>` }),
  ]);
  fetcher.pod.start();
  await arrived(fetcher, 2);
  await eventually("a refusal", () => fetcher.pod.log.includes("the mail server answered"));
  const shown = [fetcher.pod.log, fetcher.pod.ready().text];
  for (const path of ["/ready", "/live", "/metrics"]) shown.push((await fetcher.pod.page(path)).body);
  for (const secret of [words, "marker-password", fetcher.user, "@example.org"]) {
    expect(shown.join("\n")).not.toContain(secret);
  }
});

test.concurrent("a Secret without a value: the reason shows, and the value fixes it", async () => {
  const fetcher = await harness.fetcher({ start: false, password: "comes later" });
  fetcher.pod.rotate("");
  await fetcher.inject([message("no-value")]);
  fetcher.pod.start();
  await eventually("the reason", () => fetcher.pod.ready().text.includes("Secret"));
  expectDocumented(fetcher.pod.ready().text);
  const settle = await findings.during("the Secret holds no password, until it does", fetcher);
  fetcher.pod.rotate("comes later");
  await arrived(fetcher, 1);
  await ready(fetcher);
  await emptied(fetcher);
  await settle();
});

test.concurrent("the metrics that the docs name are there, and say what happened", async () => {
  const fetcher = await harness.fetcher();
  await fetcher.inject([message("measured")]);
  await arrived(fetcher, 1);
  await ready(fetcher);
  const { body } = await fetcher.pod.page("/metrics");
  const names = [...body.matchAll(/^# TYPE (\S+) /gm)].map((m) => m[1]);
  expect(documentedMetrics().sort()).toEqual(names.sort());
  await eventually("a count", async () => (await fetcher.pod.metric("delivered_total")) === 1);
  expect(await fetcher.pod.metric("ready")).toBe(1);
  expect(await fetcher.pod.metric("waiting")).toBe(0);
  expect(await fetcher.pod.metric("last_delivery_timestamp_seconds")).toBeGreaterThan(Date.now() / 1000 - 300);
  expect(await fetcher.pod.metric("last_contact_timestamp_seconds")).toBeGreaterThan(Date.now() / 1000 - 300);
  expect(await fetcher.pod.metric("last_error_timestamp_seconds")).toBe(0);
  expect(await fetcher.pod.page("/ready")).toEqual({ status: 200, body: "ok\n" });
});

test.concurrent("fetchmail stops moving: it is started again, and mail arrives", async () => {
  const fetcher = await harness.fetcher({ args: ["--hung=8"] });
  await ready(fetcher);
  fetcher.sink.script = (stage) => (stage === "end" ? { wait: 3000 } : "ok"); // it runs only while there is mail
  await fetcher.inject([message("frozen")]);
  let frozen = 0;
  await eventually("a fetchmail", () => {
    // With so short a limit, one that only waits is ended, too: there may be none at this moment.
    frozen = fetcher.pod.pids().find((pid) => fetcher.pod.commandLine(pid).startsWith("fetchmail")) ?? 0;
    return frozen > 0;
  });
  process.kill(frozen, "SIGSTOP");
  const settle = await findings.during("fetchmail hangs", fetcher);
  await arrived(fetcher, 1);
  await emptied(fetcher);
  expect(fetcher.pod.pids()).not.toContain(frozen);
  await settle();
});

test.concurrent("the liveness probe fails when the supervisor makes no progress, and not while it merely waits", async () => {
  const hang = (file: string, content: string): string =>
    file === "outbox.py"
      ? content.replace(/ended = self\.run_fetchmail\(.*\)\n/, "ended = time.sleep(600)\n")
      : content;
  const [waiting, stuck] = await Promise.all([
    harness.fetcher({ args: ["--stuck=5"] }),
    harness.fetcher({ args: ["--stuck=5"], tamper: hang }),
  ]);
  await ready(waiting);
  await stuck.inject([message("stuck")]);
  const live = async (): Promise<number> => (await stuck.pod.page("/live").catch(() => undefined))?.status ?? 0;
  await eventually("a failing probe", async () => (await live()) === 503, { every: 500 });
  const { body } = await stuck.pod.page("/live");
  expectDocumented(body);
  await sleep(7000);
  expect(await waiting.pod.page("/live")).toEqual({ status: 200, body: "ok\n" });
});

test.concurrent("told to stop in the middle of its work, it ends by itself and in order", async () => {
  const fetcher = await harness.fetcher({ start: false });
  fetcher.sink.script = (stage) => (stage === "end" ? { wait: 20 } : "ok");
  await fetcher.inject(Array.from({ length: 200 }, (_, n) => message(`stop-${n}`)));
  fetcher.pod.start();
  await arrived(fetcher, 20);
  await fetcher.pod.stop(); // kills after the grace period: then there is no exit status
  expect(fetcher.pod.exit).toBe(0);
  expect(lines(fetcher).at(-2)).toBe("stopped");
  const settle = await findings.during("it is told to stop in the middle, and started again", fetcher);
  fetcher.pod.start();
  await emptied(fetcher);
  const deliveryLog = await fetcher.account();
  expect(deliveryLog).toMatchObject({ lost: [], strange: [] });
  expect(deliveryLog.duplicates).toBeLessThanOrEqual(1);
  await settle();
});

test.concurrent("what was set aside is delivered once the mail server takes it", async () => {
  const fetcher = await harness.fetcher({ start: false, args: ["--second-chance=10"] });
  let strict = true;
  fetcher.sink.script = (stage, { message: m }) =>
    strict && stage === "end" && m?.includes("poison") ? "554 5.6.0 not today" : "ok";
  await fetcher.inject([message("poison"), message("good-0")]);
  fetcher.pod.start();
  for (let n = 1; (await aside(fetcher)) === 0; n += 1) {
    await arrived(fetcher, n);
    await sleep(2000);
    await fetcher.inject([message(`good-${n}`)]);
  }
  const said = lines(fetcher).find((line) => line.includes("refused for good")) ?? "";
  expectDocumented(said);
  await ready(fetcher);
  const rest = async (): Promise<number> => (await fetcher.account()).folders.INBOX ?? 0;
  await eventually("an empty inbox", async () => (await rest()) === 0, { every: 500 });
  const settle = await findings.during("one message is refused for good, later taken", fetcher);
  strict = false;
  await eventually("the poison", async () => (await fetcher.account()).atProvider === 0, { seconds: 150, every: 1000 });
  expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], duplicates: 0 });
  expectDocumented(lines(fetcher).find((line) => line.includes("that were set aside")) ?? "");
  await settle();
});

const aside = async (fetcher: FetcherFixture): Promise<number> =>
  (await fetcher.account()).folders["Fetcher-Refused"] ?? 0;

test.concurrent("a refused login with keep: asked as rarely as without, and the reason is the same one line", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, mailbox: { name: "locked-out", keep: true } });
  await ready(fetcher);
  fetcher.faultyProxy.refuse = "NO [AUTHENTICATIONFAILED] Authentication failed.";
  harness.provider.kick(fetcher.user);
  const before = fetcher.faultyProxy.logins;
  await eventually("the reason", () => fetcher.pod.ready().text.includes("refuses"), { every: 1000 });
  expectDocumented(fetcher.pod.ready().text);
  expect(fetcher.faultyProxy.logins - before).toBeLessThan(6);
  expect(new Set(lines(fetcher).filter((line) => line.includes("refuses"))).size).toBe(1);
  fetcher.faultyProxy.refuse = undefined;
  fetcher.pod.rotate("another");
  await harness.provider.account(fetcher.user, "another");
  await ready(fetcher);
});
