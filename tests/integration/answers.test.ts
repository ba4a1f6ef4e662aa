import * as faults from "../rig/fakes/provider/faults";
import type { Fault } from "../rig/fakes/provider/faultyProxy";
import { sleep } from "../support/wait";
import { Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, differentOnes, emptied, ready, reported } from "./support/waits";

/** What the provider says of a message is not what it has. */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("answers");
afterAll(() => findings.publish());

const SHORT = /the provider returned [\d,]+ of [\d,]+ bytes of message UID \d+/;

const text = "A line of ordinary text in an ordinary message.\r\n".repeat(80);

/** Messages of which the third is special; `odd` ones cannot go by fetchmail. */
function letters(name: string, { odd = false, bytes = 0 } = {}): { all: Buffer[]; special: string } {
  const all = Array.from({ length: 5 }, (_, n) =>
    message(`${name}-${n}`, {
      body:
        text +
        (n === 2
          ? "x"
              .repeat(98)
              .concat("\r\n")
              .repeat(bytes / 100)
          : ""),
      ...(odd && { header: "a line that is no field" }),
    }),
  );
  return { all, special: `${name}-2` };
}

async function withFault(
  name: string,
  make: (which: faults.Which) => readonly Fault[],
  options: { odd?: boolean; bytes?: number } = {},
): Promise<FetcherFixture> {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  const { all, special } = letters(name, options);
  fetcher.faultyProxy.faults.push(...make(faults.about(special)));
  await fetcher.inject(all);
  fetcher.pod.start();
  return fetcher;
}

/** Four of five are delivered as they are; the fifth is still at the provider. */
async function fifthStays(fetcher: FetcherFixture): Promise<void> {
  await differentOnes(fetcher, 4);
  expect(await fetcher.account()).toMatchObject({ delivered: 4, duplicates: 0, atProvider: 1 });
  expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], misnamed: [] });
}

type Case = [name: string, make: (which: faults.Which) => Fault[]];
const shortcomings: Case[] = [
  ["the body as NIL", (w) => [faults.emptyBody("NIL", w)]],
  ["the body as {0}", (w) => [faults.emptyBody("{0}", w)]],
  ['the body as ""', (w) => [faults.emptyBody('""', w)]],
  ["header and body as {0}", (w) => [faults.emptyHeader("{0}", w), faults.emptyBody("{0}", w)]],
  ["header and body as NIL", (w) => [faults.emptyHeader("NIL", w), faults.emptyBody("NIL", w)]],
  ["200 bytes of the body", (w) => [faults.cutTo(200, w)]],
  ["the body but its last 2,000 bytes", (w) => [faults.cutTo(1900, w)]],
];

test.concurrent.each([
  ["the header as {0}", (w) => [faults.emptyHeader("{0}", w)]],
  ["the header as NIL", (w) => [faults.emptyHeader("NIL", w)]],
  ["60 bytes of the header", (w) => [faults.cutTo(60, w, "header")]],
] as Case[])(
  "of one message the provider gives %s, but the whole when asked for that: all arrives as it is",
  async (_name, make) => {
    const fetcher = await withFault("header", make);
    await differentOnes(fetcher, 5);
    await emptied(fetcher);
    expect(await fetcher.account()).toMatchObject({ delivered: 5, lost: [], strange: [], misnamed: [], duplicates: 0 });
    await fetcher.pod.kill();
  },
);

test.concurrent.each(shortcomings)(
  "of one message the provider gives %s: it is not delivered and not deleted, it is named, and the others arrive",
  async (name, make) => {
    const fetcher = await withFault(`short-${name.replace(/\W+/g, "-")}`, make);
    await reported(fetcher, SHORT);
    const settle = await findings.during(`it gives ${name} of one of five messages, until it gives it all`, fetcher);
    await fifthStays(fetcher);
    fetcher.faultyProxy.faults.length = 0; // the provider has found it again
    await arrived(fetcher, 5, 400);
    await ready(fetcher);
    expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], misnamed: [], duplicates: 0 });
    await settle();
  },
);

test.concurrent.each([
  ["NIL", (w) => [faults.emptyBody("NIL", w)]],
  ["{0}", (w) => [faults.emptyBody("{0}", w)]],
  ["a third of it", (w) => [faults.cutTo(1500, w)]],
  ["nothing after the first piece", (w) => [faults.pieces("NIL after the first", w)]],
] as Case[])(
  "of one message that fetchmail cannot carry the provider gives %s: it stays, it is named, and the others arrive",
  async (name, make) => {
    const fetcher = await withFault(`odd-${name.replace(/\W+/g, "-")}`, make, { odd: true, bytes: 1_200_000 });
    await reported(fetcher, SHORT);
    await fifthStays(fetcher);
    fetcher.faultyProxy.faults.length = 0;
    await arrived(fetcher, 5, 400);
    expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], misnamed: [], duplicates: 0 });
  },
);

test.concurrent.each([
  ["0", () => 0],
  ["2 bytes too few", (n) => n - 2],
  ["29 bytes too few", (n) => n - 29], // hMailServer: before its own fields were added
  ["2 bytes too many", (n) => n + 2], // WildDuck
  ["one byte per line too few", (n) => n - Math.floor(n / 50)], // line ends counted as one byte
  ["that of the body alone", (n) => n - 300], // GreenMail
] as [string, (right: number) => number][])("a provider that tells sizes of %s: all arrives", async (_name, size) => {
  for (const odd of [false, true]) {
    const fetcher = await withFault(`size-${odd}`, () => [faults.wrongSize(size)], { odd });
    await emptied(fetcher);
    expect(await fetcher.account()).toMatchObject({ delivered: 5, lost: [], strange: [], misnamed: [], duplicates: 0 });
    await ready(fetcher);
    await fetcher.pod.kill();
  }
});

test.concurrent("a provider that tells a size far too large: the message stays and is named, or it arrives whole", async () => {
  const fetcher = await withFault("large", (which) => [faults.wrongSize((n) => n * 3, which)]);
  await differentOnes(fetcher, 4);
  await sleep(10_000);
  expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], misnamed: [], duplicates: 0 });
  if ((await fetcher.account()).atProvider > 0) await reported(fetcher, SHORT);
});

/** Behaviour that is odd, but gives everything. */
const harmless: [string, () => Fault[]][] = [
  ["tells things of other messages at any time", () => [faults.unsolicited()]],
  ["names the UID last", () => [faults.uidLast()]],
  ["quotes the names of header fields", () => [faults.quotesNames()]],
  ["writes names in small letters", () => [faults.smallLetters()]],
  ["says where it moved a message in a line that is no answer", () => [faults.oddMove()]],
  ["gives the whole for each piece and tells no size", () => [faults.pieces("whole"), faults.noSize()]],
  [
    "gives less than a piece and tells too small a size",
    () => [faults.pieces("short"), faults.wrongSize((n) => n - 300)],
  ],
  ["quotes what it can", () => [faults.quotes()]],
  ["gives the whole for each piece", () => [faults.pieces("whole")]],
  ["gives less than a piece", () => [faults.pieces("short")]],
  ["names a piece by origin and length", () => [faults.pieces("origin and length")]],
  ["has search results in several lines", () => [faults.searchInChunks(2)]],
  ["has no line for an empty search", () => [faults.noEmptySearch()]],
  ["tells an expunge as a count", () => [faults.expungeTellsExists()]],
  ["has new UIDs in every session", () => [faults.newValidity()]],
  ["does not say where copies went", () => [faults.noCopyUid()]],
  ["has neither MOVE nor UIDPLUS", () => [faults.lacks("MOVE", "UIDPLUS"), faults.noCopyUid()]],
  ["has no NAMESPACE", () => [faults.lacks("NAMESPACE")]],
  ["has IMAP4rev1 and nothing else", () => [faults.lacks(...ALL), faults.noCopyUid()]],
  ["tells no size", () => [faults.noSize()]],
];
const ALL = [
  "MOVE",
  "UIDPLUS",
  "IDLE",
  "NAMESPACE",
  "LITERAL+",
  "ENABLE",
  "UNSELECT",
  "ESEARCH",
  "LIST-EXTENDED",
  "QUOTA",
];

test.concurrent.each(harmless)("a provider that %s: all arrives, once and byte for byte", async (_name, make) => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.faults.push(...make());
  const plain = letters("plain", { bytes: 1000 });
  const odd = letters("odd", { odd: true, bytes: 1_200_000 });
  await fetcher.inject([...plain.all, ...odd.all]);
  fetcher.pod.start();
  await differentOnes(fetcher, 10);
  await emptied(fetcher);
  await ready(fetcher);
  await fetcher.inject([message("later")]);
  await arrived(fetcher, 11);
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({ delivered: 11, lost: [], strange: [], misnamed: [], duplicates: 0 });
  await fetcher.pod.kill();
});

test.concurrent.each([{ tells: true }, { tells: false }])(
  "another client expunges in the middle, and the provider renumbers at once (and says so: $tells): none is lost",
  async ({ tells }) => {
    const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
    fetcher.faultyProxy.faults.push(faults.renumbers({ tells }));
    const phone = await harness.provider.session(fetcher.user);
    let offered = 0;
    fetcher.sink.script = (stage) => {
      if (stage !== "data" || ++offered !== 4) return "ok";
      void phone.command("SELECT INBOX").then(() => phone.command("EXPUNGE"));
      return { wait: 1500 };
    };
    await fetcher.inject(Array.from({ length: 8 }, (_, n) => message(`rn-${n}`)));
    fetcher.pod.start();
    await differentOnes(fetcher, 8);
    await emptied(fetcher);
    expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], misnamed: [] });
    phone.close();
  },
);
