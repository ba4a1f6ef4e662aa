import type { Recorded, Recorder } from "./recorder";

// biome-ignore lint/suspicious/noExplicitAny: Kubernetes objects as plain data
type Plain = any;

/** A pod that some object would start, with that object's name for messages. */
export interface Pod {
  readonly owner: string;
  readonly kind: string;
  readonly labels: Record<string, string>;
  readonly spec: Plain;
}

function template(object: Recorded): Plain | undefined {
  switch (object.inputs.kind) {
    case "Deployment":
    case "Job":
      return object.type.endsWith("Patch") ? undefined : object.inputs.spec.template;
    case "CronJob":
      return object.inputs.spec.jobTemplate.spec.template;
    default:
      return undefined;
  }
}

/** Every pod of the stack. */
export function podsOf(recorder: Recorder): Pod[] {
  return recorder.resources.flatMap((object) => {
    const found = template(object);
    if (!found) return [];
    const { kind, metadata } = object.inputs;
    return [{ owner: `${kind}/${metadata.name}`, kind, labels: found.metadata?.labels ?? {}, spec: found.spec }];
  });
}

/** Containers of a pod, init containers too. */
export const containersOf = (pod: Pod): Plain[] => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];

/** Whether labels satisfy a selector. */
export const selects = (selector: Record<string, string>, labels: Record<string, string>): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/**
 * What keeps a pod from the Pod Security Standard "restricted"
 * (https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted), and from this project's own bar:
 * read-only root, no API token, requests and limits, image by tag and digest.
 */
export function hardeningProblems(pod: Pod): string[] {
  const problems: string[] = [];
  const check = (ok: boolean, what: string): void => {
    if (!ok) problems.push(`${pod.owner}: ${what}`);
  };
  const { spec } = pod;
  check(!spec.hostNetwork && !spec.hostPID && !spec.hostIPC, "shares the node's namespaces");
  check(spec.automountServiceAccountToken === false, "mounts an API token");
  check(spec.enableServiceLinks === false, "gets variables of every Service, which images read as settings");
  check(spec.securityContext?.runAsNonRoot === true && spec.securityContext.runAsUser > 0, "may run as root");
  check(spec.securityContext?.seccompProfile?.type === "RuntimeDefault", "runs without the runtime's seccomp profile");
  const safeSysctls = new Set(["net.ipv4.ip_unprivileged_port_start"]);
  for (const { name } of spec.securityContext?.sysctls ?? []) check(safeSysctls.has(name), `sets the sysctl ${name}`);
  const volumeKinds = new Set(["configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected", "downwardAPI"]);
  for (const volume of spec.volumes ?? []) {
    const kinds = Object.keys(volume).filter((key) => key !== "name");
    check(
      kinds.every((kind) => volumeKinds.has(kind)),
      `has a volume of kind ${kinds.join(", ")}`,
    );
  }
  for (const container of containersOf(pod)) {
    const security = container.securityContext ?? {};
    check(security.allowPrivilegeEscalation === false, `${container.name} may gain privileges`);
    check(security.privileged !== true, `${container.name} is privileged`);
    check(security.readOnlyRootFilesystem === true, `${container.name} can write to its root`);
    check(security.capabilities?.drop?.includes("ALL") === true, `${container.name} keeps capabilities`);
    for (const added of security.capabilities?.add ?? []) {
      check(added === "NET_BIND_SERVICE", `${container.name} adds the capability ${added}`);
    }
    const { requests, limits } = container.resources ?? {};
    check(Boolean(requests?.cpu && requests.memory && limits?.memory), `${container.name} has no requests and limits`);
    check(/^[^@]+:[^@:/]+@sha256:[0-9a-f]{64}$/.test(container.image), `${container.name}: image ${container.image}`);
  }
  return problems;
}
