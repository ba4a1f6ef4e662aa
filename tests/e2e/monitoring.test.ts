import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { missingCrdMessage } from "../../components/monitoring/operator";
import type { KubeObject } from "../../lib/kubectl";
import { client, folder } from "./support/environment";
import { applyOperatorKinds, operatorKinds, removeOperatorKinds } from "./support/schemas";
import { TestStack } from "./support/stack";
import { kubernetesValidate, kubeScore } from "./support/tools";

const KUBERNETES = "1.36";
const HEARTBEAT = "https://hc-ping.com/0f1e2d3c-heartbeat";
const OPERATOR = "monitoring.coreos.com/v1";

const definition = (kind: string) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${kind}.monitoring.coreos.com` },
});

let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.create("monitoring");
  await stack.set("monitoring.enabled", "true");
  await stack.set("monitoring.labels.release", "kube-prometheus-stack");
  await stack.setSecret("monitoring.heartbeat", HEARTBEAT);
});

test("a cluster without the Prometheus operator is refused by a preview and by an update, with what to do, before anything is made", async () => {
  for (const kind of operatorKinds) expect(await client.read(definition(kind))).toBeUndefined();
  for (const { text } of [await stack.failingPreview(), await stack.failingUp()]) {
    expect(text).toContain(missingCrdMessage("podmonitors.monitoring.coreos.com"));
    expect(text).toContain("resource 'podmonitors.monitoring.coreos.com' does not exist");
    expect(text).not.toMatch(/\n\s+at \S+ \(/);
  }
  expect(
    await client.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: stack.namespace } }),
  ).toBeUndefined();
});

describe("with the operator's kinds", () => {
  let own: KubeObject[];
  let all: KubeObject[];

  beforeAll(async () => {
    await applyOperatorKinds(client);
    await stack.up();
    own = (
      await Promise.all(["PodMonitor", "PrometheusRule"].map((kind) => client.list(OPERATOR, kind, stack.namespace)))
    ).flat();
    all = await stack.live();
  });

  afterAll(() => removeOperatorKinds(client));

  test("the Prometheus operator's schema accepts monitors and rules, and drops nothing of them", () => {
    const names = own.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
    expect(names).toEqual(["PodMonitor/fetchmail", "PodMonitor/stalwart", "PrometheusRule/homelab-mail"]);
    for (const { metadata } of own) expect(metadata.labels.release).toBe("kube-prometheus-stack");
    const endpoints = own.flatMap(({ spec }) => (spec.podMetricsEndpoints as KubeObject[] | undefined) ?? []);
    expect(endpoints.map(({ port, path }) => `${port}${path}`)).toEqual(["http/metrics", "http/metrics/prometheus"]);
    const login = { name: "stalwart-metrics", key: "password" };
    expect(endpoints[1]?.basicAuth).toMatchObject({ password: login });
    const rules = own.flatMap(({ spec }) => (spec.groups as { rules: { alert?: string }[] }[] | undefined) ?? []);
    expect(rules.flatMap((group) => group.rules).filter(({ alert }) => alert)).toHaveLength(14);
  });

  test("the monitors' ports are ports of the pods that they select", () => {
    for (const monitor of own.filter(({ kind }) => kind === "PodMonitor")) {
      const { matchLabels } = monitor.spec.selector;
      const pods = all
        .filter(({ kind }) => kind === "Deployment")
        .map(({ spec }) => spec.template)
        .filter(({ metadata }) =>
          Object.entries(matchLabels).every(([key, value]) => metadata.labels[key as string] === value),
        );
      expect(pods.length).toBeGreaterThan(0);
      for (const { spec } of pods) {
        const ports = spec.containers.flatMap((container: KubeObject) => container.ports ?? []);
        expect(ports.map(({ name }: { name: string }) => name)).toContain("http");
      }
    }
  });

  test("kube-score and Kubernetes' schema find nothing in the monitoring that the plain stack does not have", async () => {
    const file = path.join(folder, "watched.yaml");
    const { deployment } = await stack.stack.exportStack();
    const objects = (deployment.resources as KubeObject[])
      .filter(({ type, external }) => type.startsWith("kubernetes:") && !type.endsWith("Patch") && !external)
      .map(({ inputs }) => JSON.parse(JSON.stringify(inputs, shown)) as KubeObject);
    const builtIn = objects.filter(({ kind }) => !["Certificate", "PodMonitor", "PrometheusRule"].includes(kind));
    fs.writeFileSync(file, builtIn.map((object) => stringify(object)).join("---\n"), { mode: 0o600 });

    const valid = spawnSync(kubernetesValidate(), ["--strict", "-k", KUBERNETES, "--quiet", file], {
      encoding: "utf8",
    });
    expect(`${valid.stdout}${valid.stderr}`).toBe("");

    const args = ["score", "--output-format", "json", "--kubernetes-version", `v${KUBERNETES}`, file];
    const { stdout } = spawnSync(await kubeScore(), args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
    const waivers: { check: string; object: string }[] = parse(
      fs.readFileSync(path.join(__dirname, "kube-score-waivers.yaml"), "utf8"),
    );
    const critical = (JSON.parse(stdout) as KubeObject[]).flatMap(({ type_meta, object_meta, checks }) =>
      (checks as KubeObject[])
        .filter(({ grade, skipped }) => grade === 1 && !skipped)
        .map(({ check }) => ({ check: check.id as string, object: `${type_meta.kind}/${object_meta.name}` })),
    );
    expect(critical.length).toBeGreaterThan(0); // those that are waived: the check itself works
    const waived = ({ check, object }: { check: string; object: string }): boolean =>
      waivers.some((waiver) => {
        const pattern = waiver.object
          .replace(/[.\\+?^${}()|[\]]/g, "\\$&")
          .replaceAll("*", ".*")
          .replace("HASH", "[0-9a-f]+");
        return waiver.check === check && new RegExp(`^${pattern}$`).test(object);
      });
    expect(critical.filter((found) => !waived(found))).toEqual([]);
  });

  test("the heartbeat's address and the metrics' password are in Secrets, and nowhere else", async () => {
    const secret = await stack.object("v1", "Secret", "stalwart-metrics");
    const password = Buffer.from((secret as KubeObject).data.password, "base64").toString();
    expect(password).toHaveLength(32);
    const holders = (text: string): string[] =>
      [...all, ...own]
        .filter((object) => {
          const plain = JSON.stringify(object);
          const decoded = Object.values(object.kind === "Secret" ? (object.data ?? {}) : {}).map((value) =>
            Buffer.from(String(value), "base64").toString(),
          );
          return plain.includes(text) || decoded.some((value) => value.includes(text));
        })
        .map(({ kind, metadata }) => `${kind}/${metadata.name.replace(/-[0-9a-f]{10}$/, "-HASH")}`)
        .sort();
    expect(holders(HEARTBEAT)).toEqual(["Secret/heartbeat"]);
    expect(holders(password)).toEqual([
      "Secret/stalwart-metrics",
      "Secret/stalwart-settings",
      "Secret/stalwart-settings-HASH",
    ]);
    const state = stack.exportedState();
    expect(state).not.toContain(HEARTBEAT);
    expect(state).not.toContain(password);
  });

  test("a second update with monitoring changes nothing, and one without it leaves nothing of it", async () => {
    expect((await stack.up()).steps.filter((step) => !step.startsWith("read "))).toEqual([]);
    await stack.unset("monitoring");
    await stack.up();
    const left = await Promise.all(
      ["PodMonitor", "PrometheusRule"].map((kind) => client.list(OPERATOR, kind, stack.namespace)),
    );
    expect(left.flat()).toEqual([]);
    const plain = JSON.stringify(await stack.live());
    expect(plain).not.toMatch(/heartbeat|stalwart-metrics|homelab-mail-dashboard/);
  });
});

/** With secrets in place of their wrappers. */
function shown(_key: string, value: unknown): unknown {
  const wrapped = value as { plaintext?: string } | null;
  return typeof wrapped?.plaintext === "string" ? JSON.parse(wrapped.plaintext) : value;
}
