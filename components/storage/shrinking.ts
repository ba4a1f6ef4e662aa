import { names } from "../../config/names";
import { amount } from "../../config/rules/values";

interface Claim {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: string } } };
}

const requested = (claim: Claim | undefined): string => claim?.spec?.resources?.requests?.storage ?? "";

/**
 * The error for a claim that would become smaller: Kubernetes can grow a claim in place, but never shrink it. Undefined without
 * one, or when a size is unknown.
 */
export function shrinkingProblem(before: Claim | undefined, after: Claim | undefined): string | undefined {
  const [old, wanted] = [amount(requested(before)), amount(requested(after))];
  if (old === undefined || wanted === undefined || wanted >= old) return undefined;
  const key = after?.metadata?.name === names.webmailClaim ? "storage.webmail.size" : "storage.size";
  return (
    `${key}: the claim ${after?.metadata?.name} has ${requested(before)} and cannot shrink to ${requested(after)}; ` +
    `nothing was changed. Fix it: pulumi config set --path ${key} ${requested(before)}`
  );
}
