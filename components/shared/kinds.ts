import type { ID, Output } from "@pulumi/pulumi";

/**
 * Goes on when the cluster has what is asked for, and ends the run before anything is made when it has not, in a preview too.
 * The engine ends a run in which a `get` finds nothing before the program hears of it, and shows what was looked for: the
 * name, then `resource '…' does not exist`. So the name that is given to `get` is the report.
 */
export async function demand(found: { readonly id: Output<ID> }): Promise<void> {
  await new Promise((resolve) => found.id.apply(resolve));
}
