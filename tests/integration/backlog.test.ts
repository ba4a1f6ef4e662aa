import { eventually } from "../support/wait";
import { Rig } from "./support/harness";
import { message } from "./support/messages";
import type { Station } from "./support/station";
import { differentOnes, emptied, loginsInAMinute, words } from "./support/waits";

/** A backlog of more than one batch: the outbox is filled again while fetchmail empties it. */
let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());

const COUNT = 2500;

async function backlog(name: string): Promise<Station> {
  const station = await rig.station({ front: true, start: false, mailbox: { name, retention: 7 } });
  await station.inject(Array.from({ length: COUNT }, (_, n) => message(`${name}-${n}`)));
  return station;
}

async function delivered(station: Station, twice: number): Promise<void> {
  await differentOnes(station, COUNT, 400);
  await emptied(station);
  const { duplicates, ...account } = await station.account();
  expect(account).toMatchObject({ lost: [], strange: [], misnamed: [] });
  expect(duplicates).toBeLessThanOrEqual(twice);
  expect(loginsInAMinute(station)).toBeLessThanOrEqual(30);
}

test("a backlog is fetched once, with no more logins than batches", async () => {
  const station = await backlog("swiftly");
  station.pod.start();
  await delivered(station, 0);
  const moved = station.front.commands.filter((line) => / UID MOVE .*Fetcher-Outbox/.test(line));
  expect(moved.length).toBeGreaterThan(2);
  expect(station.front.loginTimes.length).toBeLessThanOrEqual(1 + moved.length);
  await station.pod.stop();
});

test.each([
  ["COPY", / UID COPY /],
  ["FETCH", / UID FETCH \S+ \(UID FLAGS RFC822.SIZE/],
  ["MOVE", / UID MOVE /],
])(
  "a provider that hangs up before each %s meanwhile, and a pod that is killed after each, lose nothing",
  async (name, command) => {
    const station = await backlog(`broken-${name.toLowerCase()}`);
    let drops = 0;
    let killing: Promise<void> | undefined;
    station.front.dropBefore = (text) => {
      if (!command.test(text) || station.sink.deliveries.length === 0 || drops >= 6) return false;
      drops += 1;
      if (drops % 2 === 0) killing = station.pod.kill().then(() => station.pod.start());
      return true;
    };
    station.pod.start();
    await delivered(station, 10);
    await killing;
    expect(drops).toBeGreaterThan(1);
    await station.pod.stop();
  },
);

test("what another client flags as deleted or reads at any moment is delivered", async () => {
  const station = await backlog("flagged");
  const other = await rig.provider.session(station.user);
  await other.command("SELECT INBOX");
  station.pod.start();
  let flagged = 0;
  await eventually(
    "the others' flags",
    async () => {
      const { lines } = await other.command("UID SEARCH ALL");
      const uids = (lines.find((l) => l.startsWith("* SEARCH")) ?? "").split(" ").slice(2).filter(Boolean);
      const some = uids.filter((uid) => Number(uid) % 50 === flagged % 50);
      if (some.length > 0) {
        const flag = flagged % 2 === 0 ? "\\Deleted" : "\\Seen";
        await other.command(`UID STORE ${some.join(",")} +FLAGS.SILENT (${flag})`);
        flagged += 1;
      }
      return uids.length === 0;
    },
    { seconds: 400, every: 20, more: () => words(station) },
  );
  other.close();
  expect(flagged).toBeGreaterThan(3);
  await delivered(station, 100);
  await station.pod.stop();
});
