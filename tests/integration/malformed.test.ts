import * as faults from "../rig/fakes/provider/faults";
import type { Fault } from "../rig/fakes/provider/faultyProxy";
import * as malformed from "../rig/fakes/provider/malformed";
import { sleep } from "../support/wait";
import { Findings } from "./support/docs";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, differentOnes, emptied, loginsInAMinute, ready, reported } from "./support/waits";

/** The provider's responses are not what the standard says, or say what is not so. */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("malformed");
afterAll(() => findings.publish());

/** Five for fetchmail, and two that only go directly. */
const seven = (name: string): Buffer[] => [
  ...Array.from({ length: 5 }, (_, n) => message(`${name}-${n}`)),
  ...Array.from({ length: 2 }, (_, n) =>
    message(`${name}-odd-${n}`, { header: "a line that is no field", body: "some text\r\n".repeat(120_000) }),
  ),
];

test.concurrent.each<[string, () => Fault[]]>([
  ["announces binary literals", () => [malformed.literals("~{n}")]],
  ["announces literals as only a client may", () => [malformed.literals("{n+}")]],
  ["tells each item in a response of its own", () => [malformed.splitsFetch()]],
  ["sends lines that mean nothing", () => [malformed.noisy()]],
  ["ends lines without a carriage return", () => [malformed.bareLineEnds()]],
  ["adds MODSEQ to search results", () => [malformed.searchAs("MODSEQ")]],
  ["has search results in the form of ESEARCH", () => [malformed.searchAs("ESEARCH")]],
  ["says that every other folder is empty", () => [malformed.staleCount(0)]],
  ["says that every other folder has nine messages", () => [malformed.staleCount(9)]],
  ["refuses to count", () => [faults.refuses(/^STATUS/, "NO [SERVERBUG] Internal error")]],
  ["lists the outbox as a folder that cannot be opened", () => [malformed.notSelectable("Fetcher-Outbox")]],
  ["tells UIDs of copies that make no sense", () => [malformed.copyUid("1 5:3 7:9")]],
  ["tells UIDs of copies that are none", () => [malformed.copyUid("1493194087 none")]],
  ["does not say what it has", () => [malformed.mute()]],
  ["knows no MOVE that it announces", () => [faults.refuses(/^UID MOVE/, "BAD Unknown command")]],
  ["knows no UID EXPUNGE that it announces", () => [faults.refuses(/^UID EXPUNGE/, "BAD Unknown command")]],
  ["knows no NAMESPACE that it announces", () => [faults.refuses(/^NAMESPACE/, "BAD Unknown command")]],
  ["knows no IDLE that it announces", () => [faults.refuses(/^IDLE/, "BAD Unknown command")]],
  ["tells news before the wait for them has begun", () => [malformed.earlyNews()]],
  ["states sizes that went wrong", () => [faults.wrongSize(() => 4_294_967_295)]],
])("a provider that %s: all arrives, once and byte for byte", async (_name, make) => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(...make());
  await fetcher.inject(seven("first"));
  fetcher.pod.start();
  await differentOnes(fetcher, 7);
  await emptied(fetcher);
  await ready(fetcher);
  await fetcher.inject([message("later")]);
  await arrived(fetcher, 8);
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({ delivered: 8, lost: [], strange: [], misnamed: [], duplicates: 0 });
  await fetcher.pod.kill();
});

test.concurrent.each([
  ["* PREAUTH welcome back", /no password was sent to .*, which says that somebody is logged in already/],
  ["220 mail.example.org ESMTP", /does not speak IMAP over TLS: 220 mail.example.org ESMTP/],
])("the greeting is `%s`: no password is sent, and the reason says so", async (line, told) => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(malformed.greets(line));
  await fetcher.inject([message("greeted")]);
  fetcher.pod.start();
  await reported(fetcher, told);
  expect(fetcher.faultyProxy.logins).toBe(0);
  const settle = await findings.during(`it greets with \`${line}\`, until it does not`, fetcher);
  fetcher.faultyProxy.faults.length = 0;
  await arrived(fetcher, 1, 400);
  await ready(fetcher);
  await emptied(fetcher);
  await settle();
});

test.concurrent("it says OK to EXPUNGE and deletes nothing: nothing is delivered again and again", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(malformed.pretends(/EXPUNGE$/));
  await fetcher.inject(seven("kept"));
  fetcher.pod.start();
  await differentOnes(fetcher, 7);
  await reported(fetcher, /it says that 1 are deleted, and 1 are there/);
  const settle = await findings.during("it says OK to EXPUNGE and deletes nothing, until it does", fetcher);
  const before = fetcher.sink.deliveries.length;
  await sleep(150_000);
  expect(fetcher.sink.deliveries.length).toBe(before);
  fetcher.faultyProxy.faults.length = 0;
  await emptied(fetcher);
  await ready(fetcher);
  expect(await fetcher.account()).toMatchObject({ delivered: 7, lost: [], strange: [], misnamed: [], duplicates: 0 });
  await settle();
});

test.concurrent("it never begins to wait for mail: new mail arrives, and it is not logged in to often", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(malformed.ignores(/^IDLE$/));
  await fetcher.inject([message("deaf-0")]);
  fetcher.pod.start();
  await differentOnes(fetcher, 1);
  for (const n of [1, 2, 3]) {
    await sleep(60_000);
    await fetcher.inject([message(`deaf-${n}`)]);
    await differentOnes(fetcher, n + 1, 150);
  }
  expect(loginsInAMinute(fetcher)).toBeLessThanOrEqual(10);
  expect(await fetcher.account()).toMatchObject({ delivered: 4, lost: [], strange: [], misnamed: [], duplicates: 0 });
});

test.concurrent("it gives 44 MB in one response, whatever piece it is asked for: the message arrives", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(faults.pieces("whole"));
  const body = "0123456789".repeat(9).concat("\r\n").repeat(480_000);
  await fetcher.inject([message("huge", { header: "a line that is no field", body }), message("small")]);
  fetcher.pod.start();
  await differentOnes(fetcher, 2);
  await emptied(fetcher);
  await ready(fetcher);
  expect(await fetcher.account()).toMatchObject({ delivered: 2, lost: [], strange: [], misnamed: [], duplicates: 0 });
});
