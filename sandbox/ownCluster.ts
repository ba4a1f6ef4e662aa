import type { Stack } from "@pulumi/pulumi/automation";
import { KubeClient } from "./kube";
import type { Site } from "./site";

/** What one's own cluster lacks for the configured stack: one line each, with the option that mends it. */
export async function missingFrom(site: Site, stack: Stack): Promise<string[]> {
  const client = KubeClient.fromFile(site.kubeconfig);
  const lines: string[] = [];
  const classes = (await client.list("storage.k8s.io/v1", "StorageClass")).map(
    ({ metadata }) => metadata.name as string,
  );
  const storage = JSON.parse((await stack.getAllConfig())["homelab-mail:storage"]?.value ?? "{}");
  const wanted: string = storage.className ?? "longhorn-ssd";
  if (!classes.includes(wanted)) {
    lines.push(
      `The cluster has no storage class ${wanted}: add --config storage.className=NAME, one of ${classes.join(", ")}`,
    );
  }
  const certificates = await client.list("cert-manager.io/v1", "Certificate").catch(() => undefined);
  if (!certificates) {
    lines.push(
      "The cluster has no cert-manager: install it, or add --config tls.secretName=NAME with a TLS Secret in the namespace",
    );
  }
  return lines;
}
