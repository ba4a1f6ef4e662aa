import { subjectOf } from "../support/message";
import { Findings } from "./support/docs";
import { Rig } from "./support/harness";
import { message } from "./support/messages";
import { arrived, differentOnes, emptied, ready } from "./support/waits";

/** Providers whose folders are all below INBOX (Courier, cPanel, DreamHost, Hetzner), or have other separators. */
const findings = new Findings("namespace");
afterAll(() => findings.publish());

const odd = { header: "a line that is no field" };

describe.each(["INBOX.", "INBOX/", "mail/"])("a provider whose folders begin with %s", (prefix) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.create({ prefix });
  });
  afterAll(() => rig.destroy());

  test("what was delivered is gone from the inbox, whatever way it took", async () => {
    const station = await rig.station({ start: false, mailbox: { folders: ["INBOX", "Junk"] } });
    station.sink.script = (stage, { message: m }) =>
      stage === "end" && m?.includes("poison") ? "554 5.6.0 no such thing here" : "ok";
    await station.inject([message("plain"), message("odd", odd), message("poison"), message("behind")]);
    await station.inject([message("unwanted")], "Junk");
    station.pod.start();
    await differentOnes(station, 4);
    const ports = Object.fromEntries(station.sink.deliveries.map((d) => [subjectOf(d.message), d.port]));
    expect(ports).toEqual({ plain: 25, odd: 25, behind: 25, unwanted: 2525 });
    expect(await station.account()).toMatchObject({ atProvider: 1, lost: [], strange: [], duplicates: 0 });
    station.sink.script = () => "ok";
    await emptied(station);
    await ready(station);
  });

  test("with keep, everything arrives once, and the originals stay in the inbox", async () => {
    const station = await rig.station({ start: false, mailbox: { keep: true } });
    await station.inject([...Array.from({ length: 6 }, (_, n) => message(`kept-${n}`)), message("odd", odd)]);
    const settle = await findings.during(`\`keep\`, and folders begin with \`${prefix}\``, station);
    station.pod.start();
    await arrived(station, 7);
    await ready(station);
    await station.pod.stop();
    station.pod.start();
    await station.inject([message("later")]);
    await arrived(station, 8);
    const { folders, ...account } = await station.account();
    expect(account).toMatchObject({ delivered: 8, duplicates: 0, lost: [], strange: [], misnamed: [] });
    expect(folders.INBOX).toBe(8);
    await settle();
  });
});
