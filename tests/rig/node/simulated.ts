import * as fs from "node:fs";
import type { KubeClient } from "../cluster/kube";
import type { ProcessFolder } from "../cluster/processes";
import { NODE_NAME } from "./files";

const VOLUMES = 16;

/** Simulates the load balancer: Services get the node's address, which kube-proxy serves. */
export async function assignLoadBalancerIPs(client: KubeClient, address: string): Promise<void> {
  for (const service of await client.list("v1", "Service")) {
    if (service.spec.type !== "LoadBalancer" || service.status?.loadBalancer?.ingress?.length) continue;
    const { name, namespace } = service.metadata;
    const status = { loadBalancer: { ingress: [{ ip: address, ipMode: "VIP" }] } };
    const target = `/api/v1/namespaces/${namespace}/services/${name}/status`;
    await client.request("PATCH", target, { status }, "application/merge-patch+json");
  }
}

/** Simulates the storage driver: volumes that wait for claims. Their content outlives the claim. */
export async function createLocalVolumes(client: KubeClient, folder: ProcessFolder): Promise<void> {
  for (let n = 0; n < VOLUMES; n++) {
    const directory = folder.file("volumes", String(n));
    fs.mkdirSync(directory, { recursive: true });
    await client.apply(
      {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: `local-${n}` },
        spec: {
          accessModes: ["ReadWriteOnce"],
          capacity: { storage: "100Gi" },
          persistentVolumeReclaimPolicy: "Retain",
          storageClassName: n % 2 === 0 ? "longhorn-ssd" : "longhorn",
          local: { path: directory }, // the kubelet gives these to a pod's group, and hostPath not
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [NODE_NAME] }] },
              ],
            },
          },
        },
      },
      "?fieldManager=homelab-mail-sandbox&force=true",
    );
  }
}
