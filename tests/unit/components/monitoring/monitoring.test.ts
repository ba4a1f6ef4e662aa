import * as pulumi from "@pulumi/pulumi";
import { fetcherMonitor, serverMonitor } from "../../../../components/monitoring/monitors";
import { missingCrdMessage } from "../../../../components/monitoring/operator";
import { type Deployed, deploy, type RawConfig, setConfig, threeMailboxes } from "../../../support/deploy";
import { podsOf, selects } from "../../../support/kubernetes";
import { type Recorded, settled, startRecording } from "../../../support/recorder";
import { eventually, sleep } from "../../../support/wait";

const HEARTBEAT = "https://hc-ping.com/S3cret-heartbeat";
const watched: RawConfig = {
  ...threeMailboxes,
  monitoring: { enabled: true, labels: { release: "prometheus" }, heartbeat: HEARTBEAT },
};

const objects = ({ recorder }: Deployed): Recorded[] =>
  recorder.resources.filter(({ type }) => type !== "pulumi:pulumi:Stack");
const keyOf = ({ type, inputs, name }: Recorded): string =>
  `${inputs.kind ?? type}/${(inputs.metadata?.name ?? name).replace(/-[0-9a-f]{10}$/, "-HASH")}`;

let plain: Deployed;
let deployed: Deployed;
beforeAll(async () => {
  plain = await deploy();
  deployed = await deploy(watched);
});

describe("without monitoring", () => {
  it("without monitoring, a stack is the same to the byte, whatever other keys of monitoring are set", async () => {
    const off = await deploy({
      ...threeMailboxes,
      monitoring: {
        enabled: "false",
        labels: { release: "prometheus" },
        dashboard: { namespace: "grafana", label: "x", labelValue: "2" },
      },
    });
    expect(JSON.stringify(off.recorder.resources)).toBe(JSON.stringify(plain.recorder.resources));
    expect(JSON.stringify(off.outputs)).toBe(JSON.stringify(plain.outputs));
  });

  it("without monitoring, no object of a stack mentions it, but for the namespace that may read the fetchers' metrics", () => {
    const isFetchers = ({ inputs }: { inputs: { kind?: string; metadata?: { name?: string } } }): boolean =>
      inputs.kind === "NetworkPolicy" && inputs.metadata?.name === "fetchmail";
    const text = JSON.stringify(plain.recorder.resources.filter((resource) => !isFetchers(resource)));
    expect(text.match(/.{0,60}(monitoring|heartbeat|stalwart-metrics|object\W+Metrics).{0,60}/g)).toBeNull();
  });
});

describe("with monitoring", () => {
  it("monitoring changes only what is monitored: no webmail, no account, no volume, no ingress", () => {
    const contents = (all: Deployed) =>
      new Map(objects(all).map((object) => [keyOf(object), JSON.stringify(object.inputs)]));
    const [before, after] = [contents(plain), contents(deployed)];
    expect([...before.keys()].filter((key) => !after.has(key))).toEqual([]);
    const changed = [...after.keys()].filter((key) => before.has(key) && before.get(key) !== after.get(key));
    // The settings by their name, which their Jobs and schedules carry.
    expect(changed.filter((key) => !/^(Job|CronJob|Secret)\/stalwart-(settings|reload)/.test(key)).sort()).toEqual([]);
    expect([...after.keys()].filter((key) => !before.has(key)).sort()).toEqual([
      "ConfigMap/homelab-mail-dashboard",
      "NetworkPolicy/heartbeat",
      "NetworkPolicy/metrics",
      "PodMonitor/fetchmail",
      "PodMonitor/stalwart",
      "PrometheusRule/homelab-mail",
      "Secret/heartbeat",
      "Secret/stalwart-metrics",
      "homelab-mail:monitoring:Monitoring/monitoring",
      "random:index/randomPassword:RandomPassword/stalwart-metrics",
    ]);
  });

  it("with monitoring, the fetchers keep the plain annotations", () => {
    for (const { inputs } of deployed.recorder.kind("Deployment").filter(({ name }) => name.startsWith("fetchmail-"))) {
      const { metadata } = inputs.spec.template;
      expect(metadata.annotations).toMatchObject({ "prometheus.io/scrape": "true", "prometheus.io/port": "8081" });
    }
  });

  it("each monitor selects the intended pods, by a port that they have", () => {
    const expected = { fetchmail: 3, stalwart: 1 };
    for (const [name, count] of Object.entries(expected)) {
      const { spec, metadata } = deployed.recorder.object("PodMonitor", name).inputs;
      expect(metadata.labels.release).toBe("prometheus");
      const pods = podsOf(deployed.recorder).filter((pod) => selects(spec.selector.matchLabels, pod.labels));
      expect(pods).toHaveLength(count);
      for (const { spec: pod } of pods) {
        expect(
          pod.containers.flatMap((c: { ports: { name: string }[] }) => c.ports).map((p: { name: string }) => p.name),
        ).toContain(spec.podMetricsEndpoints[0].port);
      }
    }
    expect(JSON.stringify([fetcherMonitor(), serverMonitor("x")])).not.toContain("namespaceSelector"); // its own namespace
  });

  it("only Prometheus' namespace reads the server's metrics, with a login that is in Secrets only", () => {
    const { spec } = deployed.recorder.object("NetworkPolicy", "metrics").inputs;
    expect(spec.ingress).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        ports: [{ protocol: "TCP", port: 8080 }],
      },
    ]);
    const password = "generated-stalwart-metrics-secret";
    const holders = objects(deployed).filter(({ inputs }) => JSON.stringify(inputs).includes(password));
    expect(holders.map(keyOf).sort()).toEqual([
      "Secret/stalwart-metrics",
      "Secret/stalwart-settings",
      "Secret/stalwart-settings-HASH",
    ]);
    for (const { secretPaths } of holders) expect(secretPaths.length).toBeGreaterThan(0);
    const settings = holders.find((object) => keyOf(object) === "Secret/stalwart-settings-HASH") as Recorded;
    const lines = (settings.inputs.stringData["plan.ndjson"] as string)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.find(({ object }) => object === "Metrics")).toEqual({
      "@type": "update",
      object: "Metrics",
      value: {
        prometheus: {
          "@type": "Enabled",
          authUsername: "prometheus",
          authSecret: { "@type": "Value", secret: password },
        },
      },
    });
  });

  it("the dashboard is in Grafana's namespace, when that is configured", async () => {
    const elsewhere = await deploy({
      ...threeMailboxes,
      monitoring: { enabled: true, dashboard: { namespace: "grafana", label: "dashboards", labelValue: "mail" } },
    });
    const { metadata, data } = elsewhere.recorder.object("ConfigMap", "homelab-mail-dashboard").inputs;
    expect(metadata).toMatchObject({ namespace: "grafana", labels: { dashboards: "mail" } });
    expect(JSON.parse(data["homelab-mail-dashboard.json"]).title).toBe("Mail (stalwart-mail)");
    const own = deployed.recorder.object("ConfigMap", "homelab-mail-dashboard").inputs.metadata;
    expect(own).toMatchObject({ namespace: "stalwart-mail", labels: { grafana_dashboard: "1" } });
  });

  it("rules and dashboard hold mailboxes' names, and no address", async () => {
    const hidden = await deploy({
      ...watched,
      mailboxes: { kinga: { password: "S3cret", address: "veiled@newjoy.ro", aliases: ["other.veiled"] } },
    });
    for (const [kind, name] of [
      ["PrometheusRule", "homelab-mail"],
      ["ConfigMap", "homelab-mail-dashboard"],
    ] as const) {
      const text = JSON.stringify(hidden.recorder.object(kind, name).inputs);
      expect(text).toContain("kinga");
      expect(text).not.toContain("veiled");
    }
  });
});

describe("the heartbeat", () => {
  const apply = ({ recorder }: Deployed, kind = "CronJob", name = "stalwart-settings") => {
    const { spec } = recorder.object(kind, name).inputs;
    return (spec.jobTemplate?.spec ?? spec).template.spec;
  };

  it("the heartbeat is sent after the scheduled settings are applied, and only then", () => {
    const { initContainers, containers } = apply(deployed);
    expect(initContainers.map(({ name }: { name: string }) => name)).toEqual([
      "server",
      "access",
      "apply",
      "access-report",
    ]);
    expect(containers.map(({ name }: { name: string }) => name)).toEqual(["heartbeat"]);
    expect(apply(deployed, "CronJob", "stalwart-reload").containers[0].name).toBe("reload");
    for (const { inputs } of deployed.recorder.kind("Job")) {
      expect(JSON.stringify(inputs)).not.toContain("HEARTBEAT"); // those of `pulumi up`, whose message tells why it failed
    }
  });

  it("the heartbeat's address is in its Secret alone, from which the pod reads it", () => {
    const holders = objects(deployed).filter(({ inputs }) => JSON.stringify(inputs).includes("S3cret-heartbeat"));
    expect(holders.map(keyOf)).toEqual(["Secret/heartbeat"]);
    expect(holders[0]?.secretPaths.some((path) => path.startsWith("stringData"))).toBe(true);
    expect(apply(deployed).containers[0].env).toEqual([
      { name: "HEARTBEAT", valueFrom: { secretKeyRef: { name: "heartbeat", key: "url" } } },
    ]);
  });

  it("the heartbeat works without Prometheus", async () => {
    const alone = await deploy({
      ...threeMailboxes,
      monitoring: { heartbeat: "http://kuma.lan:3001/api/push/x?status=up" },
    });
    expect(apply(alone).containers[0].name).toBe("heartbeat");
    expect(alone.recorder.kind("PodMonitor")).toEqual([]);
    expect(alone.recorder.object("NetworkPolicy", "heartbeat").inputs.spec.egress).toEqual([
      { ports: [{ protocol: "TCP", port: 3001 }] },
    ]);
    expect(alone.recorder.kind("NetworkPolicy").map(({ name }) => name)).not.toContain("metrics");
  });

  it("the heartbeat reaches a server behind a Service, or behind this cluster's own ingress", async () => {
    const egress = async (monitoring: object): Promise<number[]> => {
      const { recorder } = await deploy({ ...threeMailboxes, ingress: { className: "traefik" }, monitoring });
      const { spec } = recorder.object("NetworkPolicy", "heartbeat").inputs;
      return spec.egress[0].ports.map(({ port }: { port: number }) => port);
    };
    expect(await egress({ heartbeat: "http://kuma.monitoring/api/push/x", heartbeatPort: 3001 })).toEqual([3001]);
    expect(await egress({ heartbeat: "http://kuma.monitoring/api/push/x" })).toEqual([80]);
    expect(await egress({ heartbeat: "https://kuma.lan/api/push/x" })).toEqual([443, 8443]);
  });
});

describe("a cluster without the Prometheus operator", () => {
  it("without monitoring, the cluster is not asked for the Prometheus operator", async () => {
    const recorder = await startRecording();
    const monitor = pulumi.runtime.getMonitor() as unknown as { readResource: () => never };
    monitor.readResource = () => {
      throw new Error("nothing is to be looked up");
    };
    setConfig(threeMailboxes);
    await (require("../../../../index") as () => Promise<unknown>)();
    await settled();
    expect(recorder.kind("Deployment").length).toBeGreaterThan(3);
  });

  // Last: it leaves the SDK as one whose engine has ended.
  it("a cluster without the Prometheus operator is refused with what to do, before any object is created", async () => {
    const recorder = await startRecording();
    const asked: string[] = [];
    const monitor = pulumi.runtime.getMonitor() as unknown as {
      readResource(request: { getName(): string }, reply: (error: Error) => void): void;
    };
    monitor.readResource = (request, reply) => {
      asked.push(request.getName());
      reply(Object.assign(new Error("resource monitor shut down"), { code: 14 })); // as the engine does
    };
    setConfig(watched);
    const gone = jest.fn();
    (require("../../../../index") as () => Promise<unknown>)().then(gone, gone);
    await eventually("the question", () => asked.length > 0);
    await sleep(500); // it is still waiting then
    expect(gone).not.toHaveBeenCalled();
    expect(asked).toEqual([missingCrdMessage("podmonitors.monitoring.coreos.com")]);
    expect(asked[0]).toContain("pulumi config set --path monitoring.enabled false");
    expect(recorder.resources).toEqual([]);
  });
});
