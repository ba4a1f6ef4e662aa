import { alerts } from "../../components/monitoring/alerts";
import { Rules, type Series, watched } from "./support/prometheus";

let rules: Rules;
beforeAll(async () => {
  rules = await Rules.create();
});
afterAll(() => rules.remove());

const tried = new Set<string>();
const fares = (alert: string, series: readonly Series[], times: Record<string, number>, interval?: string): void => {
  tried.add(alert);
  rules.fares(alert, series, times, interval);
};

const fetcher = (metric: string, values: string, mailbox = "kinga", more = 'folder="INBOX",pod="a"'): Series => ({
  series: `fetchmail_${metric}{namespace="mail",mailbox="${mailbox}",${more}}`,
  values,
});

const server = (metric: string, values: string): Series => ({ series: `${metric}{namespace="mail",pod="s"}`, values });

const cron = (metric: string, cronjob: string, values: string): Series => ({
  series: `${metric}{namespace="mail",cronjob="${cronjob}"}`,
  values,
});

test("Prometheus takes the rules", () => {
  const { status, text } = rules.run(["check", "rules", "--lint=all", "--lint-fatal", rules.file("rules.yaml")]);
  expect({ status, text }).toMatchObject({ status: 0 });
  expect(text).toContain("16 rules found");
});

test("a rule that does not hold is noticed: the harness itself can fail", () => {
  expect(() => rules.fares("MailSetAside", [fetcher("set_aside", "0x30")], { "20m": 1 })).toThrow(/FAILED/);
});

describe("MailProviderSilent", () => {
  const alert = "MailProviderSilent";
  const contact = "last_contact_timestamp_seconds";

  test("fires when the provider has not answered for 15 minutes, and resolves when it does again", () => {
    // Answers for ten minutes, then not for half an hour, then again.
    fares(alert, [fetcher(contact, "0+60x10 600x29 2400+60x30")], { "20m": 0, "26m": 1, "39m": 1, "41m": 0 });
  });

  test("stays quiet while the provider answers every ten minutes", () => {
    fares(alert, [fetcher(contact, "600x9 1200x9 1800x9 2400x9")], { "10m": 0, "19m": 0, "29m": 0, "39m": 0 });
  });

  test("fires for a mailbox that was never reached, and not in its first quarter of an hour", () => {
    fares(alert, [fetcher(contact, "0x40 2460+60x10")], { "14m": 0, "17m": 1, "40m": 1, "42m": 0 });
  });

  test("a fetcher's restart does not count as silence", () => {
    const before = fetcher(contact, "0+60x30 stale");
    const after = fetcher(contact, "_x30 0 0 1980+60x30", "kinga", 'folder="INBOX",pod="b"');
    fares(alert, [before, after], { "31m": 0, "32m": 0, "50m": 0 });
  });

  test("goes on when the fetcher is gone altogether, for more than a day", () => {
    fares(alert, [fetcher(contact, "0+60x60 stale")], { "90m": 1, "20h": 1, "40h": 1 });
  });

  test("does not miss a mailbox that is not in the configuration any more", () => {
    fares(alert, [fetcher(contact, "0+60x10 stale", "gone")], { "1h": 0 });
  });
});

describe("MailLoginRefused", () => {
  const alert = "MailLoginRefused";

  test("fires after five minutes, and resolves with the right password", () => {
    fares(alert, [fetcher("login_refused", "0x9 1x9 0x20")], { "12m": 0, "16m": 1, "21m": 0 });
  });

  test("a login that was refused once is none", () => {
    fares(alert, [fetcher("login_refused", "0x9 1x2 0x20")], { "11m": 0, "16m": 0, "20m": 0 });
  });
});

describe("MailSetAside", () => {
  const alert = "MailSetAside";

  test("fires for what lies in Fetcher-Refused, and resolves when it was delivered or taken out", () => {
    fares(alert, [fetcher("set_aside", "0x9 2x9 0x20")], { "12m": 0, "16m": 1, "21m": 0 });
  });

  test("stays quiet when nothing was refused", () => {
    fares(alert, [fetcher("set_aside", "0x60")], { "30m": 0 });
  });
});

describe("MailSourceFailing", () => {
  const alert = "MailSourceFailing";
  const ready = (values: string, folder = "INBOX") =>
    fetcher("source_ready", values, "kinga", `source="old-gmail",folder="${folder}",pod="a"`);

  test("fires when one folder of a source is not fetched for a quarter of an hour, and resolves when it is", () => {
    fares(alert, [ready("1x60"), ready("1x9 0x29 1x20", "Junk")], { "20m": 0, "27m": 1, "39m": 1, "41m": 0 });
  });

  test("stays quiet for a source that was removed, and for a mailbox that fails itself", () => {
    fares(alert, [ready("1x9 0x5 stale"), fetcher("ready", "0x60")], { "16m": 0, "40m": 0 });
  });
});

describe("MailSourceSetAside", () => {
  const alert = "MailSourceSetAside";

  test("fires for what is in Fetcher-Refused at a source, and no alert of the mailbox does", () => {
    const series = [fetcher("source_set_aside", "0x9 2x9 0x20", "kinga", 'source="isp",folder="INBOX",pod="a"')];
    fares(alert, series, { "12m": 0, "16m": 1, "21m": 0 });
    rules.fares("MailSetAside", series, { "16m": 0 });
  });
});

describe("MailQueueStuck", () => {
  const alert = "MailQueueStuck";

  test("fires for a message that is tried again for more than an hour, and resolves when it left", () => {
    const series = [
      server("queue_authenticated_message_queued", "3x9 4x200"),
      server("delivery_completed", "3x100 4x100"),
      server("queue_rescheduled", "0x12 1x5 2x10 3x15 4x30 5x100"),
    ];
    fares(alert, series, { "60m": 0, "75m": 1, "100m": 1, "102m": 0 });
  });

  test("fires for the first message that the server ever had", () => {
    const series = [server("queue_message_queued", "1x200"), server("queue_rescheduled", "_x2 1x7 2x30 3x60 4x100")];
    fares(alert, series, { "50m": 0, "75m": 1 });
  });

  test("a busy server, whose queue is empty now and then, is not stuck", () => {
    const series = [
      server("queue_message_queued", "0+2x200"),
      server(
        "delivery_completed",
        "0 1 4 5 8 9 12 13 16 17 20 21 24 25 28 29 32 33 36 37 40 41 44 45 48 49 52 53 56 57 60 61 64 65 68 69 72 73 76 77 80 81 84 85 88 89 92 93 96 97 100 101 104 105 108 109 112 113 116 117 120 121 124 125 128 129 132 133 136 137 140",
      ),
      server("queue_rescheduled", "0+1x200"),
    ];
    fares(alert, series, { "62m": 0, "70m": 0 });
  });

  test("a message that was delivered after half an hour of trying is not", () => {
    const series = [
      server("queue_message_queued", "5x9 6x200"),
      server("delivery_completed", "5x40 6x200"),
      server("queue_rescheduled", "0x12 1x5 2x10 3x200"),
    ];
    fares(alert, series, { "30m": 0, "75m": 0, "120m": 0 });
  });

  test("a message that somebody deleted is forgotten three hours after its last try", () => {
    const series = [
      server("queue_message_queued", "5x9 6x400"),
      server("delivery_completed", "5x400"),
      server("queue_rescheduled", "0x12 1x5 2x10 3x15 4x30 5x400"),
    ];
    fares(alert, series, { "80m": 1, "300m": 0 });
  });
});

describe("MailCertificateExpiring", () => {
  const alert = "MailCertificateExpiring";
  const day = 86_400;
  const certificate = (values: string, label = "exported_namespace"): Series => ({
    series: `certmanager_certificate_expiration_timestamp_seconds{${label}="mail",name="stalwart-tls"}`,
    values,
  });

  test.each(["exported_namespace", "namespace"])(
    "fires under 14 days, and resolves with the renewed one (%s)",
    (label) => {
      const renewed = certificate(`${13 * day}x30 ${90 * day}x30`, label);
      fares(alert, [renewed], { "10m": 0, "16m": 1, "30m": 1, "32m": 0 });
    },
  );

  test("stays quiet with 15 days left, and for certificates of others", () => {
    const other = {
      series: 'certmanager_certificate_expiration_timestamp_seconds{namespace="shop",name="x"}',
      values: "60x60",
    };
    fares(alert, [certificate(`${15 * day}x60`), other], { "30m": 0 });
  });
});

describe.each([
  ["MailSettingsFailing", "stalwart-settings", 30],
  ["MailSignInDown", "stalwart-reload", 15],
] as const)("%s", (alert, cronjob, minutes) => {
  const success = "kube_cronjob_status_last_successful_time";
  const around = (ahead: number): string => `${minutes + ahead}m`;

  test(`fires ${minutes} minutes after the last run that went well, and resolves with the next`, () => {
    const series = [cron("kube_cronjob_created", cronjob, "0x120"), cron(success, cronjob, "600x59 3600x60")];
    fares(alert, series, { [around(9)]: 0, [around(11)]: 1, "59m": 1, "61m": 0 });
  });

  test("fires when no run ever went well", () => {
    fares(alert, [cron("kube_cronjob_created", cronjob, "0x120")], { [around(-1)]: 0, [around(1)]: 1 });
  });

  test("stays quiet while every other run fails", () => {
    fares(alert, [cron(success, cronjob, "0x9 600x9 1200x9 1800x9 2400x9")], { "9m": 0, "29m": 0, "49m": 0 });
  });
});

describe("MailVolumeFilling", () => {
  const alert = "MailVolumeFilling";
  const claim = 'namespace="mail",persistentvolumeclaim="stalwart-data"';
  const volume = (used: string, available: string): Series[] => [
    { series: `kubelet_volume_stats_capacity_bytes{${claim}}`, values: "1000x600" },
    { series: `kubelet_volume_stats_used_bytes{${claim}}`, values: used },
    { series: `kubelet_volume_stats_available_bytes{${claim}}`, values: available },
  ];

  test("fires above 80 % when it will be full within four days, and resolves when it was made larger", () => {
    // One in ten minutes: 720 within five days, and 150 are left.
    const filling = volume("850+0.1x400 100x200", "150-0.1x400 5000x200");
    fares(alert, filling, { "10m": 0, "60m": 1, "399m": 1, "402m": 0 });
  });

  test("a volume that is full to nine tenths and stays so is no alarm", () => {
    fares(alert, volume("900x600", "100x600"), { "60m": 0, "500m": 0 });
  });

  test("nor is one that fills, and has room yet", () => {
    fares(alert, volume("500+0.1x600", "500-0.1x600"), { "60m": 0, "500m": 0 });
  });
});

describe("MailServerRestarting", () => {
  const alert = "MailServerRestarting";
  const restarts = (values: string): Series => ({
    series: 'kube_pod_container_status_restarts_total{namespace="mail",pod="s",container="stalwart"}',
    values,
  });

  test("fires at the third restart within an hour, and resolves when it has run for one", () => {
    fares(alert, [restarts("4x9 5x9 6x9 7x120")], { "28m": 0, "31m": 1, "60m": 1, "95m": 0 });
  });

  test("two within an hour are not more than two", () => {
    fares(alert, [restarts("0x9 1x9 2x120")], { "21m": 0, "40m": 0, "65m": 0 });
  });

  test("another container of the pod is not the server", () => {
    const other = { ...restarts("0+1x120"), series: restarts("").series.replace('"stalwart"', '"other"') };
    fares(alert, [other], { "60m": 0 });
  });
});

describe("MailUnusuallyQuiet", () => {
  const alert = "MailUnusuallyQuiet";
  const last = "last_delivery_timestamp_seconds";
  const hour = 3600;
  /** A message every six hours, for a number of days; one sample per hour. */
  const regular = (days: number): string =>
    Array.from({ length: days * 4 }, (_, n) => `${n * 6 * hour + 1}x5`).join(" ");

  test("fires when the pause is longer than ever, and resolves with the next message", () => {
    const end = 9 * 24;
    const values = `${regular(9)} ${(end - 6) * hour + 1}x5 ${(end + 6) * hour}x5`;
    // The last regular one came six hours before the ninth day's end; the next is twelve hours later.
    fares(alert, [fetcher(last, values)], { [`${end - 1}h`]: 0, [`${end + 3}h`]: 1, [`${end + 7}h`]: 0 }, "1h");
  });

  test("a night as every night is none", () => {
    fares(alert, [fetcher(last, regular(10))], { "100h": 0, "200h": 0, "230h": 0 }, "1h");
  });

  test("a mailbox that is known for less than a week is not judged", () => {
    const end = 3 * 24;
    fares(alert, [fetcher(last, `${regular(3)} ${(end - 6) * hour + 1}x60`)], { [`${end + 20}h`]: 0 }, "1h");
  });

  test("a fetcher's restart, after which it knows of no delivery, changes nothing", () => {
    const end = 9 * 24;
    const restarted = fetcher(last, `_x${end} 0x3`, "kinga", 'folder="INBOX",pod="b"');
    fares(alert, [fetcher(last, `${regular(9)} stale`), restarted], { [`${end - 1}h`]: 0, [`${end + 2}h`]: 1 }, "1h");
  });

  test("the longest pause so far is what it was, to ten minutes", () => {
    const query = 'homelab_mail:longest_pause:seconds{mailbox="kinga"} / 3600';
    rules.expect(
      [fetcher(last, `${regular(1)} ${30 * hour}x5`)],
      [
        { at: "20h", expr: `floor(sum(${query}))`, is: 6 },
        { at: "31h", expr: `floor(sum(${query}))`, is: 11 },
      ],
      "1h",
    );
  });
});

describe("MailUndelivered", () => {
  const alert = "MailUndelivered";

  test("fires for the first message that an account did not take, and resolves two hours after the last try", () => {
    fares(alert, [server("limit_quota", "_x9 1x300")], { "5m": 0, "12m": 1, "120m": 1, "135m": 0 });
  });

  test("goes on while the message is tried again, and over a restart of the server", () => {
    const series = [server("limit_quota", "_x9 1x59 2x59 3x59 stale"), server("limit_quota", "_x200 1x200")];
    fares(
      alert,
      [{ ...series[0] } as Series, { ...series[1], series: 'limit_quota{namespace="mail",pod="t"}' } as Series],
      {
        "12m": 1,
        "185m": 1,
        "300m": 1,
      },
    );
  });

  test("fires for a report to somebody outside that ended here, under the name of Stalwart 1.x, too", () => {
    fares(alert, [server("delivery_double_bounce", "_x9 1x300")], { "5m": 0, "12m": 1 });
    fares(alert, [server("stalwart_delivery_double_bounce_total", "_x9 1x300")], { "5m": 0, "12m": 1 });
  });

  test("stays quiet for mail that is delivered", () => {
    fares(alert, [server("message_ingest_ham", "0+1x300"), server("delivery_completed", "0+1x300")], { "3h": 0 });
  });
});

describe("MailMetricsMissing", () => {
  const alert = "MailMetricsMissing";
  const all = [
    fetcher("ready", "1x120"),
    fetcher("delivered_total", "0+1x120"),
    server("server_memory", "1x120"),
    server("queue_message_queued", "1+1x120"),
    cron("kube_cronjob_created", "stalwart-settings", "0x120"),
  ];

  test("stays quiet when everything is there, under the older names and the newer", () => {
    fares(alert, all, { "30m": 0, "110m": 0 });
    const newer = all.map((one) => ({ ...one, series: one.series.replace(/^(server|queue)\w+/, "stalwart_$&") }));
    fares(alert, newer, { "30m": 0, "110m": 0 });
  });

  test.each(all.map((one) => one.series.replace(/\{.*/, "")).filter((name) => name !== "fetchmail_delivered_total"))(
    "fires when %s is gone, after a quarter of an hour",
    (name) => {
      const rest = all.filter(({ series }) => !series.startsWith(`${name}{`));
      fares(alert, rest, { "10m": 0, "40m": 1 });
    },
  );

  test("a server that has seen no mail yet is not accused", () => {
    const quiet = all.filter(({ series }) => !/queue_|delivered/.test(series));
    fares(alert, quiet, { "40m": 0 });
  });
});

test("no alert is left out here", () => {
  expect([...tried].sort()).toEqual(
    alerts(watched)
      .map(({ name }) => name)
      .sort(),
  );
});
