import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient, KubeObject } from "../kube";

const TEN_MINUTES = 600; // the plugin's default

const condition = (object: KubeObject, type: string): KubeObject | undefined =>
  object.status?.conditions?.find((c: KubeObject) => c.type === type && c.status === "True");

/** Asks again and again, ever less often, until the check is true. */
async function until(timeout: number, what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + (timeout || TEN_MINUTES) * 1000;
  for (let pause = 100; !(await check()); pause = Math.min(pause * 1.5, 1000)) {
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await sleep(pause);
  }
}

type Check = (kube: KubeClient, live: KubeObject) => Promise<boolean>;

const deploymentIsAvailable: Check = async (_, { metadata, spec, status = {} }) => {
  const replicas = spec.replicas ?? 1;
  const current = status.observedGeneration >= metadata.generation && (status.updatedReplicas ?? 0) === replicas;
  return current && (status.availableReplicas ?? 0) === replicas && (status.replicas ?? 0) === replicas;
};

/** A failed Job's reason is what its containers said last. */
const jobIsComplete: Check = async (kube, job) => {
  const failed = condition(job, "Failed");
  if (!failed) return condition(job, "Complete") !== undefined;
  const pods = await kube.list("v1", "Pod", job.metadata.namespace, `?labelSelector=job-name%3D${job.metadata.name}`);
  const said = pods.flatMap((pod) =>
    (pod.status?.containerStatuses ?? []).map((status: KubeObject) => status.state?.terminated).filter(Boolean),
  );
  const messages = new Set(
    said.filter((end) => end.exitCode !== 0).map((end) => `[${end.reason}] ${end.message ?? ""}`),
  );
  throw new Error([`[${failed.reason}] ${failed.message}`, ...messages].join("\n"));
};

const CHECKS: Record<string, Check> = { Deployment: deploymentIsAvailable, Job: jobIsComplete };

/** Kinds that the plugin waits for and this stand-in does not. */
const NOT_HERE = new Set([
  "DaemonSet",
  "Ingress",
  "PersistentVolumeClaim",
  "Pod",
  "ReplicationController",
  "Service",
  "StatefulSet",
]);

/** The live object once it is what it should be; throws with the reasons when it will not be. */
export async function ready(kube: KubeClient, object: KubeObject, timeout: number): Promise<KubeObject> {
  if (NOT_HERE.has(object.kind)) {
    throw new Error(
      `the stand-in cannot wait for a ${object.kind}: annotate it with pulumi.com/skipAwait, or use the real plugin`,
    );
  }
  const check = CHECKS[object.kind];
  if (!check) return object;
  let live = object;
  const seconds = Number(object.metadata.annotations?.["pulumi.com/timeoutSeconds"] ?? 0);
  await until(timeout || seconds, `${object.kind} ${object.metadata.name}`, async () => {
    live = (await kube.read(object)) ?? live;
    return check(kube, live);
  });
  return live;
}

export async function gone(kube: KubeClient, object: KubeObject, timeout: number): Promise<void> {
  await until(timeout, `the end of ${object.kind} ${object.metadata.name}`, async () => {
    const live = await kube.read(object);
    return live === undefined || live.metadata.uid !== object.metadata.uid;
  });
}
