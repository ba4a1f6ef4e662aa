import { eventually, sleep } from "../support/wait";
import { Findings } from "./support/docs";
import type { FetcherFixture } from "./support/fetcherFixture";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, emptied, ready, trouble } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const findings = new Findings("provider");
afterAll(() => findings.publish());

const fetched = (fetcher: FetcherFixture, count: number, seconds = 120): Promise<unknown> =>
  eventually(
    `${count} different messages`,
    async () => {
      const { delivered, duplicates } = await fetcher.account();
      return delivered - duplicates === count;
    },
    { seconds, every: 500, more: () => fetcher.pod.log },
  );

test.concurrent.each([
  ["FETCH", / FETCH \d+ BODY/, 7],
  ["STORE", / STORE /, 7],
  ["EXPUNGE", / EXPUNGE/, 2], // there are few: one at the end of a session, one before the next
] as const)(
  "the provider drops the connection before %s: nothing is lost, at most one duplicate per drop",
  async (name, command, period) => {
    const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
    let drops = 0;
    let seen = 0;
    fetcher.faultyProxy.dropBefore = (text) => command.test(text) && ++seen % period === 1 && drops < 5 && ++drops > 0;
    await fetcher.inject(Array.from({ length: 60 }, (_, n) => message(`${name}-${n}`)));
    fetcher.pod.start();
    await eventually("a lost connection", () => drops > 0, { every: 5 });
    const settle = await findings.during(`it hangs up before ${name}, again and again`, fetcher);
    await arrived(fetcher, 60, 180);
    await emptied(fetcher);
    const deliveryLog = await fetcher.account();
    expect(deliveryLog).toMatchObject({ lost: [], strange: [] });
    expect(deliveryLog.duplicates).toBeLessThanOrEqual(drops);
    expect(drops).toBeGreaterThan(0);
    await settle();
  },
);

test.concurrent("the provider refuses the login: it is not hammered, the reason shows, a new password in the Secret fixes it", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true });
  await ready(fetcher);
  expect(await fetcher.pod.metric("login_refused")).toBe(0);
  await harness.provider.account(fetcher.user, "a new password");
  harness.provider.kick(fetcher.user);
  await fetcher.inject([message("after-rotation")]);
  await trouble(fetcher, /^INBOX: the provider refuses the login: .*AUTHENTICATIONFAILED/);
  expect(await fetcher.pod.metric("login_refused")).toBe(1);
  const settle = await findings.during("it refuses the login, until the password is right", fetcher);
  expect(fetcher.faultyProxy.logins).toBeLessThan(6);
  expect(fetcher.pod.log).not.toContain("password of");
  fetcher.pod.rotate("a new password");
  await arrived(fetcher, 1);
  await ready(fetcher);
  expect(await fetcher.pod.metric("login_refused")).toBe(0);
  await emptied(fetcher);
  await settle();
});

test.concurrent("a login that never worked: the pod ends once, with the reason, goes on trying, and a new password fixes it", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false, args: ["--first-contact=5"] });
  await harness.provider.account(fetcher.user, "another password");
  await fetcher.inject([message("never-worked")]);
  fetcher.pod.start();
  const reason = "the provider refuses the login: .*AUTHENTICATIONFAILED.*";
  await eventually("it says why", () => new RegExp(`ended once.*: INBOX: ${reason}`).test(fetcher.pod.log));
  await trouble(fetcher, new RegExp(`^INBOX: ${reason}`));
  await sleep(20_000);
  expect(fetcher.pod.log.match(/ended once/g)).toHaveLength(1);
  expect(fetcher.faultyProxy.logins).toBeLessThan(5);
  expect(fetcher.pod.ready().ready).toBe(false);
  fetcher.pod.rotate("another password");
  await arrived(fetcher, 1);
  await ready(fetcher);
  await emptied(fetcher);
});

test.concurrent("the provider is unreachable: the reason shows, and fetching resumes by itself", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true });
  await ready(fetcher);
  await fetcher.faultyProxy.close();
  await fetcher.inject([message("away")]);
  await trouble(fetcher, /^INBOX: cannot connect to imap\.provider\.test:993: Connection refused$/m);
  const settle = await findings.during("it is unreachable", fetcher);
  await fetcher.faultyProxy.listen();
  await arrived(fetcher, 1);
  await ready(fetcher);
  await emptied(fetcher);
  await settle();
});

test.concurrent.each([
  ["COPY", / COPY /],
  ["STORE", / STORE .*HomelabMailFetched/],
] as const)(
  "with keep, the provider drops the connection before %s: nothing is lost, at most one duplicate per drop",
  async (name, command) => {
    const fetcher = await harness.fetcher({
      faultyProxy: true,
      start: false,
      mailbox: { name: `keeps${name}`, keep: true },
    });
    let drops = 0;
    let seen = 0;
    fetcher.faultyProxy.dropBefore = (text) => command.test(text) && ++seen % 7 === 3 && drops < 3 && ++drops > 0;
    await fetcher.inject(Array.from({ length: 40 }, (_, n) => message(`kept-${name}-${n}`)));
    fetcher.pod.start();
    await eventually("a lost connection", () => drops > 0, { every: 5 });
    const settle = await findings.during(`\`keep\`: it hangs up before ${name}, again and again`, fetcher);
    await fetched(fetcher, 40, 250);
    await sleep(2000); // for a repetition to show
    const deliveryLog = await fetcher.account();
    expect(deliveryLog).toMatchObject({ lost: [], strange: [] });
    expect(deliveryLog.duplicates).toBeLessThanOrEqual(drops);
    expect(drops).toBe(3);
    await settle();
  },
);

test.concurrent("with keep, the provider cannot copy one message: it is delivered from the inbox, and all the others come", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false, mailbox: { name: "oddone", keep: true } });
  fetcher.faultyProxy.rewrite = (text) => text.replace(/ OK \[COPYUID \d+ 1 [^\r]*/g, " NO [CANNOT] Not this one");
  await fetcher.inject(Array.from({ length: 5 }, (_, n) => message(`behind-${n}`)));
  fetcher.pod.start();
  await fetched(fetcher, 5);
  await ready(fetcher);
  expect((await harness.provider.remaining(fetcher.user)).get("INBOX")).toHaveLength(5);
});

test.concurrent.each([{ keep: false }, { keep: true }])(
  "the provider has no room for copies (keep: $keep): mail is delivered all the same",
  async ({ keep }) => {
    const name = keep ? "roomless-keeping" : "roomless";
    const fetcher = await harness.fetcher({ faultyProxy: true, start: false, mailbox: { name, keep } });
    fetcher.faultyProxy.rewrite = (text) => text.replace(/ OK \[COPYUID[^\r]*/g, " NO [OVERQUOTA] Quota exceeded");
    await fetcher.inject([message("no room")]);
    fetcher.pod.start();
    await fetched(fetcher, 1);
    await ready(fetcher);
    await sleep(5000);
    // The faulty proxy refuses what Dovecot has done already, so that with keep a copy is in the outbox all the same.
    expect(await fetcher.account()).toMatchObject({ lost: [], strange: [], ...(!keep && { duplicates: 0 }) });
  },
);

test.concurrent.each([
  { keep: false, also: "" },
  { keep: true, also: ", with `keep`" },
])(
  "the network falls silent while waiting (keep: $keep): noticed, and reconnected within five minutes",
  async ({ keep, also }) => {
    const fetcher = await harness.fetcher({
      faultyProxy: true,
      mailbox: { name: keep ? "silentkeeping" : "silent", keep },
    });
    await ready(fetcher);
    await sleep(2000);
    const before = fetcher.faultyProxy.connections;
    fetcher.link("down");
    const start = performance.now();
    await trouble(fetcher, /^INBOX: (cannot connect|connection to)/, 300);
    findings.figure(
      `Waiting: a link that went down shows in the readiness after ${((performance.now() - start) / 1000).toFixed(0)} s${also}`,
    );
    await fetcher.inject([message("after the silence")]);
    const settle = await findings.during(`the network falls silent in IDLE${also}`, fetcher);
    fetcher.link("up");
    await arrived(fetcher, 1);
    expect(fetcher.faultyProxy.connections).toBeGreaterThan(before);
    if (!keep) await emptied(fetcher);
    await settle();
  },
);

test.concurrent("the provider hangs in the middle of a fetch: noticed, and reconnected", async () => {
  const fetcher = await harness.fetcher({ faultyProxy: true, start: false });
  fetcher.faultyProxy.dropBefore = (text) => {
    if (/^A\d+ FETCH 10 BODY/.test(text) && fetcher.faultyProxy.connections === 2) fetcher.faultyProxy.silent = true;
    return false;
  };
  await fetcher.inject(Array.from({ length: 30 }, (_, n) => message(`hang-${n}`)));
  fetcher.pod.start();
  await eventually("the hang", () => fetcher.faultyProxy.silent);
  fetcher.faultyProxy.dropBefore = () => false;
  const start = performance.now();
  const settle = await findings.during("it falls silent in a fetch", fetcher);
  setTimeout(() => {
    fetcher.faultyProxy.silent = false;
  }, 20_000);
  await arrived(fetcher, 30, 280);
  findings.figure(
    `Busy: a fetch that hangs is over, and all is delivered, after ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
  await emptied(fetcher);
  expect(await fetcher.account()).toMatchObject({ lost: [], strange: [] });
  await settle();
});

test.concurrent.each([{ keep: false }, { keep: true }])(
  "a provider without IDLE is asked every half minute (keep: $keep)",
  async ({ keep }) => {
    const fetcher = await harness.fetcher({
      faultyProxy: true,
      mailbox: { name: keep ? "askingkeeping" : "asking", keep },
    });
    fetcher.faultyProxy.rewrite = (text) => text.replace(/ IDLE/g, "");
    await ready(fetcher);
    await sleep(3000);
    for (let n = 1; n <= 2; n += 1) {
      await fetcher.inject([message(`polled-${n}`)]);
      await arrived(fetcher, n, 45);
    }
    expect(fetcher.faultyProxy.commands.some((c) => / IDLE$/.test(c))).toBe(false);
    expect(fetcher.pod.ready().ready).toBe(true);
  },
);
