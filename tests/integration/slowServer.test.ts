import { eventually, sleep } from "../support/wait";
import { Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, differentOnes, emptied, ready, words } from "./support/waits";

/** The mail server is slow, splits its responses, or closes the connection in the middle of a message. */
let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());
const findings = new Findings("slow-server");
afterAll(() => findings.publish());

/** A message that goes by fetchmail, and one that it cannot carry. */
const ways = [
  ["a message", undefined],
  ["a message that fetchmail cannot carry", "a line that is no field"],
] as const;

const letter = (name: string, header: string | undefined): Buffer => message(name, header ? { header } : {});

async function once(fetcher: FetcherFixture, count: number): Promise<void> {
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({
    delivered: count,
    duplicates: 0,
    lost: [],
    strange: [],
    misnamed: [],
  });
}

test.concurrent.each(ways)("%s that is answered with 250 after 150 s is delivered once", async (name, header) => {
  const fetcher = await harness.fetcher({ start: false });
  fetcher.sink.script = (stage, { message: m }) =>
    stage === "end" && m?.includes("Subject: late\r\n") ? { wait: 150_000 } : "ok";
  await fetcher.inject([letter("late", header)]);
  fetcher.pod.start();
  await sleep(1000);
  const settle = await findings.during(`${name} is answered with 250 after 150 s`, fetcher);
  await arrived(fetcher, 1, 300);
  await once(fetcher, 1);
  await sleep(2000);
  await once(fetcher, 1);
  await settle();
});

test.concurrent.each(ways)("every answer comes byte by byte: %s arrives as it is", async (_name, header) => {
  const fetcher = await harness.fetcher({ start: false });
  fetcher.sink.script = () => ({ slowly: 3 });
  await fetcher.inject([
    letter("pieces-1", header),
    message("pieces-2", { header: "X-Folded: a\r\n\t.dot", body: `${"y".repeat(9000)}\r\n.\r\n` }),
    message("pieces-3"),
  ]);
  fetcher.pod.start();
  await differentOnes(fetcher, 3);
  await once(fetcher, 3);
});

test.concurrent.each(ways)(
  "421 at %s, in a session that stays open and of no use: a new one is opened",
  async (name, header) => {
    const fetcher = await harness.fetcher({ start: false });
    let said = 0;
    fetcher.sink.script = (stage) => (stage === "end" && said++ < 2 ? { last: "421 4.3.2 Closing down" } : "ok");
    await fetcher.inject([letter("closing-1", header), letter("closing-2", header), message("closing-3")]);
    fetcher.pod.start();
    const settle = await findings.during(`421 at ${name}, and the session is of no use`, fetcher);
    await differentOnes(fetcher, 3, 200);
    await once(fetcher, 3);
    await settle();
  },
);

test.concurrent.each(ways)(
  "the mail server hangs up in %s, always: it stays, and those behind it arrive",
  async (name, header) => {
    const fetcher = await harness.fetcher({ start: false });
    let deadly = true;
    let met = 0;
    let current = "";
    fetcher.sink.script = (stage, { sender }) => {
      if (stage === "mail") current = sender;
      if (deadly && stage === "content" && current.startsWith("deadly")) {
        met += 1;
        return "drop";
      }
      return "ok";
    };
    const path = "<deadly@example.org>";
    await fetcher.inject([
      message("behind-0"),
      message("deadly", { path, ...(header && { header }) }),
      ...[1, 2, 3, 4].map((n) => message(`behind-${n}`)),
    ]);
    fetcher.pod.start();
    await differentOnes(fetcher, 5);
    expect(met).toBeGreaterThan(0);
    const settle = await findings.during(`it hangs up in ${name}, until it does not; five others`, fetcher);
    await eventually("the reason", () => /connection to \S+:25 lost/.test(words(fetcher)));
    deadly = false;
    await differentOnes(fetcher, 6, 400);
    await once(fetcher, 6);
    await settle();
  },
);

test.concurrent("a 450 that never passes does not stop what was set aside, and each has its own reason", async () => {
  const fetcher = await harness.fetcher({ start: false, args: ["--second-chance=10"] });
  let strict = true;
  fetcher.sink.script = (stage, { message: m }) => {
    if (stage !== "end") return "ok";
    if (m?.includes("Subject: never")) return "450 4.2.0 Greylisted for ever";
    return strict && m?.includes("Subject: poison") ? "554 5.6.0 Poisonous" : "ok";
  };
  await fetcher.inject([message("poison"), message("good-0")]);
  fetcher.pod.start();
  const aside = async (): Promise<number> => {
    const { folders } = await fetcher.account();
    return Object.entries(folders).find(([name]) => name.endsWith("Fetcher-Refused"))?.[1] ?? 0;
  };
  for (let n = 1; (await aside()) === 0; n += 1) {
    await arrived(fetcher, n);
    await sleep(2000);
    await fetcher.inject([message(`good-${n}`)]);
  }
  await fetcher.inject([message("never")]);
  await eventually("the reason", () => /Greylisted for ever/.test(words(fetcher)), { more: () => words(fetcher) });
  const setAside = fetcher.pod.log.split("\n").filter((line) => /refused for good|set aside/.test(line));
  expect(setAside.join("\n")).toContain("Poisonous");
  expect(setAside.join("\n")).not.toContain("Greylisted");
  strict = false;
  const came = (): boolean => fetcher.sink.deliveries.some((d) => d.message.includes("Subject: poison"));
  await eventually("what was set aside", came, { seconds: 300, every: 500, more: () => words(fetcher) });
  expect(await fetcher.account()).toMatchObject({ atProvider: 1, lost: [], strange: [], duplicates: 0 });
  fetcher.sink.script = () => "ok";
  await emptied(fetcher);
  await ready(fetcher);
});
