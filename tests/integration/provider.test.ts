import { eventually, sleep } from "../support/wait";
import { expectDocumented, Findings } from "./support/docs";
import { Rig } from "./support/harness";
import { message } from "./support/messages";
import { IMAP_HOST } from "./support/provider";
import type { Station } from "./support/station";
import { arrived, emptied, ready } from "./support/waits";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());

const findings = new Findings("provider");
afterAll(() => findings.publish());

const fetched = (station: Station, count: number, seconds = 120): Promise<unknown> =>
  eventually(
    `${count} different messages`,
    async () => {
      const { delivered, duplicates } = await station.account();
      return delivered - duplicates === count;
    },
    { seconds, every: 500, more: () => station.pod.log },
  );
/** Waits for a reason to show, and holds the docs against it. */
async function trouble(station: Station, reason: RegExp, seconds = 120): Promise<void> {
  let text = "";
  const shows = (): boolean => {
    text = station.pod.ready().text;
    return reason.test(text);
  };
  await eventually(`trouble ${reason}`, shows, { seconds, every: 1000, more: () => `${text}\n${station.pod.log}` });
  console.log(text);
  expectDocumented(text);
}

test.concurrent.each([
  ["FETCH", / FETCH \d+ BODY/, 7],
  ["STORE", / STORE /, 7],
  ["EXPUNGE", / EXPUNGE/, 2], // there are few: one at the end of a session, one before the next
] as const)(
  "the provider drops the connection before %s: nothing is lost, at most one duplicate per drop",
  async (name, command, period) => {
    const station = await rig.station({ front: true, start: false });
    let drops = 0;
    let seen = 0;
    station.front.dropBefore = (text) => command.test(text) && ++seen % period === 1 && drops < 5 && ++drops > 0;
    await station.inject(Array.from({ length: 60 }, (_, n) => message(`${name}-${n}`)));
    station.pod.start();
    await eventually("a lost connection", () => drops > 0, { every: 5 });
    const settle = await findings.during(`it hangs up before ${name}, again and again`, station);
    await arrived(station, 60, 180);
    await emptied(station);
    const ledger = await station.account();
    expect(ledger).toMatchObject({ lost: [], strange: [] });
    expect(ledger.duplicates).toBeLessThanOrEqual(drops);
    expect(drops).toBeGreaterThan(0);
    await settle();
  },
);

test.concurrent("the provider refuses the login: it is not hammered, the reason shows, a new password in the Secret fixes it", async () => {
  const station = await rig.station({ front: true });
  await ready(station);
  expect(await station.pod.metric("login_refused")).toBe(0);
  await rig.provider.account(station.user, "a new password");
  rig.provider.kick(station.user);
  await station.inject([message("after-rotation")]);
  await trouble(station, /^INBOX: the provider refuses the login: .*AUTHENTICATIONFAILED/);
  expect(await station.pod.metric("login_refused")).toBe(1);
  const settle = await findings.during("it refuses the login, until the password is right", station);
  expect(station.front.logins).toBeLessThan(6);
  expect(station.pod.log).not.toContain("password of");
  station.pod.rotate("a new password");
  await arrived(station, 1);
  await ready(station);
  expect(await station.pod.metric("login_refused")).toBe(0);
  await emptied(station);
  await settle();
});

test.concurrent("a login that never worked: the pod ends once, with the reason, goes on trying, and a new password fixes it", async () => {
  const station = await rig.station({ front: true, start: false, args: ["--first-contact=5"] });
  await rig.provider.account(station.user, "another password");
  await station.inject([message("never-worked")]);
  station.pod.start();
  const reason = "the provider refuses the login: .*AUTHENTICATIONFAILED.*";
  await eventually("it says why", () => new RegExp(`ended once.*: INBOX: ${reason}`).test(station.pod.log));
  await trouble(station, new RegExp(`^INBOX: ${reason}`));
  await sleep(20_000);
  expect(station.pod.log.match(/ended once/g)).toHaveLength(1);
  expect(station.front.logins).toBeLessThan(5);
  expect(station.pod.ready().ready).toBe(false);
  station.pod.rotate("another password");
  await arrived(station, 1);
  await ready(station);
  await emptied(station);
});

test.concurrent("the provider is unreachable: the reason shows, and fetching resumes by itself", async () => {
  const station = await rig.station({ front: true });
  await ready(station);
  await station.front.close();
  await station.inject([message("away")]);
  await trouble(station, /^INBOX: cannot connect to imap\.provider\.test:993: Connection refused$/m);
  const settle = await findings.during("it is unreachable", station);
  await station.front.listen();
  await arrived(station, 1);
  await ready(station);
  await emptied(station);
  await settle();
});

test.concurrent.each([
  ["of another CA", () => rig.ca.ofItself(IMAP_HOST)],
  ["that has expired", () => rig.ca.ended(IMAP_HOST)],
  ["for another name", () => rig.ca.issue("imap.elsewhere.test")],
] as const)(
  "a certificate %s: no password goes out, the reason shows, a good one fixes it",
  async (kind, certificate) => {
    const station = await rig.station({ front: true, start: false, certificate: certificate() });
    await station.inject([message(`certificate ${kind}`)]);
    station.pod.start();
    await trouble(station, /^INBOX: the provider's certificate is not accepted: /);
    await sleep(10_000);
    expect(station.front.logins).toBe(0);
    expect(await station.account()).toMatchObject({ delivered: 0, atProvider: 1 });
    const settle = await findings.during(`its certificate is one ${kind}, until it is replaced`, station);
    await station.front.useCertificate(rig.ca.issue(IMAP_HOST));
    await arrived(station, 1);
    await emptied(station);
    await settle();
  },
);

test.concurrent.each([
  ["of a custom CA that the stack trusts", { isPublic: false, customCAs: () => [rig.ca.pem] }],
  ["of a public CA, with a custom CA that the stack trusts as well", { customCAs: () => [rig.otherCa.pem] }],
] as const)("a certificate %s is accepted", async (_kind, { customCAs, ...options }) => {
  const station = await rig.station({ ...options, customCAs: customCAs() });
  await station.inject([message("trusted")]);
  await arrived(station, 1);
  await ready(station);
  await emptied(station);
});

test.concurrent("a certificate of a custom CA that the stack does not trust is refused", async () => {
  const station = await rig.station({ isPublic: false, customCAs: [rig.otherCa.pem], start: false });
  await station.inject([message("untrusted")]);
  station.pod.start();
  await trouble(station, /^INBOX: the provider's certificate is not accepted: /);
  expect(await station.account()).toMatchObject({ delivered: 0, atProvider: 1 });
});

test.concurrent.each([
  ["COPY", / COPY /],
  ["STORE", / STORE .*HomelabMailFetched/],
] as const)(
  "with keep, the provider drops the connection before %s: nothing is lost, at most one duplicate per drop",
  async (name, command) => {
    const station = await rig.station({ front: true, start: false, mailbox: { name: `keeps${name}`, keep: true } });
    let drops = 0;
    let seen = 0;
    station.front.dropBefore = (text) => command.test(text) && ++seen % 7 === 3 && drops < 3 && ++drops > 0;
    await station.inject(Array.from({ length: 40 }, (_, n) => message(`kept-${name}-${n}`)));
    station.pod.start();
    await eventually("a lost connection", () => drops > 0, { every: 5 });
    const settle = await findings.during(`\`keep\`: it hangs up before ${name}, again and again`, station);
    await fetched(station, 40, 250);
    await sleep(2000); // for a repetition to show
    const ledger = await station.account();
    expect(ledger).toMatchObject({ lost: [], strange: [] });
    expect(ledger.duplicates).toBeLessThanOrEqual(drops);
    expect(drops).toBe(3);
    await settle();
  },
);

test.concurrent("with keep, the provider cannot copy one message: it is delivered from the inbox, and all the others come", async () => {
  const station = await rig.station({ front: true, start: false, mailbox: { name: "oddone", keep: true } });
  station.front.rewrite = (text) => text.replace(/ OK \[COPYUID \d+ 1 [^\r]*/g, " NO [CANNOT] Not this one");
  await station.inject(Array.from({ length: 5 }, (_, n) => message(`behind-${n}`)));
  station.pod.start();
  await fetched(station, 5);
  await ready(station);
  expect((await rig.provider.remaining(station.user)).get("INBOX")).toHaveLength(5);
});

test.concurrent.each([{ keep: false }, { keep: true }])(
  "the provider has no room for copies (keep: $keep): mail is delivered all the same",
  async ({ keep }) => {
    const name = keep ? "roomless-keeping" : "roomless";
    const station = await rig.station({ front: true, start: false, mailbox: { name, keep } });
    station.front.rewrite = (text) => text.replace(/ OK \[COPYUID[^\r]*/g, " NO [OVERQUOTA] Quota exceeded");
    await station.inject([message("no room")]);
    station.pod.start();
    await fetched(station, 1);
    await ready(station);
    await sleep(5000);
    // The front refuses what Dovecot has done already, so that with keep a copy is in the outbox all the same.
    expect(await station.account()).toMatchObject({ lost: [], strange: [], ...(!keep && { duplicates: 0 }) });
  },
);

test.concurrent.each([
  { keep: false, also: "" },
  { keep: true, also: ", with `keep`" },
])(
  "the network falls silent while waiting (keep: $keep): noticed, and reconnected within five minutes",
  async ({ keep, also }) => {
    const station = await rig.station({ front: true, mailbox: { name: keep ? "silentkeeping" : "silent", keep } });
    await ready(station);
    await sleep(2000);
    const before = station.front.connections;
    station.link("down");
    const start = performance.now();
    await trouble(station, /^INBOX: (cannot connect|connection to)/, 300);
    findings.figure(
      `Waiting: a link that went down shows in the readiness after ${((performance.now() - start) / 1000).toFixed(0)} s${also}`,
    );
    await station.inject([message("after the silence")]);
    const settle = await findings.during(`the network falls silent in IDLE${also}`, station);
    station.link("up");
    await arrived(station, 1);
    expect(station.front.connections).toBeGreaterThan(before);
    if (!keep) await emptied(station);
    await settle();
  },
);

test.concurrent("the provider hangs in the middle of a fetch: noticed, and reconnected", async () => {
  const station = await rig.station({ front: true, start: false });
  station.front.dropBefore = (text) => {
    if (/^A\d+ FETCH 10 BODY/.test(text) && station.front.connections === 2) station.front.silent = true;
    return false;
  };
  await station.inject(Array.from({ length: 30 }, (_, n) => message(`hang-${n}`)));
  station.pod.start();
  await eventually("the hang", () => station.front.silent);
  station.front.dropBefore = () => false;
  const start = performance.now();
  const settle = await findings.during("it falls silent in a fetch", station);
  setTimeout(() => {
    station.front.silent = false;
  }, 20_000);
  await arrived(station, 30, 280);
  findings.figure(
    `Busy: a fetch that hangs is over, and all is delivered, after ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
  await emptied(station);
  expect(await station.account()).toMatchObject({ lost: [], strange: [] });
  await settle();
});

test.concurrent.each([{ keep: false }, { keep: true }])(
  "a provider without IDLE is asked every half minute (keep: $keep)",
  async ({ keep }) => {
    const station = await rig.station({ front: true, mailbox: { name: keep ? "askingkeeping" : "asking", keep } });
    station.front.rewrite = (text) => text.replace(/ IDLE/g, "");
    await ready(station);
    await sleep(3000);
    for (let n = 1; n <= 2; n += 1) {
      await station.inject([message(`polled-${n}`)]);
      await arrived(station, n, 45);
    }
    expect(station.front.commands.some((c) => / IDLE$/.test(c))).toBe(false);
    expect(station.pod.ready().ready).toBe(true);
  },
);
