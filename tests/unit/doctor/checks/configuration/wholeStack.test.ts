import { collectRunning } from "../../../../../doctor/checks/configuration/collect";
import { evaluateRunning } from "../../../../../doctor/checks/configuration/evaluate";
import { understandState } from "../../../../../doctor/clients/pulumi";
import type { KubeObject } from "../../../../../lib/kubectl";
import { deploy, type RawConfig, threeMailboxes } from "../../../../support/deploy";
import { gatewayConfig } from "../../../components/exposure/sample";
import { FakeCluster } from "../../support/fakeCluster";

const NAMESPACE = "stalwart-mail";

/** What the doctor does not compare: a cluster may refuse to show these, and nobody's mail depends on them. */
const notCompared = /^(Namespace|ServiceAccount|Role|RoleBinding|PodMonitor|PrometheusRule|ReferenceGrant)$/;

/** Where the API server lists objects of a kind. */
function collectionOf({ apiVersion, kind }: KubeObject): string {
  const plural = `${kind.toLowerCase().replace(/y$/, "ie").replace(/s$/, "se")}s`;
  return `/${apiVersion === "v1" ? "api" : "apis"}/${apiVersion}/namespaces/${NAMESPACE}/${plural}`;
}

/** The patch that restarts the server for its listeners, which the API server merges into the Deployment. */
const annotated = (object: KubeObject, patch: KubeObject): KubeObject => ({
  ...object,
  spec: { ...object.spec, template: { ...object.spec.template, metadata: patch.spec.template.metadata } },
});

/** A Secret as the API server shows it. */
const stored = ({ stringData = {}, data = {}, ...object }: KubeObject): KubeObject => ({
  ...object,
  data: {
    ...data,
    ...Object.fromEntries(
      Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text as string).toString("base64")]),
    ),
  },
});

/** The state of a stack, and a cluster that has exactly its objects. */
async function deployed(config: RawConfig) {
  const { recorder } = await deploy({ ...threeMailboxes, ...config });
  const resources = recorder.resources.filter(({ type }) => type.startsWith("kubernetes:"));
  const elsewhere = {
    urn: "urn:x",
    type: "kubernetes:core/v1:Secret",
    inputs: { apiVersion: "v1", kind: "Secret", metadata: { name: "of-another-namespace", namespace: "edge" } },
  };
  const written = resources.map(({ urn, type, inputs }) => ({ urn, type, inputs }));
  const state = understandState(JSON.stringify({ deployment: { resources: [...written, elsewhere] } }));
  const patch = resources.find(({ type }) => type === "kubernetes:apps/v1:DeploymentPatch");
  const compared = resources
    .filter(({ type }) => !type.endsWith("Patch"))
    .map(({ inputs }) =>
      inputs.kind === "Deployment" && inputs.metadata.name === "stalwart" ? annotated(inputs, patch?.inputs) : inputs,
    )
    .filter(({ kind, metadata }) => !notCompared.test(kind) && metadata.namespace === NAMESPACE);
  const collections = new Map<string, KubeObject[]>();
  for (const object of compared) {
    const place = collectionOf(object);
    collections.set(place, [...(collections.get(place) ?? []), object.kind === "Secret" ? stored(object) : object]);
  }
  const running = (items = collections) =>
    collectRunning(
      new FakeCluster(Object.fromEntries([...items].map(([place, found]) => [place, { items: found }]))),
      NAMESPACE,
      state,
    );
  return { compared, running };
}

test.each([
  ["an Ingress", { backup: { snapshotClass: "snapshots" }, monitoring: { enabled: true } }],
  ["a Gateway", { ingress: { kind: "Gateway", gateway: gatewayConfig } }],
])(
  "each object of a stack behind %s is found in the cluster as it was deployed, and missed where it is not",
  async (_, config) => {
    const { compared, running } = await deployed(config);
    const seen = await running();
    expect(evaluateRunning({ running: seen, context: "homelab" }).filter(({ level }) => level !== "ok")).toEqual([]);
    const workloads = compared.filter(({ kind }) => kind === "Deployment" || kind === "CronJob");
    expect(seen.images.map(({ workload }) => workload).sort()).toEqual(workloads.map((w) => w.metadata.name).sort());
    for (const { wanted } of seen.images) expect(wanted).toMatch(/\w:\w/);
    const none = await running(new Map());
    expect([...none.missing].sort()).toEqual(compared.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort());
    expect(none.objects).toBe(compared.length);
  },
);
