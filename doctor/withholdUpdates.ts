import type { Result } from "./result";

/**
 * In a cluster that has no object of the stack, `pulumi refresh` would remove all of them from the state, and `pulumi up` would
 * then create them again, with empty mailboxes. While the cluster may be the wrong one, no result recommends either.
 */
export function withholdUpdates(results: readonly Result[]): Result[] {
  const elsewhere = results.find(({ check, code }) => check === "objects" && code === "elsewhere");
  if (elsewhere === undefined) return [...results];
  return results.map((result) =>
    result !== elsewhere && /pulumi (refresh|up)/.test(result.fix ?? "")
      ? { ...result, fix: "First select the stack's cluster: `npm run doctor -- --context NAME`" }
      : result,
  );
}
