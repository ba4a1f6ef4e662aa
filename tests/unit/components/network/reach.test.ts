import { type PolicyArgs, policies } from "../../../../components/network/policies";
import { fetcherName, migrationName, names, selector } from "../../../../config/names";
import { endpoints, open, type Source } from "../../../live/support/table";
import { sampleConfig, sampleMailbox, sampleSource } from "../../../support/sample";
import { Enforced, outside, type Pod } from "./enforced";

const args: PolicyArgs = {
  provider: sampleConfig().provider,
  ingressNamespace: "edge",
  metricsNamespace: "monitoring",
  relayNamespaces: [],
};
const ours = (app: string, instance?: string): Pod => ({ namespace: "mail", labels: selector(app, instance) });
const elsewhere = (namespace: string): Pod => ({ namespace, labels: {} });

const pods = {
  stalwart: ours(names.stalwart),
  webmail: ours(names.roundcube),
  settings: ours(names.settings),
  "alpar's fetcher": ours(names.fetchmail, fetcherName("alpar")),
  "kinga's fetcher": ours(names.fetchmail, fetcherName("kinga")),
  "a migration": ours(names.migration, migrationName("old")),
  "the backup": ours(names.backup),
  "a solver of challenges": { namespace: "mail", labels: { "acme.cert-manager.io/http01-solver": "true" } },
  "a stranger": ours("stranger"),
  "a pod elsewhere": elsewhere("apps"),
  "the ingress controller": elsewhere("edge"),
  Prometheus: elsewhere("monitoring"),
} as const;
type Name = keyof typeof pods;

const PORTS = [25, 53, 80, 443, 465, 587, 993, 1993, 2525, 3001, 4190, 6443, 8000, 8080, 8081, 8089];
const MORE = [8443, 9443, 10993, 16443];

/** What a pod reaches, as `pod port`; a port of anything outside of the cluster alone. */
function reach(enforced: Enforced, from: Name): string[] {
  const to = (name: Name): number[] => PORTS.filter((port) => enforced.allows(pods[from], pods[name], port));
  return [
    ...[...PORTS, ...MORE].filter((port) => enforced.allows(pods[from], outside, port)).map(String),
    ...(Object.keys(pods) as Name[])
      .filter((name) => name !== from && pods[name].namespace === "mail")
      .flatMap((name) => to(name).map((port) => `${name} ${port}`)),
  ];
}

describe("the pods of a small stack", () => {
  const enforced = new Enforced(policies(args), "mail");
  const sources: Record<Source, Pod> = {
    stalwart: pods.stalwart,
    fetchmail: pods["alpar's fetcher"],
    roundcube: pods.webmail,
    settings: pods.settings,
    stranger: pods["a stranger"],
    "another namespace": pods["a pod elsewhere"],
    "the ingress' namespace": pods["the ingress controller"],
  };
  const places = { stalwart: pods.stalwart, webmail: pods.webmail, fetcher: pods["alpar's fetcher"] };

  test.each(Object.entries(sources))(
    "the network policies let %s reach what the docs say, and nothing else",
    (name, pod) => {
      const reached = Object.entries(endpoints).flatMap(([endpoint, ports]) =>
        ports
          .filter((port) => enforced.allows(pod, places[endpoint as keyof typeof places] ?? outside, port))
          .map((port) => `${endpoint} ${port}`),
      );
      expect(reached.sort()).toEqual([...open[name as Source]].sort());
    },
  );

  test("the network policies let a pod that may ask for names do so over UDP and TCP", () => {
    const asking = (Object.keys(pods) as Name[]).filter((name) => enforced.allows(pods[name], outside, 53, "UDP"));
    expect(asking).toEqual((Object.keys(pods) as Name[]).filter((name) => enforced.allows(pods[name], outside, 53)));
    expect(enforced.allows(pods.stalwart, outside, 443, "UDP")).toBe(false);
  });
});

describe("the pods of a stack with everything", () => {
  const source = sampleSource("old", { imap: { host: "imap.example.net", port: 1993 } });
  const enforced = new Enforced(
    policies({
      ...args,
      relayNamespaces: ["apps"],
      ingressPort: 9443,
      serverMetrics: true,
      heartbeatPort: 3001,
      snapshots: true,
      mailboxes: [sampleMailbox("alpar"), sampleMailbox("kinga", { sources: [source] })],
      migrations: [{ name: "old", from: { port: 10993 } }],
    }),
    "mail",
  );
  /** Open to every pod; a pod's own egress may still be closed. */
  const users = ["stalwart 465", "stalwart 587", "stalwart 993", "stalwart 4190"];
  const delivery = ["stalwart 25", "stalwart 993", "stalwart 2525"];
  const all = [...PORTS, ...MORE].map(String);

  test.each<[Name, string[]]>([
    ["stalwart", ["53", "443", "465", "8443", "9443"]],
    ["webmail", ["53", "443", "8443", "9443", "stalwart 465", "stalwart 993", "stalwart 4190"]],
    ["settings", ["53", "3001", "stalwart 8080"]],
    ["alpar's fetcher", ["53", "993", ...delivery]],
    ["kinga's fetcher", ["53", "993", "1993", ...delivery]],
    ["a migration", ["53", "10993", "stalwart 993", "stalwart 8080"]],
    ["the backup", ["53", "443", "6443", "8443", "16443"]],
    ["a solver of challenges", []],
    ["a stranger", []],
    ["a pod elsewhere", [...all, "stalwart 25", ...users]],
    ["the ingress controller", [...all, ...users, "stalwart 8080", "webmail 8000", "a solver of challenges 8089"]],
    ["Prometheus", [...all, ...users, "stalwart 8080", "alpar's fetcher 8081", "kinga's fetcher 8081"]],
  ])("the network policies let %s reach what it needs, and nothing else", (from, expected) => {
    expect(reach(enforced, from).sort()).toEqual([...expected].sort());
  });

  const inside = (Object.keys(pods) as Name[]).filter((name) => pods[name].namespace === "mail");
  const fetchers = ["alpar's fetcher", "kinga's fetcher"];

  test("the network policies of a pod hold by themselves: who may connect to it does not depend on the other's policy", () => {
    const letIn = (to: Name, port: number) =>
      (Object.keys(pods) as Name[]).filter((from) => from !== to && enforced.letsIn(pods[from], pods[to], port));
    expect(letIn("stalwart", 25)).toEqual([...fetchers, "a pod elsewhere"]);
    expect(letIn("stalwart", 2525)).toEqual(fetchers);
    expect(letIn("stalwart", 8080)).toEqual(["settings", "a migration", "the ingress controller", "Prometheus"]);
    expect(letIn("webmail", 8000)).toEqual(["the ingress controller"]);
    expect(letIn("alpar's fetcher", 8081)).toEqual(["Prometheus"]);
    for (const to of ["webmail", "settings", "a migration", "the backup"] as const) expect(letIn(to, 8080)).toEqual([]);
  });

  test("the network policies let pods of the stack connect to the mail server only, not to each other", () => {
    for (const from of inside) {
      // A port that is open at any address is open at a pod's, too; only the ports of pods alone tell.
      const others = inside.filter((to) => to !== from && to !== "stalwart");
      const ports = [25, 2525, 4190, 8000, 8080, 8081];
      expect(others.filter((to) => ports.some((port) => enforced.letsOut(pods[from], pods[to], port)))).toEqual([]);
    }
  });
});
