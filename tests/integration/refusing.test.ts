import { createHash } from "node:crypto";
import { chmodSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import * as faults from "../rig/fakes/provider/faults";
import { subjectOf } from "../support/message";
import { eventually, sleep } from "../support/wait";
import { Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, differentOnes, emptied, loginsInAMinute, ready, reported, words } from "./support/waits";

/** The provider refuses: a message, a command, a folder, a session. */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("refusing");
afterAll(() => findings.publish());

const five = (name: string): Buffer[] => Array.from({ length: 5 }, (_, n) => message(`${name}-${n}`));

/** One of five stays; the words of the provider are told. */
async function othersArrive(fetcher: FetcherFixture, told: RegExp): Promise<void> {
  await differentOnes(fetcher, 4);
  await reported(fetcher, told);
  expect(await fetcher.account()).toMatchObject({ delivered: 4, atProvider: 1, lost: [], strange: [], duplicates: 0 });
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
    const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
    fetcher.faultyProxy.faults.push(faults.unreadable(said, faults.about("unread-2")));
    await fetcher.inject(five("unread"));
    fetcher.pod.start();
    await differentOnes(fetcher, 4);
    const settle = await findings.during(
      `it answers one of five messages with \`${said}\`, until it does not`,
      fetcher,
    );
    await othersArrive(fetcher, told);
    expect(words(fetcher)).toMatch(/UID \d+/);
    fetcher.faultyProxy.faults.length = 0;
    await arrived(fetcher, 5, 400);
    await ready(fetcher);
    await emptied(fetcher);
    await settle();
  },
);

/** How many different messages arrived; Dovecot itself cannot be asked while one of them is unreadable. */
const here = (fetcher: FetcherFixture): number =>
  new Set(fetcher.sink.deliveries.map((d) => subjectOf(d.message))).size;
const fourArrive = (fetcher: FetcherFixture): Promise<unknown> =>
  eventually("four of five", () => here(fetcher) === 4, { seconds: 300, more: () => words(fetcher) });

/** The files of a user's messages in all folders, oldest first. */
function files(fetcher: FetcherFixture): string[] {
  const home = join(harness.provider.folder, "mail", createHash("md5").update(fetcher.user).digest("hex"), "Maildir");
  const there = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((file) =>
    /(^|\/)(new|cur)\//.test(file),
  );
  return there.map((file) => join(home, file)).sort((a, b) => a.split("/").pop()!.localeCompare(b.split("/").pop()!));
}

test.concurrent("a file at the provider cannot be read: the others arrive, and it comes once it can", async () => {
  const fetcher = await harness.fetcher({ start: false });
  await fetcher.inject(five("locked"));
  const locked = files(fetcher)[2] as string;
  chmodSync(locked, 0);
  fetcher.pod.start();
  await fourArrive(fetcher);
  for (const file of files(fetcher)) chmodSync(file, 0o600);
  await differentOnes(fetcher, 5, 400);
  await emptied(fetcher);
});

test.concurrent("the provider has a wrong size in its cache and hangs up at a message: the others arrive", async () => {
  const fetcher = await harness.fetcher({ start: false });
  await fetcher.inject(five("cached"));
  const wrong = files(fetcher)[2] as string;
  renameSync(wrong, `${wrong},S=100,W=105`);
  fetcher.pod.start();
  await fourArrive(fetcher);
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
    const fetcher = await harness.fetcher({ faultyProxy: true, start: false, args: ["--grace=20"] });
    fetcher.faultyProxy.faults.push(faults.refuses(command, said));
    await fetcher.inject(five("refused"));
    fetcher.pod.start();
    await sleep(45_000);
    const settle = await findings.during(`it refuses ${name}: \`${said}\`, until it does not`, fetcher);
    const meanwhile = await fetcher.account();
    expect(meanwhile).toMatchObject({ lost: [], strange: [] });
    expect(meanwhile.duplicates).toBeLessThanOrEqual(2);
    expect(loginsInAMinute(fetcher)).toBeLessThanOrEqual(30);
    if (meanwhile.delivered - meanwhile.duplicates < 5 || meanwhile.atProvider > 0) {
      await reported(fetcher, new RegExp(said.replace(/^NO \[\w+(-\w+)?\] /, "")));
      await eventually("unreadiness", () => !fetcher.pod.ready().ready, { every: 500, more: () => words(fetcher) });
    }
    fetcher.faultyProxy.faults.length = 0;
    await differentOnes(fetcher, 5, 400);
    await emptied(fetcher);
    await ready(fetcher);
    const { duplicates, lost, strange } = await fetcher.account();
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
    const fetcher = await harness.fetcher({ faultyProxy: true, start: false, args: ["--grace=20"] });
    fetcher.faultyProxy.faults.push(faults.refuses(command, said));
    await fetcher.inject(five("unopened"));
    fetcher.pod.start();
    await reported(fetcher, new RegExp(said.replace(/^NO \[\w+\] /, "")));
    await sleep(61_000);
    expect(fetcher.pod.ready().ready).toBe(false);
    expect((await fetcher.account()).delivered).toBe(0);
    expect(loginsInAMinute(fetcher)).toBeLessThanOrEqual(30);
    fetcher.faultyProxy.faults.length = 0;
    await differentOnes(fetcher, 5, 400);
    await emptied(fetcher);
    await ready(fetcher);
  },
);

test.concurrent.each([
  "BYE Too many connections from your IP",
  "BYE [UNAVAILABLE] Server is down for maintenance",
  "BAD Command rejected: server shutting down",
  "NO [ALERT] Too many simultaneous connections. (Failure)",
])("sessions end at the greeting with %s: the provider's words are told, and mail comes later", async (said) => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(faults.busy(said));
  await fetcher.inject([message("busy")]);
  fetcher.pod.start();
  await reported(fetcher, new RegExp(said.replace(/^[A-Z]+ (\[\w+\] )?/, "").replace(/[().]/g, "\\$&")));
  const before = fetcher.faultyProxy.connections;
  await sleep(60_000);
  expect(fetcher.faultyProxy.connections - before).toBeLessThanOrEqual(40);
  fetcher.faultyProxy.faults.length = 0;
  await arrived(fetcher, 1, 700);
  await ready(fetcher);
});

test.concurrent.each([
  "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded",
  "NO [LIMIT] Too many simultaneous connections",
  "NO [INUSE] Mailbox is locked by another session",
  "NO Server is down for maintenance",
])("logins are answered with %s: the provider's words are told, and it is not asked often", async (said) => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(faults.refusesLogin(() => said));
  await fetcher.inject([message("locked out")]);
  fetcher.pod.start();
  await reported(fetcher, new RegExp(said.replace(/^NO (\[\w+\] )?/, "").replace(/[+]/g, "\\$&")));
  await sleep(60_000);
  expect(loginsInAMinute(fetcher)).toBeLessThanOrEqual(30);
  fetcher.faultyProxy.faults.length = 0;
  await arrived(fetcher, 1, 700);
  await ready(fetcher);
});

test.concurrent("the connection breaks within a message, several times: all arrives, and what was cut is not delivered", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(faults.hangsUpWithin(({ subject }) => /-[13]$/.test(subject), 3));
  await fetcher.inject(
    Array.from({ length: 5 }, (_, n) => message(`within-${n}`, { body: "some text\r\n".repeat(3000) })),
  );
  fetcher.pod.start();
  await differentOnes(fetcher, 5, 300);
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], misnamed: [] });
});
