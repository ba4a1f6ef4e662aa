import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import { type Output, RunError } from "@pulumi/pulumi";
import { definitions } from "./monitors";

/** What somebody sees whose cluster has no Prometheus operator. */
export const refusal = [
  "monitoring.enabled: the cluster does not have the Prometheus operator's kinds PodMonitor and PrometheusRule; nothing was deployed.",
  "  Install the operator (kube-prometheus-stack brings it), or only its definitions, and run this again. Or do without:",
  "  $ pulumi config set --path monitoring.enabled false",
].join("\n");

/** A promise that fails when its output does; `apply` would only never be called. */
const settled = (value: Output<string>): Promise<unknown> =>
  (value as unknown as { promise(): Promise<unknown> }).promise();

/**
 * Ends the program with a report when the operator is not there, in a preview too, before anything is made. The provider
 * itself would let a preview pass, and fail the update when all else is done.
 *
 * The engine asks the provider for the definitions. For one that is missing it adds `resource '…' does not exist`.
 */
export async function demandOperator(): Promise<void> {
  const found = definitions.map((name) => CustomResourceDefinition.get(`prometheus-operator-${name}`, name));
  try {
    await Promise.all(found.map(({ id }) => settled(id)));
  } catch {
    throw new RunError(refusal);
  }
}
