import { listenersHash } from "../../../components/mailserver/listeners";
import { fetcherName, names } from "../../../config/names";
import type { ClusterApi, KubeObject } from "../../../lib/kubectl";
import { list } from "../../../lib/kubectl";
import type { State, StateObject } from "../../clients/pulumi";

export interface ConfigurationObservation {
  readonly configured: readonly string[];
  readonly state: {
    readonly objects: number;
    /** Names of the mailboxes that have a fetcher in the state. */
    readonly mailboxes: readonly string[];
    readonly pending: readonly string[];
  };
  readonly running: {
    readonly objects: number;
    readonly missing: readonly string[];
    readonly secrets: readonly {
      readonly name: string;
      readonly absent: readonly string[];
      readonly changed: readonly string[];
    }[];
    readonly images: readonly { readonly workload: string; readonly wanted: string; readonly found: string }[];
    readonly listeners?: { readonly wanted: string; readonly found: string };
  };
}

export function collectState({ objects, pending }: State): ConfigurationObservation["state"] {
  const prefix = fetcherName("");
  const mailboxes = objects
    .filter(({ kind, name }) => kind === "Deployment" && name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length))
    .sort();
  return { objects: objects.length, mailboxes, pending };
}

/** The API path that lists each of the stack's kinds, in its namespace. */
const collections: Readonly<Record<string, string>> = {
  Deployment: "/apis/apps/v1/namespaces/{namespace}/deployments",
  CronJob: "/apis/batch/v1/namespaces/{namespace}/cronjobs",
  Job: "/apis/batch/v1/namespaces/{namespace}/jobs",
  Secret: "/api/v1/namespaces/{namespace}/secrets",
  ConfigMap: "/api/v1/namespaces/{namespace}/configmaps",
  Service: "/api/v1/namespaces/{namespace}/services",
  PersistentVolumeClaim: "/api/v1/namespaces/{namespace}/persistentvolumeclaims",
  NetworkPolicy: "/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies",
  Ingress: "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses",
  HTTPRoute: "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes",
  Certificate: "/apis/cert-manager.io/v1/namespaces/{namespace}/certificates",
};

const imagesOf = (spec: KubeObject | undefined): string[] => {
  const pod = spec?.template?.spec ?? spec?.jobTemplate?.spec?.template?.spec;
  return (pod?.containers ?? []).map(({ image }: KubeObject) => image);
};

const base64 = (text: unknown): string => Buffer.from(String(text)).toString("base64");

function secretDifference({ name, inputs }: StateObject, live: KubeObject) {
  const wanted = {
    ...inputs.data,
    ...Object.fromEntries(Object.entries(inputs.stringData ?? {}).map(([key, text]) => [key, base64(text)])),
  };
  const found: Record<string, string> = live.data ?? {};
  const keys = Object.keys(wanted);
  return {
    name,
    absent: keys.filter((key) => !found[key]),
    changed: keys.filter((key) => found[key] && found[key] !== wanted[key]),
  };
}

/** Compares the state's objects with the cluster. Secrets are compared here; the result contains only names of keys. */
export async function collectRunning(
  cluster: ClusterApi,
  namespace: string,
  state: State,
): Promise<ConfigurationObservation["running"]> {
  const kinds = Object.keys(collections).filter((kind) => state.objects.some((object) => object.kind === kind));
  const lists = await Promise.all(
    kinds.map((kind) => list(cluster, (collections[kind] as string).replace("{namespace}", namespace))),
  );
  const live = new Map(
    kinds.flatMap((kind, n) => (lists[n] as KubeObject[]).map((object) => [`${kind} ${object.metadata.name}`, object])),
  );
  const ours = state.objects.filter((object) => object.kind in collections && object.namespace === namespace);
  const present = ours.flatMap((object) => {
    const found = live.get(`${object.kind} ${object.name}`);
    return found === undefined ? [] : [{ object, found }];
  });
  const server = live.get(`Deployment ${names.stalwart}`);
  return {
    objects: ours.length,
    missing: ours.filter(({ kind, name }) => !live.has(`${kind} ${name}`)).map(({ kind, name }) => `${kind} ${name}`),
    secrets: present.filter(({ object }) => object.kind === "Secret").map((p) => secretDifference(p.object, p.found)),
    images: present
      .filter(({ object }) => object.kind === "Deployment" || object.kind === "CronJob")
      .map(({ object, found }) => ({
        workload: object.name,
        wanted: imagesOf(object.inputs.spec).join(", "),
        found: imagesOf(found.spec).join(", "),
      })),
    ...(server && {
      listeners: {
        wanted: listenersHash(),
        found: server.spec?.template?.metadata?.annotations?.["homelab-mail/listeners"] ?? "none",
      },
    }),
  };
}
