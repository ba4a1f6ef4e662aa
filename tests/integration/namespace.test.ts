import { subjectOf } from "../support/message";
import { Findings } from "./support/docs";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { arrived, differentOnes, emptied, ready } from "./support/waits";

/** Providers whose folders are all below INBOX (Courier, cPanel, DreamHost, Hetzner), or have other separators. */
const findings = new Findings("namespace");
afterAll(() => findings.publish());

const odd = { header: "a line that is no field" };

describe.each(["INBOX.", "INBOX/", "mail/"])("a provider whose folders begin with %s", (prefix) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await Harness.create({ prefix });
  });
  afterAll(() => harness.destroy());

  test("what was delivered is gone from the inbox, whatever way it took", async () => {
    const fetcher = await harness.fetcher({ start: false, mailbox: { folders: ["INBOX", "Junk"] } });
    fetcher.sink.script = (stage, { message: m }) =>
      stage === "end" && m?.includes("poison") ? "554 5.6.0 no such thing here" : "ok";
    await fetcher.inject([message("plain"), message("odd", odd), message("poison"), message("behind")]);
    await fetcher.inject([message("unwanted")], "Junk");
    fetcher.pod.start();
    await differentOnes(fetcher, 4);
    const ports = Object.fromEntries(fetcher.sink.deliveries.map((d) => [subjectOf(d.message), d.port]));
    expect(ports).toEqual({ plain: 25, odd: 25, behind: 25, unwanted: 2525 });
    expect(await fetcher.account()).toMatchObject({ atProvider: 1, lost: [], strange: [], duplicates: 0 });
    fetcher.sink.script = () => "ok";
    await emptied(fetcher);
    await ready(fetcher);
  });

  test("with keep, everything arrives once, and the originals stay in the inbox", async () => {
    const fetcher = await harness.fetcher({ start: false, mailbox: { keep: true } });
    await fetcher.inject([...Array.from({ length: 6 }, (_, n) => message(`kept-${n}`)), message("odd", odd)]);
    const settle = await findings.during(`\`keep\`, and folders begin with \`${prefix}\``, fetcher);
    fetcher.pod.start();
    await arrived(fetcher, 7);
    await ready(fetcher);
    await fetcher.pod.stop();
    fetcher.pod.start();
    await fetcher.inject([message("later")]);
    await arrived(fetcher, 8);
    const { folders, ...account } = await fetcher.account();
    expect(account).toMatchObject({ delivered: 8, duplicates: 0, lost: [], strange: [], misnamed: [] });
    expect(folders.INBOX).toBe(8);
    await settle();
  });
});
