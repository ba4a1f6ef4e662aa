import { subjectOf } from "../support/message";
import { sleep } from "../support/wait";
import { expectDocumented, Findings } from "./support/docs";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, ready } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("folders");
afterAll(() => findings.publish());

test.concurrent("with keep, each message comes once, what was read elsewhere too, and the originals stay", async () => {
  const fetcher = await harness.fetcher({ start: false, mailbox: { name: "keeping", keep: true } });
  await fetcher.inject(Array.from({ length: 20 }, (_, n) => message(`kept-${n}`)));
  // Somebody reads half of it at the provider before the fetcher looks, on another device.
  const phone = await harness.provider.session(fetcher.user);
  await phone.command("SELECT INBOX");
  await phone.command("STORE 1:10 +FLAGS (\\Seen)");
  const settle = await findings.during("`keep`, half of it read elsewhere", fetcher);
  fetcher.pod.start();
  await arrived(fetcher, 20);
  await fetcher.inject([message("kept-later")]);
  await arrived(fetcher, 21);
  await fetcher.pod.stop();
  fetcher.pod.start(); // a restart forgets nothing: what was fetched is written at the provider
  await ready(fetcher);
  await sleep(8000);
  expect(await fetcher.account()).toMatchObject({ delivered: 21, duplicates: 0, lost: [], strange: [] });
  const left = await harness.provider.remaining(fetcher.user);
  expect(left.get("INBOX")).toHaveLength(21);
  expect(left.get("Fetcher-Outbox")).toHaveLength(0);
  await settle();
  phone.close();
});

test.concurrent("Junk at the provider is handed over on the mail server's junk port, the inbox on port 25", async () => {
  const fetcher = await harness.fetcher({ start: false, mailbox: { name: "junky", folders: ["INBOX", "Junk"] } });
  await fetcher.inject([message("wanted")]);
  await fetcher.inject([message("unwanted")], "Junk");
  const settle = await findings.during("`folders: [INBOX, Junk]`, one message in each", fetcher);
  fetcher.pod.start();
  await arrived(fetcher, 2);
  const ports = Object.fromEntries(fetcher.sink.deliveries.map((d) => [subjectOf(d.message), d.port]));
  expect(ports).toEqual({ wanted: 25, unwanted: 2525 });
  await ready(fetcher);
  await settle();
});

test.concurrent("Junk is asked for and the provider has no such folder: the inbox flows and the pod is ready", async () => {
  const fetcher = await harness.fetcher({ mailbox: { name: "nojunk", folders: ["INBOX", "Junk"] } });
  await fetcher.inject([message("inbox-only")]);
  await arrived(fetcher, 1);
  await ready(fetcher);
});

test.concurrent("keep, and the provider stores no keywords: what is unread comes once, and the log says what that means", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false, mailbox: { name: "plain", keep: true } });
  fetcher.faultyProxy.rewrite = (text) => text.replace(/(\[PERMANENTFLAGS \([^)]*) \\\*\)/g, "$1)");
  await fetcher.inject(Array.from({ length: 6 }, (_, n) => message(`plain-${n}`)));
  const phone = await harness.provider.session(fetcher.user);
  await phone.command("SELECT INBOX");
  await phone.command("STORE 1:2 +FLAGS (\\Seen)");
  const settle = await findings.during("`keep` at a provider without keywords, 2 of 6 read elsewhere", fetcher);
  fetcher.pod.start();
  await arrived(fetcher, 4);
  await fetcher.pod.stop();
  fetcher.pod.start();
  await fetcher.inject([message("plain-later")]);
  await arrived(fetcher, 5);
  await sleep(8000);
  expect(await fetcher.account()).toMatchObject({ delivered: 5, duplicates: 0, lost: [], strange: [] });
  expect((await harness.provider.remaining(fetcher.user)).get("INBOX")).toHaveLength(7);
  const line = fetcher.pod.log.split("\n").find((l) => l.includes("keywords")) ?? "";
  expectDocumented(line.replace(/^\S+ /, ""));
  await settle();
  phone.close();
});
