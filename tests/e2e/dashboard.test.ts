import * as fs from "node:fs";
import * as path from "node:path";
import { dashboard, panels } from "../../components/monitoring/dashboard";
import { ruleGroups } from "../../components/monitoring/rules";
import { scrapeFetcher } from "./support/fetcher";
import { Rules, type Series, watched } from "./support/prometheus";

const [mailbox = ""] = watched.mailboxes;

/** What others than this stack export of it: the names are those of kube-state-metrics, the kubelet and cert-manager. */
const others = [
  'kube_cronjob_created{namespace="mail",cronjob="stalwart-settings"}',
  'kube_cronjob_status_last_successful_time{namespace="mail",cronjob="stalwart-settings"}',
  'kube_pod_container_status_restarts_total{namespace="mail",pod="s",container="stalwart"}',
  'kubelet_volume_stats_used_bytes{namespace="mail",persistentvolumeclaim="stalwart-data"}',
  'kubelet_volume_stats_available_bytes{namespace="mail",persistentvolumeclaim="stalwart-data"}',
  'kubelet_volume_stats_capacity_bytes{namespace="mail",persistentvolumeclaim="stalwart-data"}',
  'certmanager_certificate_expiration_timestamp_seconds{namespace="mail",name="stalwart-tls"}',
];

const stalwart = fs
  .readFileSync(path.join(__dirname, "support/stalwart-metrics.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split(" ") as [string, string]);

let rules: Rules;
let exported: string;
let fetchers: string[];
let series: Series[];

beforeAll(async () => {
  rules = await Rules.create();
  exported = await scrapeFetcher(mailbox);
  // As Prometheus keeps them: with the namespace and the pod that it found them in.
  fetchers = exported
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/\} \S+$/, ',namespace="mail",pod="f"}'));
  const servers = stalwart
    .filter(([kind]) => kind !== "histogram")
    .map(([, name]) => `${name}{namespace="mail",pod="s"}`);
  series = [...fetchers, ...servers, ...others].map((name) => ({ series: name, values: "1+60x120" }));
});
afterAll(() => rules.remove());

const nameOf = (one: string): string => one.slice(0, one.indexOf("{"));

test("Prometheus reads what a running fetcher exports, and its linter accepts it", () => {
  const { status, text } = rules.run(["check", "metrics"], exported);
  expect({ status, text }).toEqual({ status: 0, text: "" });
  expect(new Set(fetchers.map(nameOf)).size).toBe(24); // 12 of the provider, 12 of a source
  expect(exported).not.toContain("@");
});

test("every query of the dashboard finds something among what is really exported", () => {
  const queries = panels(watched).flatMap((panel) => panel.queries);
  expect(queries.length).toBeGreaterThan(15);
  rules.expect(
    series,
    queries.map(({ expr }) => ({ at: "110m", expr: `count(${expr}) > bool 0`, is: 1 })),
  );
});

test("every query of the dashboard finds its series under the names of Stalwart 1.x, too", () => {
  const renamed = (name: string): string => {
    const [kind] = stalwart.find(([, known]) => known === name) ?? [];
    return kind === undefined ? name : `stalwart_${name}${kind === "counter" ? "_total" : ""}`;
  };
  const newer = series.map((one) => ({ ...one, series: one.series.replace(/^\w+/, renamed) }));
  expect(newer.some(({ series: name }) => name.startsWith("stalwart_delivery_completed_total{"))).toBe(true);
  rules.expect(
    newer,
    panels(watched)
      .flatMap((panel) => panel.queries)
      .map(({ expr }) => ({ at: "110m", expr: `count(${expr}) > bool 0`, is: 1 })),
  );
});

test("a query that finds nothing is noticed", () => {
  const expr = 'count(fetchmail_last_mail{namespace="mail"}) > bool 0';
  expect(() => rules.expect(series, [{ at: "110m", expr, is: 1 }])).toThrow(/FAILED/);
});

test("every series that rules and dashboard ask for is exported by a program or made by a rule", () => {
  const all = ruleGroups(watched).flatMap((group) => group.rules);
  const made = all.flatMap((rule) => ("record" in rule ? [rule.record] : []));
  const known = new Set([...series.map((one) => nameOf(one.series)), ...made]);
  const asked = [...all, ...panels(watched).flatMap((panel) => panel.queries)].flatMap(({ expr }) => [
    ...[...expr.matchAll(/([a-z_:]+)\{/g)].map(([, name]) => name as string),
    ...[...expr.matchAll(/__name__="([a-z_]+)"/g)].map(([, name]) => name as string),
  ]);
  expect(asked.length).toBeGreaterThan(30);
  expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
  const spelled = [...all, ...panels(watched).flatMap((panel) => panel.queries)].flatMap(({ expr }) =>
    [...expr.matchAll(/__name__=~"([^"]+)"/g)].map(([, name]) => name as string),
  );
  expect(spelled.length).toBeGreaterThan(20);
  const none = [...new Set(spelled)].filter(
    (spelling) => ![...known].some((name) => new RegExp(`^${spelling}$`).test(name)),
  );
  expect(none).toEqual([]);
  expect(JSON.stringify(all)).not.toContain("queue_count"); // a server without a licence has none
});

test("Grafana gets a dashboard with a place for each panel, and a data source to choose", () => {
  const { panels: drawn, templating } = dashboard(watched) as {
    panels: { id: number; gridPos: Record<string, number>; targets: { refId: string }[] }[];
    templating: { list: { type: string }[] };
  };
  expect(templating.list.map(({ type }) => type)).toEqual(["datasource"]);
  expect(new Set(drawn.map(({ id }) => id)).size).toBe(drawn.length);
  expect(new Set(drawn.map(({ gridPos: { x, y } }) => `${x},${y}`)).size).toBe(drawn.length);
  for (const { gridPos, targets } of drawn) {
    expect((gridPos.x ?? 0) + (gridPos.w ?? 0)).toBeLessThanOrEqual(24);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  }
});
