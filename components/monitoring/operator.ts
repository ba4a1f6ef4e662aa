import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import { requireExisting } from "../shared/kinds";
import { definitions } from "./monitors";

/** The message for a cluster without the operator. */
export const missingCrdMessage = (definition: string): string =>
  `monitoring.enabled needs the Prometheus operator, whose ${definition.split(".")[0]} this cluster does not know. ` +
  "Install it (kube-prometheus-stack brings it), or do without: pulumi config set --path monitoring.enabled false";

/**
 * Ends the run before any resource is created if the cluster lacks the operator's kinds. By itself, the Kubernetes provider
 * accepts unknown kinds in a preview, because the update may install them, and fails late in the update.
 */
export async function requirePrometheusOperator(): Promise<void> {
  for (const name of definitions) await requireExisting(CustomResourceDefinition.get(missingCrdMessage(name), name));
}
