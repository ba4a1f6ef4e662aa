import type { Action, Stage } from "../support/sink";
import { eventually, sleep } from "../support/wait";
import { expectDocumented, Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, emptied, ready } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const findings = new Findings("mail-server");
afterAll(() => findings.publish());

const codes = [421, 450, 451, 452, 500, 501, 503, 530, 550, 552, 553, 554, 571];
const actions: Action[] = ["drop", ...codes.map((code): Action => `${code} 5.0.0 told to say so`)];

/** Waits for all to arrive, and looks all the while that every message is somewhere. */
async function allArrive(fetcher: FetcherFixture, seconds: number): Promise<void> {
  await eventually(
    "an empty provider",
    async () => {
      const deliveryLog = await fetcher.account();
      expect(deliveryLog).toMatchObject({ lost: [], strange: [] });
      return deliveryLog.atProvider === 0;
    },
    { seconds, every: 500, more: () => fetcher.pod.log },
  );
}

/** Nobody but the user gets anything: no bounce to a sender, no copy for a postmaster. */
const onlyTo = (fetcher: FetcherFixture): void => {
  expect(new Set(fetcher.sink.envelopes.flatMap((e) => e.recipients))).toEqual(new Set([fetcher.user]));
  expect(fetcher.sink.deliveries.every((d) => d.sender !== "" && !d.sender.includes("MAILER"))).toBe(true);
};

test.concurrent.each(["mail", "rcpt", "data", "end"] as Stage[])(
  "whatever the mail server answers at %s, nothing is lost, and all arrives once it takes the message",
  async (stage) => {
    const fetcher = await harness.fetcher({ start: false });
    const offers = new Map<string, number>();
    fetcher.sink.script = (at, { sender }) => {
      if (at !== stage || !sender.startsWith("case-")) return "ok";
      const offer = (offers.get(sender) ?? 0) + 1;
      offers.set(sender, offer);
      return offer <= 3 ? (actions[Number(/\d+/.exec(sender)?.[0])] as Action) : "ok";
    };
    await fetcher.inject(actions.map((_, n) => message(`${stage}-${n}`, { path: `<case-${n}@example.org>` })));
    fetcher.pod.start();
    await eventually("an answer", () => offers.size > 0, { every: 5 });
    const settle = await findings.during(`at ${stage}: any of ${codes.join(", ")}, or it hangs up`, fetcher);
    await allArrive(fetcher, 240);
    expect(await fetcher.account()).toMatchObject({ delivered: actions.length, duplicates: 0 });
    if (stage !== "mail") onlyTo(fetcher);
    await settle();
  },
);

test.concurrent.each(["connect", "ehlo"] as Stage[])(
  "a mail server that turns fetchmail away at %s gets everything later",
  async (stage) => {
    const fetcher = await harness.fetcher({ start: false });
    const answers: Action[] = ["drop", "421 4.3.2 busy", "554 5.3.2 not today", "500 5.5.1 what"];
    let turn = 0;
    fetcher.sink.script = (at) => (at === stage ? (answers[turn++] ?? "ok") : "ok");
    await fetcher.inject([message(`${stage}-1`), message(`${stage}-2`)]);
    fetcher.pod.start();
    await eventually("a connection", () => turn > 0, { every: 5 });
    const settle = await findings.during(`at ${stage}: 421, 500, 554, or it hangs up`, fetcher);
    await allArrive(fetcher, 180);
    expect(await fetcher.account()).toMatchObject({ delivered: 2, duplicates: 0 });
    onlyTo(fetcher);
    await settle();
  },
);

test.concurrent("a refused recipient's mail goes to nobody else", async () => {
  const fetcher = await harness.fetcher({ start: false });
  fetcher.sink.script = (at, { recipients }) =>
    at === "rcpt" && recipients.length === 0 ? "550 5.1.1 no such user" : "ok";
  await fetcher.inject([message("for-me-only")]);
  fetcher.pod.start();
  await eventually("a refusal", () => fetcher.sink.envelopes.length > 2);
  const settle = await findings.during("the recipient is refused, and goes on to be", fetcher);
  await eventually("the reason", () => /no such user/.test(fetcher.pod.ready().text), { every: 1000 });
  expectDocumented(fetcher.pod.ready().text);
  expect(new Set(fetcher.sink.envelopes.flatMap((e) => e.recipients))).toEqual(new Set([fetcher.user]));
  expect(await fetcher.account()).toMatchObject({ delivered: 0, atProvider: 1 });
  await settle();
});

test.concurrent("a session limit at the mail server slows delivery and loses nothing", async () => {
  const fetcher = await harness.fetcher({ start: false });
  fetcher.sink.messagesPerSession = 10;
  await fetcher.inject(Array.from({ length: 60 }, (_, n) => message(`limit-${n}`)));
  fetcher.pod.start();
  await arrived(fetcher, 60);
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], duplicates: 0 });
});

test.concurrent("the mail server restarts in the middle: nothing is lost", async () => {
  const fetcher = await harness.fetcher({ start: false });
  await fetcher.inject(Array.from({ length: 300 }, (_, n) => message(`restart-${n}`)));
  fetcher.pod.start();
  let settle = async (): Promise<void> => undefined;
  for (const count of [50, 150, 250]) {
    await arrived(fetcher, count);
    await fetcher.sink.close();
    settle = await findings.during("it restarts in the middle, three times", fetcher);
    await sleep(500);
    await fetcher.sink.listen();
  }
  await arrived(fetcher, 300);
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({ lost: [], strange: [] });
  await settle();
});

test.concurrent("with keep, the mail server is unreachable: copies do not pile up, and all mail is delivered later", async () => {
  const fetcher = await harness.fetcher({ start: false, mailbox: { name: "patient", keep: true } });
  await fetcher.sink.close();
  await fetcher.inject(Array.from({ length: 250 }, (_, n) => message(`patient-${n}`)));
  fetcher.pod.start();
  await eventually("unreadiness", () => /Connection refused/.test(fetcher.pod.ready().text), {
    seconds: 120,
    every: 1000,
    more: () => fetcher.pod.log,
  });
  const settle = await findings.during("it is unreachable, with `keep` and 250 messages", fetcher);
  expect((await harness.provider.remaining(fetcher.user)).get("Fetcher-Outbox")).toHaveLength(100);
  await fetcher.sink.listen();
  await arrived(fetcher, 250, 180);
  await ready(fetcher);
  expect(await fetcher.account()).toMatchObject({ delivered: 250, duplicates: 0, lost: [], strange: [] });
  await settle();
});

test.concurrent("the mail server is unreachable for minutes: the reason shows, and delivery resumes within two minutes", async () => {
  const fetcher = await harness.fetcher();
  await ready(fetcher);
  await fetcher.sink.close();
  await fetcher.inject([message("late")]);
  await eventually("unreadiness", () => !fetcher.pod.ready().ready, {
    seconds: 120,
    every: 1000,
    more: () => fetcher.pod.log,
  });
  expect(fetcher.pod.ready().text).toMatch(/^INBOX: cannot connect to stalwart\.\S+:25: Connection refused$/m);
  expectDocumented(fetcher.pod.ready().text);
  const settle = await findings.during("it is unreachable for two minutes", fetcher);
  await sleep(40_000);
  const back = performance.now();
  await fetcher.sink.listen();
  await arrived(fetcher, 1);
  findings.figure(
    `Mail server back after two minutes: mail arrives ${((performance.now() - back) / 1000).toFixed(0)} s later`,
  );
  await ready(fetcher);
  await emptied(fetcher);
  await settle();
});

test.concurrent.each(["data", "end"] as Stage[])(
  "the mail server falls silent at %s: given up, tried again, nothing lost",
  async (stage) => {
    const fetcher = await harness.fetcher({ start: false });
    let stalls = 0;
    fetcher.sink.script = (at) => (at === stage && stalls++ === 0 ? "stall" : "ok");
    await fetcher.inject([message(`stall-${stage}`)]);
    fetcher.pod.start();
    await eventually("the silence", () => stalls > 0);
    const settle = await findings.during(`at ${stage}: silence longer than every timeout`, fetcher);
    await arrived(fetcher, 1, stage === "end" ? 900 : 300); // the answer to the final dot has ten minutes
    await emptied(fetcher);
    expect(await fetcher.account()).toMatchObject({ delivered: 1, lost: [], strange: [] });
    await settle();
  },
  1_200_000,
);
