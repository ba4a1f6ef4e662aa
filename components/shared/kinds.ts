import type { ID, Output } from "@pulumi/pulumi";

/**
 * Continues when the cluster has the object, and otherwise ends the run, or the preview, before any resource is created. The
 * engine itself ends a run whose `get` finds nothing, with the resource's logical name and `resource '…' does not exist`. So
 * the message to the user is passed to `get` as that name.
 */
export async function requireExisting(found: { readonly id: Output<ID> }): Promise<void> {
  await new Promise((resolve) => found.id.apply(resolve));
}
