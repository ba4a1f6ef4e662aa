import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import { demand } from "../shared/kinds";
import { definitions } from "./monitors";

/** The report of a cluster without the operator. */
export const refusal = (definition: string): string =>
  `monitoring.enabled needs the Prometheus operator, whose ${definition.split(".")[0]} this cluster does not know. ` +
  "Install it (kube-prometheus-stack brings it), or do without: pulumi config set --path monitoring.enabled false";

/**
 * Ends the run before anything is made when the operator's kinds are not there. The provider by itself takes kinds that it does
 * not know in a preview, for they may be on their way, and fails the update when most of it is done.
 */
export async function demandOperator(): Promise<void> {
  for (const name of definitions) await demand(CustomResourceDefinition.get(refusal(name), name));
}
