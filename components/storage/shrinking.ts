import { names } from "../../config/names";
import { amount } from "../../config/rules/values";

interface Claim {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: string } } };
}

const requested = (claim: Claim | undefined): string => claim?.spec?.resources?.requests?.storage ?? "";

interface Update {
  readonly oldInputs?: Claim | undefined;
  /** As the cluster has it. */
  readonly oldOutputs?: Claim | undefined;
  readonly newInputs?: Claim | undefined;
}

/**
 * The error for a claim that would become smaller: Kubernetes can grow a claim in place, but never shrink it. Undefined without
 * one, or when a size is unknown.
 *
 * What counts is the claim in the cluster. When the API server refuses to grow it, because its class does not allow expansion,
 * Pulumi's Kubernetes plugin saves the refused size as the claim's inputs (Update in provider/pkg/provider/provider.go). Compared
 * to that size, setting the old one back would be shrinking.
 */
export function shrinkingProblem({ oldInputs, oldOutputs, newInputs }: Update): string | undefined {
  const before = requested(oldOutputs) || requested(oldInputs);
  const [old, wanted] = [amount(before), amount(requested(newInputs))];
  if (old === undefined || wanted === undefined || wanted >= old) return undefined;
  const name = newInputs?.metadata?.name;
  const key = name === names.webmailClaim ? "storage.webmail.size" : "storage.size";
  return (
    `${key}: the claim ${name} has ${before} and cannot shrink to ${requested(newInputs)}; ` +
    `nothing was changed. Fix it: pulumi config set --path ${key} ${before}`
  );
}
