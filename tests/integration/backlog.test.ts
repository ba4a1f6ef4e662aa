import { eventually } from "../support/wait";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { differentOnes, emptied, loginsInAMinute, words } from "./support/waits";

/** A backlog of more than one batch: the outbox is filled again while fetchmail empties it. */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const COUNT = 2500;

async function backlog(name: string): Promise<FetcherFixture> {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false, mailbox: { name, retention: 7 } });
  await fetcher.inject(Array.from({ length: COUNT }, (_, n) => message(`${name}-${n}`)));
  return fetcher;
}

async function delivered(fetcher: FetcherFixture, twice: number): Promise<void> {
  await differentOnes(fetcher, COUNT, 400);
  await emptied(fetcher);
  const { duplicates, ...account } = await fetcher.account();
  expect(account).toMatchObject({ lost: [], strange: [], misnamed: [] });
  expect(duplicates).toBeLessThanOrEqual(twice);
  expect(loginsInAMinute(fetcher)).toBeLessThanOrEqual(30);
}

test("a backlog is fetched once, with no more logins than batches", async () => {
  const fetcher = await backlog("swiftly");
  fetcher.pod.start();
  await delivered(fetcher, 0);
  const moved = fetcher.faultyProxy.commands.filter((line) => / UID MOVE .*Fetcher-Outbox/.test(line));
  expect(moved.length).toBeGreaterThan(2);
  expect(fetcher.faultyProxy.loginTimes.length).toBeLessThanOrEqual(1 + moved.length);
  await fetcher.pod.stop();
});

test.each([
  ["COPY", / UID COPY /],
  ["FETCH", / UID FETCH \S+ \(UID FLAGS RFC822.SIZE/],
  ["MOVE", / UID MOVE /],
])(
  "a provider that hangs up before each %s meanwhile, and a pod that is killed after each, lose nothing",
  async (name, command) => {
    const fetcher = await backlog(`broken-${name.toLowerCase()}`);
    let drops = 0;
    let killing: Promise<void> | undefined;
    fetcher.faultyProxy.dropBefore = (text) => {
      if (!command.test(text) || fetcher.sink.deliveries.length === 0 || drops >= 6) return false;
      drops += 1;
      if (drops % 2 === 0) killing = fetcher.pod.kill().then(() => fetcher.pod.start());
      return true;
    };
    fetcher.pod.start();
    await delivered(fetcher, 10);
    await killing;
    expect(drops).toBeGreaterThan(1);
    await fetcher.pod.stop();
  },
);

test("what another client flags as deleted or reads at any moment is delivered", async () => {
  const fetcher = await backlog("flagged");
  const other = await harness.provider.session(fetcher.user);
  await other.command("SELECT INBOX");
  fetcher.pod.start();
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
    { seconds: 400, every: 20, more: () => words(fetcher) },
  );
  other.close();
  expect(flagged).toBeGreaterThan(3);
  await delivered(fetcher, 100);
  await fetcher.pod.stop();
});
