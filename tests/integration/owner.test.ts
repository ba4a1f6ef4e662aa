import { eventually, sleep } from "../support/wait";
import { documentedMetrics, expectDocumented, Findings } from "./support/docs";
import { Rig } from "./support/harness";
import { message } from "./support/messages";
import type { Station } from "./support/station";
import { arrived, emptied, ready } from "./support/waits";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());
const findings = new Findings("owner");
afterAll(() => findings.publish());

const lines = (station: Station): string[] => station.pod.log.split("\n").map((line) => line.replace(/^\S+Z /, ""));

test.concurrent("not a word of anybody's mail, no password and no address is logged or shown", async () => {
  const station = await rig.station({ start: false, password: "marker-password" });
  const words = "marker-words";
  station.sink.script = (stage, { message: m, sender }) => {
    if (stage === "mail" && sender.startsWith("odd")) return "451 4.1.8 not from there";
    return stage === "end" && m?.includes("refuse me") ? "554 5.6.0 no" : "ok";
  };
  const header = `Subject: ${words}-subject\r\nX-${words}: value`;
  await station.inject([
    message("ordinary", { header, body: `${words}-body\r\n` }),
    message("direct", { header: `${words} without a colon`, body: `${words}\r\n${"x".repeat(9000)}\r\n` }),
    message("refused", { header, body: `refuse me ${words}\r\n` }),
    message("sender", { header, path: `<odd-${words}@example.org>` }),
  ]);
  station.pod.start();
  await arrived(station, 2);
  await eventually("a refusal", () => station.pod.log.includes("the mail server answered"));
  const shown = [station.pod.log, station.pod.ready().text];
  for (const path of ["/ready", "/live", "/metrics"]) shown.push((await station.pod.page(path)).body);
  for (const secret of [words, "marker-password", station.user, "@example.org"]) {
    expect(shown.join("\n")).not.toContain(secret);
  }
});

test.concurrent("a Secret without a value: the reason shows, and the value fixes it", async () => {
  const station = await rig.station({ start: false, password: "comes later" });
  station.pod.rotate("");
  await station.inject([message("no-value")]);
  station.pod.start();
  await eventually("the reason", () => station.pod.ready().text.includes("Secret"));
  expectDocumented(station.pod.ready().text);
  const settle = await findings.during("the Secret holds no password, until it does", station);
  station.pod.rotate("comes later");
  await arrived(station, 1);
  await ready(station);
  await emptied(station);
  await settle();
});

test.concurrent("the metrics that the docs name are there, and say what happened", async () => {
  const station = await rig.station();
  await station.inject([message("measured")]);
  await arrived(station, 1);
  await ready(station);
  const { body } = await station.pod.page("/metrics");
  const names = [...body.matchAll(/^# TYPE (\S+) /gm)].map((m) => m[1]);
  expect(documentedMetrics().sort()).toEqual(names.sort());
  await eventually("a count", async () => (await station.pod.metric("delivered_total")) === 1);
  expect(await station.pod.metric("ready")).toBe(1);
  expect(await station.pod.metric("waiting")).toBe(0);
  expect(await station.pod.metric("last_delivery_timestamp_seconds")).toBeGreaterThan(Date.now() / 1000 - 300);
  expect(await station.pod.metric("last_contact_timestamp_seconds")).toBeGreaterThan(Date.now() / 1000 - 300);
  expect(await station.pod.metric("last_error_timestamp_seconds")).toBe(0);
  expect(await station.pod.page("/ready")).toEqual({ status: 200, body: "ok\n" });
});

test.concurrent("fetchmail stops moving: it is started again, and mail arrives", async () => {
  const station = await rig.station({ args: ["--hung=8"] });
  await ready(station);
  station.sink.script = (stage) => (stage === "end" ? { wait: 3000 } : "ok"); // it runs only while there is mail
  await station.inject([message("frozen")]);
  let frozen = 0;
  await eventually("a fetchmail", () => {
    // With so short a limit, one that only waits is ended, too: there may be none at this moment.
    frozen = station.pod.pids().find((pid) => station.pod.commandLine(pid).startsWith("fetchmail")) ?? 0;
    return frozen > 0;
  });
  process.kill(frozen, "SIGSTOP");
  const settle = await findings.during("fetchmail hangs", station);
  await arrived(station, 1);
  await emptied(station);
  expect(station.pod.pids()).not.toContain(frozen);
  await settle();
});

test.concurrent("the liveness probe fails when the supervisor makes no progress, and not while it merely waits", async () => {
  const hang = (file: string, content: string): string =>
    file === "outbox.py"
      ? content.replace(/ended = self\.run_fetchmail\(.*\)\n/, "ended = time.sleep(600)\n")
      : content;
  const [waiting, stuck] = await Promise.all([
    rig.station({ args: ["--stuck=5"] }),
    rig.station({ args: ["--stuck=5"], tamper: hang }),
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
  const station = await rig.station({ start: false });
  station.sink.script = (stage) => (stage === "end" ? { wait: 20 } : "ok");
  await station.inject(Array.from({ length: 200 }, (_, n) => message(`stop-${n}`)));
  station.pod.start();
  await arrived(station, 20);
  await station.pod.stop(); // kills after the grace period: then there is no exit status
  expect(station.pod.exit).toBe(0);
  expect(lines(station).at(-2)).toBe("stopped");
  const settle = await findings.during("it is told to stop in the middle, and started again", station);
  station.pod.start();
  await emptied(station);
  const ledger = await station.account();
  expect(ledger).toMatchObject({ lost: [], strange: [] });
  expect(ledger.duplicates).toBeLessThanOrEqual(1);
  await settle();
});

test.concurrent("what was set aside is delivered once the mail server takes it", async () => {
  const station = await rig.station({ start: false, args: ["--second-chance=10"] });
  let strict = true;
  station.sink.script = (stage, { message: m }) =>
    strict && stage === "end" && m?.includes("poison") ? "554 5.6.0 not today" : "ok";
  await station.inject([message("poison"), message("good-0")]);
  station.pod.start();
  for (let n = 1; (await aside(station)) === 0; n += 1) {
    await arrived(station, n);
    await sleep(2000);
    await station.inject([message(`good-${n}`)]);
  }
  const said = lines(station).find((line) => line.includes("refused for good")) ?? "";
  expectDocumented(said);
  await ready(station);
  const rest = async (): Promise<number> => (await station.account()).folders.INBOX ?? 0;
  await eventually("an empty inbox", async () => (await rest()) === 0, { every: 500 });
  const settle = await findings.during("one message is refused for good, later taken", station);
  strict = false;
  await eventually("the poison", async () => (await station.account()).atProvider === 0, { seconds: 150, every: 1000 });
  expect(await station.account()).toMatchObject({ lost: [], strange: [], duplicates: 0 });
  expectDocumented(lines(station).find((line) => line.includes("that were set aside")) ?? "");
  await settle();
});

const aside = async (station: Station): Promise<number> => (await station.account()).folders["Fetcher-Refused"] ?? 0;

test.concurrent("a refused login with keep: asked as rarely as without, and the reason is the same one line", async () => {
  const station = await rig.station({ front: true, mailbox: { name: "locked-out", keep: true } });
  await ready(station);
  station.front.refuse = "NO [AUTHENTICATIONFAILED] Authentication failed.";
  rig.provider.kick(station.user);
  const before = station.front.logins;
  await eventually("the reason", () => station.pod.ready().text.includes("refuses"), { every: 1000 });
  expectDocumented(station.pod.ready().text);
  expect(station.front.logins - before).toBeLessThan(6);
  expect(new Set(lines(station).filter((line) => line.includes("refuses"))).size).toBe(1);
  station.front.refuse = undefined;
  station.pod.rotate("another");
  await rig.provider.account(station.user, "another");
  await ready(station);
});
