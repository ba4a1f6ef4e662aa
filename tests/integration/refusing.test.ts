import { createHash } from "node:crypto";
import { chmodSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import * as faults from "../rig/fakes/provider/faults";
import { subjectOf } from "../support/message";
import { eventually, sleep } from "../support/wait";
import { Findings } from "./support/docs";
import { Rig } from "./support/harness";
import { message } from "./support/messages";
import type { Station } from "./support/station";
import { arrived, differentOnes, emptied, loginsInAMinute, ready, reported, words } from "./support/waits";

/** The provider refuses: a message, a command, a folder, a session. */
let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());
const findings = new Findings("refusing");
afterAll(() => findings.publish());

const five = (name: string): Buffer[] => Array.from({ length: 5 }, (_, n) => message(`${name}-${n}`));

/** One of five stays; the words of the provider are told. */
async function othersArrive(station: Station, told: RegExp): Promise<void> {
  await differentOnes(station, 4);
  await reported(station, told);
  expect(await station.account()).toMatchObject({ delivered: 4, atProvider: 1, lost: [], strange: [], duplicates: 0 });
}

test.concurrent.each([
  ["NO Message contents cannot be read", /Message contents cannot be read/],
  ["NO [UNAVAILABLE] FETCH Server error while fetching messages", /Server error while fetching messages/], // Yahoo
  ["NO [SERVERBUG] Internal error occurred", /Internal error occurred/], // Dovecot
  ["NO System Error (Failure)", /System Error/], // Gmail
  ["BYE System Error", /System Error/], // Gmail
  ["BAD Command Error. 10", /Command Error/], // Exchange
  ["OK FETCH completed.", /UID \d+/], // Exchange, for what it cannot convert
  ["drop", /UID \d+/], // Dovecot, for a file that is gone
] as const)(
  "one message is answered with %s: the others arrive, and the provider's words are told",
  async (said, told) => {
    const station = await rig.station({ front: true, start: false });
    station.front.faults.push(faults.unreadable(said, faults.about("unread-2")));
    await station.inject(five("unread"));
    station.pod.start();
    await differentOnes(station, 4);
    const settle = await findings.during(
      `it answers one of five messages with \`${said}\`, until it does not`,
      station,
    );
    await othersArrive(station, told);
    expect(words(station)).toMatch(/UID \d+/);
    station.front.faults.length = 0;
    await arrived(station, 5, 400);
    await ready(station);
    await emptied(station);
    await settle();
  },
);

/** How many different messages arrived; Dovecot itself cannot be asked while one of them is unreadable. */
const here = (station: Station): number => new Set(station.sink.deliveries.map((d) => subjectOf(d.message))).size;
const fourArrive = (station: Station): Promise<unknown> =>
  eventually("four of five", () => here(station) === 4, { seconds: 300, more: () => words(station) });

/** The files of a person's messages in all folders, oldest first. */
function files(station: Station): string[] {
  const home = join(rig.provider.folder, "mail", createHash("md5").update(station.user).digest("hex"), "Maildir");
  const there = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((file) =>
    /(^|\/)(new|cur)\//.test(file),
  );
  return there.map((file) => join(home, file)).sort((a, b) => a.split("/").pop()!.localeCompare(b.split("/").pop()!));
}

test.concurrent("a file at the provider cannot be read: the others arrive, and it comes once it can", async () => {
  const station = await rig.station({ start: false });
  await station.inject(five("locked"));
  const locked = files(station)[2] as string;
  chmodSync(locked, 0);
  station.pod.start();
  await fourArrive(station);
  for (const file of files(station)) chmodSync(file, 0o600);
  await differentOnes(station, 5, 400);
  await emptied(station);
});

test.concurrent("the provider has a wrong size in its cache and hangs up at a message: the others arrive", async () => {
  const station = await rig.station({ start: false });
  await station.inject(five("cached"));
  const wrong = files(station)[2] as string;
  renameSync(wrong, `${wrong},S=100,W=105`);
  station.pod.start();
  await fourArrive(station);
});

test.concurrent.each([
  ["STORE", /^(UID )?STORE/, "NO [OVERQUOTA] Not enough disk quota"],
  ["STORE", /^(UID )?STORE/, "NO [LIMIT] Too many flags"],
  ["EXPUNGE", /^(UID )?EXPUNGE/, "NO [CANNOT] Expunge is not allowed"],
  ["MOVE", /^(UID )?MOVE/, "NO [OVERQUOTA] Quota exceeded"],
  ["COPY", /^(UID )?COPY/, "NO [OVERQUOTA] Quota exceeded"],
  ["COPY and MOVE", /^(UID )?(COPY|MOVE)/, "NO [LIMIT] Mailbox is full"],
  ["CREATE", /^CREATE/, "NO [CANNOT] Mailbox creation is not allowed"],
  ["COPY and MOVE and STORE", /^(UID )?(COPY|MOVE|STORE)/, "NO [READ-ONLY] Mailbox is read-only"],
] as const)(
  "%s is refused with %s (%s): nothing is delivered again and again, nothing is lost, and it goes on when it may",
  async (name, command, said) => {
    const station = await rig.station({ front: true, start: false, args: ["--grace=20"] });
    station.front.faults.push(faults.refuses(command, said));
    await station.inject(five("refused"));
    station.pod.start();
    await sleep(45_000);
    const settle = await findings.during(`it refuses ${name}: \`${said}\`, until it does not`, station);
    const meanwhile = await station.account();
    expect(meanwhile).toMatchObject({ lost: [], strange: [] });
    expect(meanwhile.duplicates).toBeLessThanOrEqual(2);
    expect(loginsInAMinute(station)).toBeLessThanOrEqual(30);
    if (meanwhile.delivered - meanwhile.duplicates < 5 || meanwhile.atProvider > 0) {
      await reported(station, new RegExp(said.replace(/^NO \[\w+(-\w+)?\] /, "")));
      await eventually("unreadiness", () => !station.pod.ready().ready, { every: 500, more: () => words(station) });
    }
    station.front.faults.length = 0;
    await differentOnes(station, 5, 400);
    await emptied(station);
    await ready(station);
    const { duplicates, lost, strange } = await station.account();
    expect({ lost, strange }).toEqual({ lost: [], strange: [] });
    expect(duplicates).toBeLessThanOrEqual(5);
    await settle();
  },
);

test.concurrent.each([
  ["INBOX", /^(SELECT|EXAMINE) "?INBOX"?/i, "NO [NONEXISTENT] Mailbox does not exist"],
  ["INBOX", /^(SELECT|EXAMINE) "?INBOX"?/i, "NO [SERVERBUG] Internal error occurred"],
  ["the outbox", /^(SELECT|EXAMINE) "?Fetcher-Outbox"?/i, "NO [NONEXISTENT] Mailbox does not exist"],
  ["the outbox", /^(SELECT|EXAMINE) "?Fetcher-Outbox"?/i, "NO [SERVERBUG] Internal error occurred"],
] as const)(
  "%s cannot be opened: that is an error, told, and not asked again and again",
  async (_name, command, said) => {
    const station = await rig.station({ front: true, start: false, args: ["--grace=20"] });
    station.front.faults.push(faults.refuses(command, said));
    await station.inject(five("unopened"));
    station.pod.start();
    await reported(station, new RegExp(said.replace(/^NO \[\w+\] /, "")));
    await sleep(61_000);
    expect(station.pod.ready().ready).toBe(false);
    expect((await station.account()).delivered).toBe(0);
    expect(loginsInAMinute(station)).toBeLessThanOrEqual(30);
    station.front.faults.length = 0;
    await differentOnes(station, 5, 400);
    await emptied(station);
    await ready(station);
  },
);

test.concurrent.each([
  "BYE Too many connections from your IP",
  "BYE [UNAVAILABLE] Server is down for maintenance",
  "BAD Command rejected: server shutting down",
  "NO [ALERT] Too many simultaneous connections. (Failure)",
])("sessions end at the greeting with %s: the provider's words are told, and mail comes later", async (said) => {
  const station = await rig.station({ front: true, start: false });
  station.front.faults.push(faults.busy(said));
  await station.inject([message("busy")]);
  station.pod.start();
  await reported(station, new RegExp(said.replace(/^[A-Z]+ (\[\w+\] )?/, "").replace(/[().]/g, "\\$&")));
  const before = station.front.connections;
  await sleep(60_000);
  expect(station.front.connections - before).toBeLessThanOrEqual(40);
  station.front.faults.length = 0;
  await arrived(station, 1, 700);
  await ready(station);
});

test.concurrent.each([
  "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded",
  "NO [LIMIT] Too many simultaneous connections",
  "NO [INUSE] Mailbox is locked by another session",
  "NO Server is down for maintenance",
])("logins are answered with %s: the provider's words are told, and it is not asked often", async (said) => {
  const station = await rig.station({ front: true, start: false });
  station.front.faults.push(faults.refusesLogin(() => said));
  await station.inject([message("locked out")]);
  station.pod.start();
  await reported(station, new RegExp(said.replace(/^NO (\[\w+\] )?/, "").replace(/[+]/g, "\\$&")));
  await sleep(60_000);
  expect(loginsInAMinute(station)).toBeLessThanOrEqual(30);
  station.front.faults.length = 0;
  await arrived(station, 1, 700);
  await ready(station);
});

test.concurrent("the connection breaks within a message, several times: all arrives, and what was cut is not delivered", async () => {
  const station = await rig.station({ front: true, start: false });
  station.front.faults.push(faults.hangsUpWithin(({ subject }) => /-[13]$/.test(subject), 3));
  await station.inject(
    Array.from({ length: 5 }, (_, n) => message(`within-${n}`, { body: "some text\r\n".repeat(3000) })),
  );
  station.pod.start();
  await differentOnes(station, 5, 300);
  await emptied(station);
  expect(await station.account()).toMatchObject({ lost: [], strange: [], misnamed: [] });
});
