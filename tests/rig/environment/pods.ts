import type { KubeObject } from "../../../lib/kubectl";
import { environmentNamespace } from "./names";

interface PodArgs {
  readonly name: string;
  /** A user that the image's /etc/passwd knows. */
  readonly user: number;
  readonly containers: readonly KubeObject[];
  readonly volumes: readonly KubeObject[];
}

const meta = (name: string) => ({ name, namespace: environmentNamespace, labels: { app: name } });

/** What a server of the environment consists of: settings, a pod that passes "restricted", and a name in the cluster. */
export function serverObjects(args: PodArgs & { readonly ports: Readonly<Record<number, number>> }): KubeObject[] {
  const { name, user, containers, volumes, ports } = args;
  const securityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  };
  const resources = { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: meta(name),
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: user,
              runAsGroup: user,
              fsGroup: user,
              seccompProfile: { type: "RuntimeDefault" },
              sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
            },
            containers: containers.map((container) => ({ securityContext, resources, ...container })),
            volumes: [{ name: "tls", secret: { secretName: `${name}-tls`, defaultMode: 0o440 } }, ...volumes],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: meta(name),
      spec: {
        selector: { app: name },
        ports: Object.entries(ports).map(([port, targetPort]) => ({
          name: `p${port}`,
          port: Number(port),
          targetPort,
        })),
      },
    },
  ];
}

export const configMap = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: meta(name),
  data,
});

export const secret = (name: string, stringData: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: meta(name),
  stringData,
});
