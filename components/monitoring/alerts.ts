import { names } from "../../config/names";
import { cluster, fetcher, type MonitoredStack, pending, queued, server } from "./metrics";
import { LAST_DELIVERY, LONGEST_PAUSE, PER_MAILBOX, recorded } from "./recordings";

/** The doctor's groups of checks. */
export type DoctorGroup = "Configuration" | "DNS" | "Certificates" | "Provider" | "Sign-in" | "Cluster" | "Flow";

export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** How long the expression must be true. */
  readonly for?: string;
  /** Critical when mail does not flow, or a user cannot sign in. */
  readonly severity: "critical" | "warning";
  /** Prometheus' template: one sentence. */
  readonly summary: string;
  /** The doctor's group that checks the same. */
  readonly doctor: DoctorGroup;
}

const DAY = 86_400;

/** The latest contact with the provider by any pod of a mailbox, within a month. */
function silent(stack: MonitoredStack): string {
  const contact = fetcher(stack)("last_contact_timestamp_seconds", ',folder="INBOX"');
  const latest = `max by (${PER_MAILBOX}) (max_over_time(${contact}[1h]) or max_over_time(${contact}[30d:30m]))`;
  // 0 means never: such a mailbox counts as silent once it has been monitored for that long.
  const never = `max by (${PER_MAILBOX}) (max_over_time(${contact}[15m])) == 0 and max by (${PER_MAILBOX}) (${contact} offset 15m)`;
  return `time() - (${latest} > 0) > 900 or (${never})`;
}

/** Seconds since a CronJob's last successful run, or since its creation. */
function sinceSuccess(stack: MonitoredStack, name: string): string {
  const of = (metric: string): string => `max by (namespace, cronjob) (${cluster(stack)(metric, `cronjob="${name}"`)})`;
  return `time() - (${of("kube_cronjob_status_last_successful_time")} or ${of("kube_cronjob_created")})`;
}

/** cert-manager's metric, whether its label `namespace` was kept or replaced by the namespace of its pod. */
function certificateLeft({ namespace }: MonitoredStack): string {
  const metric = "certmanager_certificate_expiration_timestamp_seconds";
  return `min by (name) ({__name__="${metric}",exported_namespace="${namespace}"} or {__name__="${metric}",namespace="${namespace}"}) - time()`;
}

function fillingUp(stack: MonitoredStack): string {
  const claims = `persistentvolumeclaim=~"${names.dataClaim}|${names.webmailClaim}"`;
  const volume = (what: string): string => cluster(stack)(`kubelet_volume_stats_${what}`, claims);
  const by = "by (namespace, persistentvolumeclaim)";
  return (
    `max ${by} (${volume("used_bytes")} / ${volume("capacity_bytes")}) > 0.8 ` +
    `and min ${by} (predict_linear(${volume("available_bytes")}[6h], ${4 * DAY})) < 0`
  );
}

function restarts(stack: MonitoredStack): string {
  const count = cluster(stack)("kube_pod_container_status_restarts_total", `container="${names.stalwart}"`);
  // Not increase(), which extrapolates: two would become 2.02.
  return `sum by (namespace) (${count} - min_over_time(${count}[1h])) > 2`;
}

/**
 * Events of the server that mean that an account did not accept a message (crates/email/src/message/delivery.rs): the account is
 * over its quota, or the message cannot be parsed; and the event for a delivery report that is dropped, because outside senders
 * get none (components/mailserver/planDelivery.ts).
 */
const UNDELIVERED = ["limit_quota", "limit_tenant_quota", "message_ingest_error", "delivery_double_bounce"];

/** Those events within two hours. A counter appears with its first event, which increase() does not count. */
function undelivered(stack: MonitoredStack): string {
  return UNDELIVERED.map((event) => {
    const count = server(stack)(event);
    return `sum by (namespace) (increase(${count}[2h]) > 0 or ((${count} unless ${count} offset 2h) > 0))`;
  }).join(" or ");
}

/** Series without which alerts would never fire, each under a name that identifies it. */
function missing(stack: MonitoredStack): string {
  const named = (expr: string, series: string): string => `label_replace(${expr}, "series", "${series}", "", "")`;
  const gone = (selector: string, series: string): string => named(`absent(${selector})`, series);
  const delivered = `sum by (namespace) (increase(${fetcher(stack)("delivered_total")}[1h])) > 1`;
  return [
    gone(fetcher(stack)("ready"), "fetchmail_ready"),
    gone(server(stack)("server_memory"), "server_memory"),
    // A counter does not exist before its first event; a fetcher's delivery is such an event.
    named(`(${delivered} unless on (namespace) ${queued(stack)})`, "queue_message_queued"),
    gone(cluster(stack)("kube_cronjob_created", `cronjob="${names.settings}"`), "kube_cronjob_created"),
  ].join(" or ");
}

/** All alerts, in the order of docs/reference/alerts.md. */
export function alerts(stack: MonitoredStack): Alert[] {
  const last = recorded(stack, LAST_DELIVERY);
  const queue = pending(stack);
  const bySource = `${PER_MAILBOX}, source`;
  const byFolder = (metric: string): string => `max by (${PER_MAILBOX}, folder) (${fetcher(stack)(metric)})`;
  return [
    {
      name: "MailProviderSilent",
      expr: silent(stack),
      severity: "critical",
      summary: "The provider has not answered {{ $labels.mailbox }}'s fetcher for 15 minutes: no mail comes in.",
      doctor: "Provider",
    },
    {
      name: "MailLoginRefused",
      expr: `${byFolder("login_refused")} > 0`,
      for: "5m",
      severity: "critical",
      summary:
        "The provider refuses the login of {{ $labels.mailbox }}: its mail waits there until the password is right.",
      doctor: "Provider",
    },
    {
      name: "MailSetAside",
      expr: `${byFolder("set_aside")} > 0`,
      for: "5m",
      severity: "warning",
      summary:
        "{{ $value }} of {{ $labels.mailbox }}'s messages could not be delivered and lie in Fetcher-Refused at the provider.",
      doctor: "Provider",
    },
    {
      name: "MailSourceFailing",
      // Unlike the provider's, this alert ends when the source is removed from the configuration.
      expr: `min by (${bySource}) (${fetcher(stack)("source_ready")}) == 0`,
      for: "15m",
      severity: "warning",
      summary: "{{ $labels.mailbox }}'s source {{ $labels.source }} is not fetched: its mail waits there.",
      doctor: "Provider",
    },
    {
      name: "MailSourceSetAside",
      expr: `max by (${bySource}, folder) (${fetcher(stack)("source_set_aside")}) > 0`,
      for: "5m",
      severity: "warning",
      summary:
        "{{ $value }} of the messages of {{ $labels.mailbox }}'s source {{ $labels.source }} could not be delivered and are in Fetcher-Refused there.",
      doctor: "Provider",
    },
    {
      name: "MailQueueStuck",
      // The server does not export the age of queued messages. So the alert fires if the queue had a message an hour ago, has
      // not been empty since, and the server has retried one. The last condition also ends the alert when a message is
      // deleted, which is never counted as completed.
      expr:
        `min_over_time(${queue}[1h:1m]) > 0 and last_over_time(${queue}[5m:1m] offset 1h) > 0 ` +
        `and on (namespace) sum by (namespace) (increase(${server(stack)("queue_rescheduled")}[3h])) > 0`,
      severity: "critical",
      summary: "A message has been in the mail server's queue for more than an hour, and is tried again and again.",
      doctor: "Flow",
    },
    {
      name: "MailUndelivered",
      expr: undelivered(stack),
      severity: "critical",
      summary: "A message that the mail server had accepted could not be put into its account; its sender is not told.",
      doctor: "Flow",
    },
    {
      name: "MailCertificateExpiring",
      expr: `${certificateLeft(stack)} < ${14 * DAY}`,
      for: "15m",
      severity: "warning",
      summary:
        "The certificate {{ $labels.name }} runs out in {{ $value | humanizeDuration }}, and should have been renewed.",
      doctor: "Certificates",
    },
    {
      name: "MailSettingsFailing",
      expr: `${sinceSuccess(stack, names.settings)} > 1800`,
      severity: "warning",
      summary: "The mail server's settings have not been applied for {{ $value | humanizeDuration }}.",
      doctor: "Cluster",
    },
    {
      name: "MailSignInDown",
      // A reload fails as a whole while the identity provider is unreachable.
      expr: `${sinceSuccess(stack, names.reload)} > 900`,
      severity: "critical",
      summary:
        "The mail server could not take up its sign-in for {{ $value | humanizeDuration }}: most likely the identity provider does not answer.",
      doctor: "Sign-in",
    },
    {
      name: "MailVolumeFilling",
      expr: fillingUp(stack),
      for: "15m",
      severity: "warning",
      summary:
        "The volume {{ $labels.persistentvolumeclaim }} is {{ $value | humanizePercentage }} full, and will be full within four days.",
      doctor: "Cluster",
    },
    {
      name: "MailServerRestarting",
      expr: restarts(stack),
      severity: "critical",
      summary: "The mail server was restarted {{ $value }} times within an hour.",
      doctor: "Cluster",
    },
    {
      name: "MailUnusuallyQuiet",
      // Only for mailboxes that have been monitored for a week: in the first night, every silence is the longest one so far.
      expr: `time() - ${last} > ${recorded(stack, LONGEST_PAUSE)} ` + `and present_over_time(${last}[1h] offset 7d)`,
      for: "10m",
      severity: "warning",
      summary:
        "No mail at all has come for {{ $labels.mailbox }} for {{ $value | humanizeDuration }}, longer than ever before.",
      doctor: "Flow",
    },
    {
      name: "MailMetricsMissing",
      expr: missing(stack),
      for: "15m",
      severity: "warning",
      summary: "Prometheus has no {{ $labels.series }} of the mail stack: alerts that look at it cannot fire.",
      doctor: "Cluster",
    },
  ];
}
