import { names, ports } from "../../../config/names";
import { isPortOpen } from "../../../lib/isPortOpen";
import { type ClusterApi, type KubeObject, list } from "../../../lib/kubectl";
import { reasonOf } from "../../../lib/reason";

export interface WorkloadObservation {
  readonly name: string;
  readonly ready: boolean;
  readonly reason: string;
  readonly restarts: number;
  /** Milliseconds since the epoch. */
  readonly lastRestart?: number;
  readonly lastReason: string;
}

export interface SettingsRunObservation {
  readonly name: string;
  readonly created: number;
  readonly succeeded?: number;
  /** Why the last run failed, from its own message. */
  readonly reason: string;
}

export interface VolumeObservation {
  readonly name: string;
  readonly phase: string;
  readonly used?: number;
  readonly capacity?: number;
}

export type PoliciesObservation =
  | { readonly enforced: boolean }
  | { readonly reason: string }
  | { readonly skipped: true };
export type ClusterNamesObservation =
  | { readonly reason: string }
  /** Addresses by name, as a fetcher's pod resolves them; and its clock, in milliseconds since the epoch. */
  | { readonly addresses: Readonly<Record<string, readonly string[]>> };

export interface ClusterObservation {
  readonly namespace: string;
  readonly now: number;
  readonly workloads: readonly WorkloadObservation[];
  readonly runs: readonly SettingsRunObservation[];
  readonly claims: readonly VolumeObservation[];
  readonly policies: PoliciesObservation;
  readonly service: {
    readonly type: string;
    readonly addresses: readonly string[];
    readonly closed: readonly number[];
  };
  readonly inside: ClusterNamesObservation;
  /** The provider's SMTP host. */
  readonly sendsTo: string;
}

const core = (namespace: string, kind: string): string => `/api/v1/namespaces/${namespace}/${kind}`;
const time = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
const instance = (object: KubeObject): string => object.metadata?.labels?.["app.kubernetes.io/instance"] ?? "";
const statuses = (pod: KubeObject): KubeObject[] => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
];

/** Why a pod is not ready, the most specific reason first. */
function whyNot(pod: KubeObject | undefined): string {
  if (pod === undefined) return "it has no pod";
  for (const { state } of statuses(pod)) {
    const { waiting, terminated } = state ?? {};
    if (waiting?.reason && waiting.reason !== "PodInitializing" && waiting.reason !== "ContainerCreating") {
      return waiting.message ? `${waiting.reason}: ${waiting.message}` : waiting.reason;
    }
    if (terminated && terminated.exitCode !== 0) return terminated.message?.trim() || terminated.reason;
  }
  const scheduled = pod.status?.conditions?.find(({ type }: KubeObject) => type === "PodScheduled");
  if (scheduled?.status === "False") return scheduled.message ?? "not scheduled";
  return pod.status?.phase === "Running" ? "running, but not ready" : `phase ${pod.status?.phase ?? "unknown"}`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").slice(0, 200);

export function describeWorkload(deployment: KubeObject, pods: readonly KubeObject[]): WorkloadObservation {
  const { name } = deployment.metadata;
  const own = pods
    .filter((pod) => instance(pod) === name && !pod.metadata.deletionTimestamp)
    .sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1))[0];
  const containers = own?.status?.containerStatuses ?? [];
  const ready = containers.length > 0 && containers.every(({ ready }: KubeObject) => ready);
  const restarted = [...containers].sort((a, b) => (b.restartCount ?? 0) - (a.restartCount ?? 0))[0];
  const last = restarted?.lastState?.terminated;
  const lastRestart = time(last?.finishedAt);
  const off = deployment.spec?.replicas === 0 ? "it is scaled to 0" : undefined;
  return {
    name,
    ready,
    reason: ready ? "" : oneLine(off ?? whyNot(own)),
    restarts: restarted?.restartCount ?? 0,
    ...(lastRestart !== undefined && { lastRestart }),
    lastReason: oneLine(
      last ? last.message?.trim() || `${last.reason}, status ${last.exitCode}` : "no reason is recorded",
    ),
  };
}

/** One of the CronJobs, with the reason of its last failed run. */
export function describeSettingsRun(
  cronJob: KubeObject,
  jobs: readonly KubeObject[],
  pods: readonly KubeObject[],
): SettingsRunObservation {
  const { name, creationTimestamp } = cronJob.metadata;
  const own = new Set(
    jobs
      .filter(({ metadata }) => metadata.ownerReferences?.some((owner: KubeObject) => owner.name === name))
      .map(({ metadata }) => metadata.name),
  );
  const failed = pods
    .filter(({ metadata, status }) => own.has(metadata.labels?.["job-name"]) && status?.phase !== "Succeeded")
    .sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1))[0];
  const succeeded = time(cronJob.status?.lastSuccessfulTime);
  return {
    name,
    created: Date.parse(creationTimestamp),
    ...(succeeded !== undefined && { succeeded }),
    reason: oneLine(
      cronJob.spec?.suspend
        ? "it is suspended"
        : failed === undefined
          ? "no failed run is left that shows why"
          : whyNot(failed),
    ),
  };
}

/** How full the volumes are, from the kubelets (k8s.io/kubelet/pkg/apis/stats/v1alpha1). */
export function usageOf(summaries: readonly (KubeObject | undefined)[], namespace: string) {
  const volumes = summaries.flatMap((summary) => summary?.pods ?? []).flatMap((pod: KubeObject) => pod.volume ?? []);
  return (claim: string): Pick<VolumeObservation, "used" | "capacity"> => {
    const volume = volumes.find(({ pvcRef }: KubeObject) => pvcRef?.name === claim && pvcRef?.namespace === namespace);
    return volume?.capacityBytes ? { used: volume.usedBytes, capacity: volume.capacityBytes } : {};
  };
}

export const addressesOf = (service: KubeObject | undefined): string[] => {
  const given: KubeObject[] = service?.status?.loadBalancer?.ingress ?? [];
  const all = given.flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
  return service?.spec?.type === "LoadBalancer" ? all : [...all, ...(service?.spec?.externalIPs ?? [])];
};

/** The Service for mail programs. A NodePort or ClusterIP has no address of its own to test. */
export const mailService = (cluster: ClusterApi, namespace: string): Promise<KubeObject | undefined> =>
  cluster.get(`${core(namespace, "services")}/${names.mailService}`);

const mailPorts = [ports.imaps, ports.submissions, ports.submission, ports.manageSieve];

async function closedPorts(addresses: readonly string[], limit: number): Promise<number[]> {
  const open = await Promise.all(
    mailPorts.map(async (port) => (await Promise.all(addresses.map((a) => isPortOpen(a, port, limit)))).some(Boolean)),
  );
  return mailPorts.filter((_, n) => !open[n]);
}

export interface ClusterArgs {
  readonly cluster: ClusterApi;
  readonly namespace: string;
  readonly sendsTo: string;
  readonly limit: number;
  readonly policies: () => Promise<PoliciesObservation>;
  readonly inside: Promise<ClusterNamesObservation>;
}

export async function collectCluster(args: ClusterArgs): Promise<ClusterObservation> {
  const { cluster, namespace, sendsTo, limit } = args;
  const apps = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const batch = `/apis/batch/v1/namespaces/${namespace}`;
  const triedPolicies = args.policies().catch((problem) => ({ reason: reasonOf(problem) }));
  const [deployments, pods, cronJobs, jobs, claims, service] = await Promise.all([
    list(cluster, apps),
    list(cluster, core(namespace, "pods")),
    list(cluster, `${batch}/cronjobs`),
    list(cluster, `${batch}/jobs`),
    list(cluster, core(namespace, "persistentvolumeclaims")),
    mailService(cluster, namespace),
  ]);
  const addresses = addressesOf(service);
  const nodes = [
    ...new Set(
      pods.flatMap(({ spec }) =>
        spec?.volumes?.some((v: KubeObject) => v.persistentVolumeClaim) ? (spec.nodeName ?? []) : [],
      ),
    ),
  ];
  const [summaries, closed, policies, inside] = await Promise.all([
    Promise.all(nodes.map((node) => cluster.get(`/api/v1/nodes/${node}/proxy/stats/summary`).catch(() => undefined))),
    closedPorts(addresses, limit),
    triedPolicies,
    args.inside,
  ]);
  const usage = usageOf(summaries, namespace);
  return {
    namespace,
    now: Date.now(),
    workloads: deployments.map((deployment) => describeWorkload(deployment, pods)),
    // A migration's CronJob is suspended: Jobs are created from it by hand.
    runs: cronJobs
      .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] !== names.migration)
      .map((cronJob) => describeSettingsRun(cronJob, jobs, pods)),
    claims: claims.map(({ metadata: { name }, status }) => ({
      name,
      phase: status?.phase ?? "Pending",
      ...usage(name),
    })),
    policies,
    service: { type: service?.spec?.type ?? "", addresses, closed },
    inside,
    sendsTo,
  };
}
