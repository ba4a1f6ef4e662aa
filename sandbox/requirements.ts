import type { Stack } from "@pulumi/pulumi/automation";
import type { KubeClient } from "./rig";

/** Kubernetes' annotation for the default class (https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass). */
const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

/** Throws if the user's cluster lacks something that the stack would wait for forever: one line for each, with the option that fixes it. */
export async function requireWhatItNeeds(client: KubeClient, stack: Stack): Promise<void> {
  const lines: string[] = [];
  const found = await client.list("storage.k8s.io/v1", "StorageClass");
  const classes = found.map(({ metadata }) => metadata.name as string);
  const hasDefault = found.some(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === "true");
  const storage = JSON.parse((await stack.getAllConfig())["homelab-mail:storage"]?.value ?? "{}");
  const wanted: string | undefined = storage.className;
  if (wanted === undefined ? !hasDefault : !classes.includes(wanted)) {
    const missing = wanted === undefined ? "default storage class" : `storage class ${wanted}`;
    lines.push(`The cluster has no ${missing}: add --config storage.className=NAME, one of ${classes.join(", ")}`);
  }
  const tls = JSON.parse((await stack.getAllConfig())["homelab-mail:tls"]?.value ?? "{}");
  const certificates = await client.list("cert-manager.io/v1", "Certificate").catch(() => undefined);
  if (!certificates && !tls.secretName) {
    lines.push(
      "The cluster has no cert-manager: install it, or add --config tls.secretName=NAME with a TLS Secret in the namespace",
    );
  }
  if (lines.length > 0) throw new Error(lines.join("\n"));
}
