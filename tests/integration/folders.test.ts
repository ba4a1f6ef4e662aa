import { subjectOf } from "../support/message";
import { sleep } from "../support/wait";
import { expectDocumented, Findings } from "./support/docs";
import { Rig } from "./support/harness";
import { message } from "./support/messages";
import { arrived, ready } from "./support/waits";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());
const findings = new Findings("folders");
afterAll(() => findings.publish());

test.concurrent("with keep, each message comes once, what was read elsewhere too, and the originals stay", async () => {
  const station = await rig.station({ start: false, mailbox: { name: "keeping", keep: true } });
  await station.inject(Array.from({ length: 20 }, (_, n) => message(`kept-${n}`)));
  // Somebody reads half of it at the provider before the fetcher looks, on another device.
  const phone = await rig.provider.session(station.user);
  await phone.command("SELECT INBOX");
  await phone.command("STORE 1:10 +FLAGS (\\Seen)");
  const settle = await findings.during("`keep`, half of it read elsewhere", station);
  station.pod.start();
  await arrived(station, 20);
  await station.inject([message("kept-later")]);
  await arrived(station, 21);
  await station.pod.stop();
  station.pod.start(); // a restart forgets nothing: what was fetched is written at the provider
  await ready(station);
  await sleep(8000);
  expect(await station.account()).toMatchObject({ delivered: 21, duplicates: 0, lost: [], strange: [] });
  const left = await rig.provider.remaining(station.user);
  expect(left.get("INBOX")).toHaveLength(21);
  expect(left.get("Fetcher-Outbox")).toHaveLength(0);
  await settle();
  phone.close();
});

test.concurrent("Junk at the provider is handed over on the mail server's junk port, the inbox on port 25", async () => {
  const station = await rig.station({ start: false, mailbox: { name: "junky", folders: ["INBOX", "Junk"] } });
  await station.inject([message("wanted")]);
  await station.inject([message("unwanted")], "Junk");
  const settle = await findings.during("`folders: [INBOX, Junk]`, one message in each", station);
  station.pod.start();
  await arrived(station, 2);
  const ports = Object.fromEntries(station.sink.deliveries.map((d) => [subjectOf(d.message), d.port]));
  expect(ports).toEqual({ wanted: 25, unwanted: 2525 });
  await ready(station);
  await settle();
});

test.concurrent("Junk is asked for and the provider has no such folder: the inbox flows and the pod is ready", async () => {
  const station = await rig.station({ mailbox: { name: "nojunk", folders: ["INBOX", "Junk"] } });
  await station.inject([message("inbox-only")]);
  await arrived(station, 1);
  await ready(station);
});

test.concurrent("keep, and the provider stores no keywords: what is unread comes once, and the log says what that means", async () => {
  const station = await rig.station({ front: true, start: false, mailbox: { name: "plain", keep: true } });
  station.front.rewrite = (text) => text.replace(/(\[PERMANENTFLAGS \([^)]*) \\\*\)/g, "$1)");
  await station.inject(Array.from({ length: 6 }, (_, n) => message(`plain-${n}`)));
  const phone = await rig.provider.session(station.user);
  await phone.command("SELECT INBOX");
  await phone.command("STORE 1:2 +FLAGS (\\Seen)");
  const settle = await findings.during("`keep` at a provider without keywords, 2 of 6 read elsewhere", station);
  station.pod.start();
  await arrived(station, 4);
  await station.pod.stop();
  station.pod.start();
  await station.inject([message("plain-later")]);
  await arrived(station, 5);
  await sleep(8000);
  expect(await station.account()).toMatchObject({ delivered: 5, duplicates: 0, lost: [], strange: [] });
  expect((await rig.provider.remaining(station.user)).get("INBOX")).toHaveLength(7);
  const line = station.pod.log.split("\n").find((l) => l.includes("keywords")) ?? "";
  expectDocumented(line.replace(/^\S+ /, ""));
  await settle();
  phone.close();
});
