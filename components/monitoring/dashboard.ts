import { names } from "../../config/names";
import { cluster, fetcher, type MonitoredStack, pending, server } from "./metrics";
import { LAST_DELIVERY, LONGEST_PAUSE } from "./recordings";

/** One line, number or bar of the dashboard. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly kind: "stat" | "timeseries";
  /** Grafana's name for it. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

const byMailbox = (expr: string): string => `max by (mailbox) (${expr})`;

function mailIn(stack: MonitoredStack): Panel[] {
  const of = fetcher(stack);
  const one = (title: string, unit: string, expr: string): Panel => ({
    title,
    kind: "stat",
    unit,
    queries: [{ expr, legend: "{{mailbox}}" }],
  });
  return [
    one("Since the last mail", "s", `time() - ${LAST_DELIVERY}{namespace="${stack.namespace}"}`),
    one("Longest pause so far", "s", `${LONGEST_PAUSE}{namespace="${stack.namespace}"}`),
    one("Since the provider last answered", "s", `time() - (${byMailbox(of("last_contact_timestamp_seconds"))} > 0)`),
    one("Waiting at the provider", "short", byMailbox(of("waiting"))),
    one("Set aside", "short", byMailbox(of("set_aside"))),
    one("Login refused", "short", byMailbox(of("login_refused"))),
    {
      title: "Fetched",
      kind: "timeseries",
      unit: "short",
      queries: [{ expr: `sum by (mailbox) (increase(${of("delivered_total")}[1h]))`, legend: "{{mailbox}}, an hour" }],
    },
    {
      title: "Whether mail flows",
      kind: "timeseries",
      unit: "short",
      queries: [{ expr: `min by (mailbox) (${of("ready")})`, legend: "{{mailbox}}" }],
    },
  ];
}

/** Accounts elsewhere that are fetched as well; empty without any. */
function mailFromSources(stack: MonitoredStack): Panel[] {
  const panel = (title: string, kind: Panel["kind"], unit: string, expr: string): Panel => ({
    title,
    kind,
    unit,
    queries: [{ expr, legend: "{{mailbox}}, {{source}}" }],
  });
  const of = (metric: string): string => fetcher(stack)(`source_${metric}`);
  const by = "by (mailbox, source)";
  return [
    panel(
      "Since a source last answered",
      "stat",
      "s",
      `time() - (max ${by} (${of("last_contact_timestamp_seconds")}) > 0)`,
    ),
    panel("Waiting at sources", "stat", "short", `max ${by} (${of("waiting")})`),
    panel("Set aside at sources", "stat", "short", `max ${by} (${of("set_aside")})`),
    panel("Login refused by sources", "stat", "short", `max ${by} (${of("login_refused")})`),
    panel("Fetched from sources, an hour", "timeseries", "short", `sum ${by} (increase(${of("delivered_total")}[1h]))`),
    panel("Whether mail flows from sources", "timeseries", "short", `min ${by} (${of("ready")})`),
  ];
}

function mailServer(stack: MonitoredStack): Panel[] {
  const of = server(stack);
  const line = (metric: string, legend: string): Query => ({ expr: `sum(${of(metric)})`, legend });
  const hourly = (metric: string, legend: string): Query => ({
    expr: `sum(increase(${of(metric)}[1h]))`,
    legend,
  });
  const graph = (title: string, unit: string, queries: readonly Query[]): Panel => ({
    title,
    kind: "timeseries",
    unit,
    queries,
  });
  return [
    graph("In the queue", "short", [{ expr: pending(stack), legend: "messages" }]),
    graph("Sending, an hour", "short", [
      hourly("queue_authenticated_message_queued", "from users"),
      hourly("delivery_completed", "done with"),
      hourly("queue_rescheduled", "put off"),
      hourly("delivery_auth_failed", "the provider refused the relay's login"),
    ]),
    graph("Connections", "short", [
      line("imap_active_connections", "IMAP"),
      line("smtp_active_connections", "SMTP"),
      line("http_active_connections", "HTTP"),
    ]),
    graph("Logins, an hour", "short", [hourly("auth_success", "let in"), hourly("auth_failed", "refused")]),
    graph("Memory", "bytes", [line("server_memory", "the server")]),
  ];
}

function around(stack: MonitoredStack): Panel[] {
  const of = cluster(stack);
  const claims = `persistentvolumeclaim=~"${names.dataClaim}|${names.webmailClaim}"`;
  const jobs = `cronjob=~"${names.settings}|${names.reload}"`;
  return [
    {
      title: "Volumes",
      kind: "timeseries",
      unit: "percentunit",
      queries: [
        {
          expr: `max by (persistentvolumeclaim) (${of("kubelet_volume_stats_used_bytes", claims)} / ${of("kubelet_volume_stats_capacity_bytes", claims)})`,
          legend: "{{persistentvolumeclaim}}",
        },
      ],
    },
    {
      title: "Since the last settings run that went well",
      kind: "stat",
      unit: "s",
      queries: [
        {
          expr: `time() - max by (cronjob) (${of("kube_cronjob_status_last_successful_time", jobs)})`,
          legend: "{{cronjob}}",
        },
      ],
    },
    {
      title: "Restarts of the mail server",
      kind: "stat",
      unit: "short",
      queries: [
        {
          expr: `sum(${of("kube_pod_container_status_restarts_total", `container="${names.stalwart}"`)})`,
          legend: "since its pod was made",
        },
      ],
    },
  ];
}

/** Every panel, in the order in which they are read. */
export const panels = (stack: MonitoredStack): Panel[] => [
  ...mailIn(stack),
  ...mailFromSources(stack),
  ...mailServer(stack),
  ...around(stack),
];

const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 7;

/** The dashboard as Grafana stores one. Its uid names the stack, so that two stacks have two. */
export function dashboard(stack: MonitoredStack): Record<string, unknown> {
  const datasource = { type: "prometheus", uid: `\${datasource}` };
  return {
    uid: `homelab-mail-${stack.namespace}`.slice(0, 40),
    title: `Mail (${stack.namespace})`,
    tags: ["homelab-mail"],
    schemaVersion: 39,
    editable: false,
    refresh: "1m",
    time: { from: "now-24h", to: "now" },
    templating: { list: [{ name: "datasource", type: "datasource", query: "prometheus", label: "Prometheus" }] },
    panels: panels(stack).map(({ title, kind, unit, queries }, n) => ({
      id: n + 1,
      title,
      type: kind,
      datasource,
      gridPos: { x: (n % COLUMNS) * WIDTH, y: Math.floor(n / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
      fieldConfig: { defaults: { unit }, overrides: [] },
      targets: queries.map(({ expr, legend }, m) => ({
        refId: String.fromCharCode(65 + m),
        datasource,
        expr,
        legendFormat: legend,
      })),
    })),
  };
}
