import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import { definitions } from "./monitors";

/**
 * The report of a cluster without the operator. The engine ends a run in which a `get` finds nothing before the program hears
 * of it, and shows what was looked for: the name, then `resource '…' does not exist`. So the name is the report.
 */
export const refusal = (definition: string): string =>
  `monitoring.enabled needs the Prometheus operator, whose ${definition.split(".")[0]} this cluster does not know. ` +
  "Install it (kube-prometheus-stack brings it), or do without: pulumi config set --path monitoring.enabled false";

/**
 * Goes on when the operator's kinds are there, and ends the run before anything is made when they are not, in a preview too.
 * The provider by itself takes kinds that it does not know in a preview, for they may be on their way, and fails the update
 * when most of it is done.
 */
export async function demandOperator(): Promise<void> {
  for (const name of definitions) {
    const { id } = CustomResourceDefinition.get(refusal(name), name);
    await new Promise((resolve) => id.apply(resolve));
  }
}
