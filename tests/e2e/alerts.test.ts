import { alerts } from "../../components/monitoring/alerts";
import { cron, fetcher, isAboutFetching, server, useRules } from "./support/alerts";
import { type Series, watched } from "./support/prometheus";

const { rules, expectFiring, tried } = useRules();

test("Prometheus accepts the rules", () => {
  const { status, text } = rules().run(["check", "rules", "--lint=all", "--lint-fatal", rules().file("rules.yaml")]);
  expect({ status, text }).toMatchObject({ status: 0 });
  expect(text).toContain("16 rules found");
});

test("a rule that does not hold is noticed: the harness itself can fail", () => {
  expect(() => rules().expectFiring("MailSetAside", [fetcher("set_aside", "0x30")], { "20m": 1 })).toThrow(/FAILED/);
});

describe("MailQueueStuck", () => {
  const alert = "MailQueueStuck";

  test("MailQueueStuck fires for a message that is tried again for more than an hour, and resolves when it left", () => {
    const series = [
      server("queue_authenticated_message_queued", "3x9 4x200"),
      server("delivery_completed", "3x100 4x100"),
      server("queue_rescheduled", "0x12 1x5 2x10 3x15 4x30 5x100"),
    ];
    expectFiring(alert, series, { "60m": 0, "75m": 1, "100m": 1, "102m": 0 });
  });

  test("MailQueueStuck fires for the first message that the server ever had", () => {
    const series = [server("queue_message_queued", "1x200"), server("queue_rescheduled", "_x2 1x7 2x30 3x60 4x100")];
    expectFiring(alert, series, { "50m": 0, "75m": 1 });
  });

  test("MailQueueStuck stays quiet for a busy server whose queue is empty now and then", () => {
    const series = [
      server("queue_message_queued", "0+2x200"),
      server(
        "delivery_completed",
        "0 1 4 5 8 9 12 13 16 17 20 21 24 25 28 29 32 33 36 37 40 41 44 45 48 49 52 53 56 57 60 61 64 65 68 69 72 73 76 77 80 81 84 85 88 89 92 93 96 97 100 101 104 105 108 109 112 113 116 117 120 121 124 125 128 129 132 133 136 137 140",
      ),
      server("queue_rescheduled", "0+1x200"),
    ];
    expectFiring(alert, series, { "62m": 0, "70m": 0 });
  });

  test("MailQueueStuck stays quiet for a message that was delivered after half an hour of trying", () => {
    const series = [
      server("queue_message_queued", "5x9 6x200"),
      server("delivery_completed", "5x40 6x200"),
      server("queue_rescheduled", "0x12 1x5 2x10 3x200"),
    ];
    expectFiring(alert, series, { "30m": 0, "75m": 0, "120m": 0 });
  });

  test("MailQueueStuck forgets a message that somebody deleted three hours after its last try", () => {
    const series = [
      server("queue_message_queued", "5x9 6x400"),
      server("delivery_completed", "5x400"),
      server("queue_rescheduled", "0x12 1x5 2x10 3x15 4x30 5x400"),
    ];
    expectFiring(alert, series, { "80m": 1, "300m": 0 });
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
    "MailCertificateExpiring fires under 14 days, and resolves with the renewed certificate (%s)",
    (label) => {
      const renewed = certificate(`${13 * day}x30 ${90 * day}x30`, label);
      expectFiring(alert, [renewed], { "10m": 0, "16m": 1, "30m": 1, "32m": 0 });
    },
  );

  test("MailCertificateExpiring stays quiet with 15 days left, and for certificates of others", () => {
    const other = {
      series: 'certmanager_certificate_expiration_timestamp_seconds{namespace="shop",name="x"}',
      values: "60x60",
    };
    expectFiring(alert, [certificate(`${15 * day}x60`), other], { "30m": 0 });
  });
});

describe.each([
  ["MailSettingsFailing", "stalwart-settings", 30],
  ["MailSignInDown", "stalwart-reload", 15],
] as const)("%s", (alert, cronjob, minutes) => {
  const success = "kube_cronjob_status_last_successful_time";
  const around = (ahead: number): string => `${minutes + ahead}m`;

  test(`${alert} fires ${minutes} minutes after the last run that succeeded, and resolves with the next`, () => {
    const series = [cron("kube_cronjob_created", cronjob, "0x120"), cron(success, cronjob, "600x59 3600x60")];
    expectFiring(alert, series, { [around(9)]: 0, [around(11)]: 1, "59m": 1, "61m": 0 });
  });

  test(`${alert} fires when no run ever succeeded`, () => {
    expectFiring(alert, [cron("kube_cronjob_created", cronjob, "0x120")], { [around(-1)]: 0, [around(1)]: 1 });
  });

  test(`${alert} stays quiet while every other run fails`, () => {
    expectFiring(alert, [cron(success, cronjob, "0x9 600x9 1200x9 1800x9 2400x9")], { "9m": 0, "29m": 0, "49m": 0 });
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

  test("MailVolumeFilling fires above 80 % when the volume will be full within four days, and resolves when it was made larger", () => {
    // One in ten minutes: 720 within five days, and 150 are left.
    const filling = volume("850+0.1x400 100x200", "150-0.1x400 5000x200");
    expectFiring(alert, filling, { "10m": 0, "60m": 1, "399m": 1, "402m": 0 });
  });

  test("MailVolumeFilling stays quiet for a volume that is full to nine tenths and stays so", () => {
    expectFiring(alert, volume("900x600", "100x600"), { "60m": 0, "500m": 0 });
  });

  test("MailVolumeFilling stays quiet for a volume that fills and still has room", () => {
    expectFiring(alert, volume("500+0.1x600", "500-0.1x600"), { "60m": 0, "500m": 0 });
  });
});

describe("MailServerRestarting", () => {
  const alert = "MailServerRestarting";
  const restarts = (values: string): Series => ({
    series: 'kube_pod_container_status_restarts_total{namespace="mail",pod="s",container="stalwart"}',
    values,
  });

  test("MailServerRestarting fires at the third restart within an hour, and resolves when the server has run for one", () => {
    expectFiring(alert, [restarts("4x9 5x9 6x9 7x120")], { "28m": 0, "31m": 1, "60m": 1, "95m": 0 });
  });

  test("MailServerRestarting stays quiet at two restarts within an hour", () => {
    expectFiring(alert, [restarts("0x9 1x9 2x120")], { "21m": 0, "40m": 0, "65m": 0 });
  });

  test("MailServerRestarting stays quiet when another container of the pod restarts", () => {
    const other = { ...restarts("0+1x120"), series: restarts("").series.replace('"stalwart"', '"other"') };
    expectFiring(alert, [other], { "60m": 0 });
  });
});

describe("MailUndelivered", () => {
  const alert = "MailUndelivered";

  test("MailUndelivered fires for the first message that an account did not take, and resolves two hours after the last try", () => {
    expectFiring(alert, [server("limit_quota", "_x9 1x300")], { "5m": 0, "12m": 1, "120m": 1, "135m": 0 });
  });

  test("MailUndelivered goes on while the message is tried again, and over a restart of the server", () => {
    const series = [server("limit_quota", "_x9 1x59 2x59 3x59 stale"), server("limit_quota", "_x200 1x200")];
    expectFiring(
      alert,
      [{ ...series[0] } as Series, { ...series[1], series: 'limit_quota{namespace="mail",pod="t"}' } as Series],
      {
        "12m": 1,
        "185m": 1,
        "300m": 1,
      },
    );
  });

  test("MailUndelivered fires for a report to somebody outside that ended here, under the name of Stalwart 1.x, too", () => {
    expectFiring(alert, [server("delivery_double_bounce", "_x9 1x300")], { "5m": 0, "12m": 1 });
    expectFiring(alert, [server("stalwart_delivery_double_bounce_total", "_x9 1x300")], { "5m": 0, "12m": 1 });
  });

  test("MailUndelivered stays quiet for mail that is delivered", () => {
    expectFiring(alert, [server("message_ingest_ham", "0+1x300"), server("delivery_completed", "0+1x300")], {
      "3h": 0,
    });
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

  test("MailMetricsMissing stays quiet when every metric is there, under the older names and the newer", () => {
    expectFiring(alert, all, { "30m": 0, "110m": 0 });
    const newer = all.map((one) => ({ ...one, series: one.series.replace(/^(server|queue)\w+/, "stalwart_$&") }));
    expectFiring(alert, newer, { "30m": 0, "110m": 0 });
  });

  test.each(all.map((one) => one.series.replace(/\{.*/, "")).filter((name) => name !== "fetchmail_delivered_total"))(
    "MailMetricsMissing fires a quarter of an hour after %s is gone",
    (name) => {
      const rest = all.filter(({ series }) => !series.startsWith(`${name}{`));
      expectFiring(alert, rest, { "10m": 0, "40m": 1 });
    },
  );

  test("MailMetricsMissing stays quiet for a server that has seen no mail yet", () => {
    const quiet = all.filter(({ series }) => !/queue_|delivered/.test(series));
    expectFiring(alert, quiet, { "40m": 0 });
  });
});

test("every alert about the mail server, its volume and its certificate has a test here", () => {
  const others = alerts(watched).filter((alert) => !isAboutFetching(alert));
  expect([...tried].sort()).toEqual(others.map(({ name }) => name).sort());
});
