import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import type { Resources } from "../../config/types";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** An exception to the hardened defaults that the restricted profile still allows, with its reason. */
export interface Exception {
  readonly reason: string;
}

export interface HardenedContainerArgs {
  readonly name: string;
  readonly image: string;
  readonly resources: Resources;
  readonly command?: Input<string>[];
  readonly args?: Input<string>[];
  readonly env?: types.input.core.v1.EnvVar[];
  readonly ports?: types.input.core.v1.ContainerPort[];
  readonly volumeMounts?: types.input.core.v1.VolumeMount[];
  readonly startupProbe?: types.input.core.v1.Probe;
  readonly livenessProbe?: types.input.core.v1.Probe;
  readonly readinessProbe?: types.input.core.v1.Probe;
  /** Makes an init container a sidecar (Kubernetes 1.29): it runs beside the containers, and ends after them. */
  readonly restartPolicy?: "Always";
  readonly lifecycle?: types.input.core.v1.Lifecycle;
  /** Keeps NET_BIND_SERVICE, the one capability the restricted profile lets a container add. */
  readonly netBindService?: Exception;
}

export interface HardenedPodArgs {
  /** User and group that every container runs as, and that own the volumes. */
  readonly user: number;
  readonly group: number;
  readonly containers: readonly HardenedContainerArgs[];
  readonly initContainers?: readonly HardenedContainerArgs[];
  readonly volumes?: types.input.core.v1.Volume[];
  /** The pod's identity at the API server; the token is a volume of its own. @default none */
  readonly serviceAccount?: Exception & { readonly name: Input<string> };
  /** @default "Always" */
  readonly restartPolicy?: "Never";
  /** Seconds between SIGTERM and SIGKILL. @default 30 */
  readonly terminationGracePeriodSeconds?: number;
  /** Lets processes bind ports below 1024 without root: the sysctl is in Kubernetes' safe set. */
  readonly lowPorts?: Exception;
}

function hardenedContainer(args: HardenedContainerArgs): Container {
  const { netBindService, resources, ...rest } = args;
  return {
    ...rest,
    resources: { requests: resources.requests, limits: resources.limits },
    // The last log lines become the termination message, which `pulumi up` and `kubectl describe` show.
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"], ...(netBindService && { add: ["NET_BIND_SERVICE"] }) },
    },
  };
}

/**
 * Renders every pod of this project: it passes the Pod Security Standard "restricted", writes only to declared volumes, and
 * has no API token. Kubernetes' own defaults are left out, because each property costs time in every preview.
 */
export function hardenedPod(args: HardenedPodArgs): PodSpec {
  return {
    automountServiceAccountToken: false,
    ...(args.serviceAccount && { serviceAccountName: args.serviceAccount.name }),
    enableServiceLinks: false, // a Service named `roundcube` would otherwise inject ROUNDCUBE_* variables
    ...(args.restartPolicy && { restartPolicy: args.restartPolicy }),
    ...(args.terminationGracePeriodSeconds && { terminationGracePeriodSeconds: args.terminationGracePeriodSeconds }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: args.user,
      runAsGroup: args.group,
      fsGroup: args.group,
      fsGroupChangePolicy: "OnRootMismatch", // a large mail store is not walked at every start
      seccompProfile: { type: "RuntimeDefault" },
      ...(args.lowPorts && { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] }),
    },
    ...(args.initContainers && { initContainers: args.initContainers.map(hardenedContainer) }),
    containers: args.containers.map(hardenedContainer),
    ...(args.volumes && { volumes: args.volumes }),
  };
}
