import { message } from "./support/messages";
import { IMAP_HOST } from "./support/provider";
import { Rig, type Station, sleep, until } from "./support/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());

const table: string[] = [];
afterAll(() => {
  console.log(["case | while it lasts | afterwards", ...table.sort()].join("\n"));
});

const arrived = (station: Station, count: number, seconds: number): Promise<void> =>
  until(`${count} deliveries`, () => station.sink.deliveries.length >= count, { seconds, more: () => station.pod.log });
const emptied = (station: Station, seconds = 60): Promise<void> =>
  until("an empty provider", async () => (await station.account()).atProvider === 0, { seconds, every: 500 });
const ready = (station: Station): Promise<void> =>
  until("readiness", () => station.pod.ready().ready, {
    seconds: 60,
    more: () => `${JSON.stringify(station.pod.ready())}\n${station.pod.log}\n${station.front.commands.join("\n")}`,
  });
const trouble = (station: Station, reason: RegExp, seconds = 120): Promise<void> =>
  until(`trouble ${reason}`, () => reason.test(station.pod.ready().text), {
    seconds,
    every: 1000,
    more: () => `${station.pod.ready().text}\n${station.pod.log}`,
  });

test.concurrent.each([
  ["FETCH", / FETCH \d+ BODY/],
  ["STORE", / STORE /],
  ["EXPUNGE", / EXPUNGE/],
] as const)(
  "the provider drops the connection before %s: nothing is lost, one duplicate a drop at most",
  async (name, command) => {
    const station = await rig.station({ front: true, start: false });
    let drops = 0;
    let seen = 0;
    station.front.dropBefore = (text) => command.test(text) && ++seen % 7 === 3 && drops < 5 && ++drops > 0;
    await station.inject(Array.from({ length: 60 }, (_, n) => message(`${name}-${n}`)));
    station.pod.start();
    await arrived(station, 60, 180);
    await emptied(station);
    const ledger = await station.account();
    expect(ledger).toMatchObject({ lost: [], strange: [] });
    expect(ledger.duplicates).toBeLessThanOrEqual(drops);
    expect(drops).toBeGreaterThan(0);
    table.push(
      `connection lost before ${name} | at the provider | delivered${name === "STORE" ? ", perhaps twice" : ""}`,
    );
  },
);

test.concurrent("the provider refuses the login: it is not hammered, the reason shows, a new password in the Secret mends it", async () => {
  const station = await rig.station({ front: true });
  await ready(station);
  await rig.provider.account(station.user, "a new password");
  rig.provider.kick(station.user);
  await station.inject([message("after-rotation")]);
  await trouble(station, /^INBOX: the provider refuses the login: .*AUTHENTICATIONFAILED/);
  expect(station.front.logins).toBeLessThan(6);
  expect(station.pod.log).not.toContain("password of");
  station.pod.rotate("a new password");
  await arrived(station, 1, 30);
  await ready(station);
  table.push("login refused | at the provider | delivered once the password is right");
});

test.concurrent("the provider is away: the reason shows, and fetching resumes by itself", async () => {
  const station = await rig.station({ front: true });
  await ready(station);
  await station.front.close();
  await station.inject([message("away")]);
  await trouble(station, /^INBOX: cannot connect to imap\.provider\.test:993: Connection refused$/m);
  await station.front.listen();
  await arrived(station, 1, 120);
  await ready(station);
  table.push("provider away | at the provider | delivered");
});

test.concurrent.each([
  ["of another authority", () => rig.authority.issue(IMAP_HOST, { selfSigned: true })],
  ["that has expired", () => rig.authority.issue(IMAP_HOST, { expired: true })],
  ["for another name", () => rig.authority.issue("imap.elsewhere.test")],
] as const)(
  "a certificate %s: no password goes out, the reason shows, a good one mends it",
  async (kind, certificate) => {
    const station = await rig.station({ front: true, start: false, certificate: certificate() });
    await station.inject([message(`certificate ${kind}`)]);
    station.pod.start();
    await trouble(station, /^INBOX: the provider's certificate is not accepted: /);
    await sleep(10_000);
    expect(station.front.logins).toBe(0);
    expect(await station.account()).toMatchObject({ delivered: 0, atProvider: 1 });
    await station.front.useCertificate(rig.authority.issue(IMAP_HOST));
    await arrived(station, 1, 120);
    table.push(`certificate ${kind} | at the provider | delivered`);
  },
);

test.concurrent("the network falls silent while waiting: noticed, and reconnected within five minutes", async () => {
  const station = await rig.station({ front: true });
  await ready(station);
  await sleep(2000);
  const before = station.front.connections;
  station.link("down");
  const start = performance.now();
  await trouble(station, /^INBOX: (cannot connect|connection to)/, 300);
  console.log(`idle: a link that went down was noticed after ${((performance.now() - start) / 1000).toFixed(0)} s`);
  await station.inject([message("after the silence")]);
  station.link("up");
  await arrived(station, 1, 120);
  expect(station.front.connections).toBeGreaterThan(before);
  table.push("network silent in IDLE | at the provider | delivered");
});

test.concurrent("the provider hangs in the middle of a fetch: noticed, and reconnected", async () => {
  const station = await rig.station({ front: true, start: false });
  station.front.dropBefore = (text) => {
    if (/ FETCH 10 BODY/.test(text) && station.front.connections === 1) station.front.silent = true;
    return false;
  };
  await station.inject(Array.from({ length: 30 }, (_, n) => message(`hang-${n}`)));
  station.pod.start();
  await until("the hang", () => station.front.silent, { seconds: 60 });
  station.front.dropBefore = () => false;
  const start = performance.now();
  setTimeout(() => {
    station.front.silent = false;
  }, 20_000);
  await arrived(station, 30, 280);
  console.log(`busy: a hung fetch was over after ${((performance.now() - start) / 1000).toFixed(0)} s`);
  await emptied(station);
  expect(await station.account()).toMatchObject({ lost: [], strange: [] });
  table.push("network silent in a fetch | at the provider | delivered");
});

test.concurrent("a provider without IDLE is asked every half minute", async () => {
  const station = await rig.station({ front: true });
  station.front.rewrite = (text) => text.replace(/ IDLE/g, "");
  await until("readiness", () => station.pod.ready().ready, { seconds: 40 });
  await sleep(3000);
  for (let n = 1; n <= 2; n += 1) {
    await station.inject([message(`polled-${n}`)]);
    await arrived(station, n, 45);
  }
  expect(station.front.commands.some((c) => / IDLE$/.test(c))).toBe(false);
  expect(station.pod.ready().ready).toBe(true);
});
