import { alerts } from "../../components/monitoring/alerts";
import { fetcher, isAboutFetching, useRules } from "./support/alerts";
import { watched } from "./support/prometheus";

const { rules, expectFiring, tried } = useRules();

describe("MailProviderSilent", () => {
  const alert = "MailProviderSilent";
  const contact = "last_contact_timestamp_seconds";

  test("MailProviderSilent fires when the provider has not answered for 15 minutes, and resolves when it does again", () => {
    // Answers for ten minutes, then not for half an hour, then again.
    expectFiring(alert, [fetcher(contact, "0+60x10 600x29 2400+60x30")], { "20m": 0, "26m": 1, "39m": 1, "41m": 0 });
  });

  test("MailProviderSilent stays quiet while the provider answers every ten minutes", () => {
    expectFiring(alert, [fetcher(contact, "600x9 1200x9 1800x9 2400x9")], { "10m": 0, "19m": 0, "29m": 0, "39m": 0 });
  });

  test("MailProviderSilent fires for a mailbox that was never reached, and not in its first quarter of an hour", () => {
    expectFiring(alert, [fetcher(contact, "0x40 2460+60x10")], { "14m": 0, "17m": 1, "40m": 1, "42m": 0 });
  });

  test("MailProviderSilent does not count a fetcher's restart as silence", () => {
    const before = fetcher(contact, "0+60x30 stale");
    const after = fetcher(contact, "_x30 0 0 1980+60x30", "kinga", 'folder="INBOX",pod="b"');
    expectFiring(alert, [before, after], { "31m": 0, "32m": 0, "50m": 0 });
  });

  test("MailProviderSilent goes on when the fetcher is gone altogether, for more than a day", () => {
    expectFiring(alert, [fetcher(contact, "0+60x60 stale")], { "90m": 1, "20h": 1, "40h": 1 });
  });

  test("MailProviderSilent resolves for a mailbox that is not in the configuration any more", () => {
    expectFiring(alert, [fetcher(contact, "0+60x10 stale", "gone")], { "1h": 0 });
  });
});

describe("MailLoginRefused", () => {
  const alert = "MailLoginRefused";

  test("MailLoginRefused fires after five minutes, and resolves with the right password", () => {
    expectFiring(alert, [fetcher("login_refused", "0x9 1x9 0x20")], { "12m": 0, "16m": 1, "21m": 0 });
  });

  test("MailLoginRefused stays quiet for a login that was refused once", () => {
    expectFiring(alert, [fetcher("login_refused", "0x9 1x2 0x20")], { "11m": 0, "16m": 0, "20m": 0 });
  });
});

describe("MailSetAside", () => {
  const alert = "MailSetAside";

  test("MailSetAside fires for what is in Fetcher-Refused, and resolves when it was delivered or taken out", () => {
    expectFiring(alert, [fetcher("set_aside", "0x9 2x9 0x20")], { "12m": 0, "16m": 1, "21m": 0 });
  });

  test("MailSetAside stays quiet when nothing was refused", () => {
    expectFiring(alert, [fetcher("set_aside", "0x60")], { "30m": 0 });
  });
});

describe("MailSourceFailing", () => {
  const alert = "MailSourceFailing";
  const ready = (values: string, folder = "INBOX") =>
    fetcher("source_ready", values, "kinga", `source="old-gmail",folder="${folder}",pod="a"`);

  test("MailSourceFailing fires when one folder of a source is not fetched for a quarter of an hour, and resolves when it is", () => {
    expectFiring(alert, [ready("1x60"), ready("1x9 0x29 1x20", "Junk")], { "20m": 0, "27m": 1, "39m": 1, "41m": 0 });
  });

  test("MailSourceFailing stays quiet for a source that was removed, and for a mailbox that fails itself", () => {
    expectFiring(alert, [ready("1x9 0x5 stale"), fetcher("ready", "0x60")], { "16m": 0, "40m": 0 });
  });
});

describe("MailSourceSetAside", () => {
  const alert = "MailSourceSetAside";

  test("MailSourceSetAside fires for what is in Fetcher-Refused at a source, and no alert of the mailbox does", () => {
    const series = [fetcher("source_set_aside", "0x9 2x9 0x20", "kinga", 'source="isp",folder="INBOX",pod="a"')];
    expectFiring(alert, series, { "12m": 0, "16m": 1, "21m": 0 });
    rules().expectFiring("MailSetAside", series, { "16m": 0 });
  });
});

describe("MailUnusuallyQuiet", () => {
  const alert = "MailUnusuallyQuiet";
  const last = "last_delivery_timestamp_seconds";
  const hour = 3600;
  /** A message every six hours, for a number of days; one sample per hour. */
  const regular = (days: number): string =>
    Array.from({ length: days * 4 }, (_, n) => `${n * 6 * hour + 1}x5`).join(" ");

  test("MailUnusuallyQuiet fires when the pause is longer than ever, and resolves with the next message", () => {
    const end = 9 * 24;
    const values = `${regular(9)} ${(end - 6) * hour + 1}x5 ${(end + 6) * hour}x5`;
    // The last regular one came six hours before the ninth day's end; the next is twelve hours later.
    expectFiring(alert, [fetcher(last, values)], { [`${end - 1}h`]: 0, [`${end + 3}h`]: 1, [`${end + 7}h`]: 0 }, "1h");
  });

  test("MailUnusuallyQuiet stays quiet in a night like every other", () => {
    expectFiring(alert, [fetcher(last, regular(10))], { "100h": 0, "200h": 0, "230h": 0 }, "1h");
  });

  test("MailUnusuallyQuiet stays quiet for a mailbox that is known for less than a week", () => {
    const end = 3 * 24;
    expectFiring(alert, [fetcher(last, `${regular(3)} ${(end - 6) * hour + 1}x60`)], { [`${end + 20}h`]: 0 }, "1h");
  });

  test("MailUnusuallyQuiet is not changed by a restart of the fetcher, after which it knows of no delivery", () => {
    const end = 9 * 24;
    const restarted = fetcher(last, `_x${end} 0x3`, "kinga", 'folder="INBOX",pod="b"');
    expectFiring(
      alert,
      [fetcher(last, `${regular(9)} stale`), restarted],
      { [`${end - 1}h`]: 0, [`${end + 2}h`]: 1 },
      "1h",
    );
  });

  test("MailUnusuallyQuiet knows the longest pause so far to ten minutes", () => {
    const query = 'homelab_mail:longest_pause:seconds{mailbox="kinga"} / 3600';
    rules().expect(
      [fetcher(last, `${regular(1)} ${30 * hour}x5`)],
      [
        { at: "20h", expr: `floor(sum(${query}))`, is: 6 },
        { at: "31h", expr: `floor(sum(${query}))`, is: 11 },
      ],
      "1h",
    );
  });
});

test("every alert about fetching has a test here", () => {
  const fetching = alerts(watched).filter(isAboutFetching);
  expect([...tried].sort()).toEqual(fetching.map(({ name }) => name).sort());
});
