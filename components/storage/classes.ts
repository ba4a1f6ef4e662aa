import { names } from "../../config/names";

interface Claim {
  readonly metadata?: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly storageClassName?: string };
}

const WANTED = "homelab-mail/storage-class";
const CLUSTERS_CHOICE = "(default)"; // no class can have this name

/**
 * The configured class as an annotation, so that a change of it is an update of the claim and reaches its hook. The field itself
 * is filled in by the API server at creation and immutable.
 */
export const classAnnotation = (className: string | undefined): Record<string, string> => ({
  [WANTED]: className ?? CLUSTERS_CHOICE,
});

interface Update {
  readonly oldInputs?: Claim | undefined;
  /** As the cluster has it. */
  readonly oldOutputs?: Claim | undefined;
  readonly newInputs?: Claim | undefined;
}

/** The error for a claim that would need another class than it has; undefined without one. */
export function classProblem({ oldInputs, oldOutputs, newInputs }: Update): string | undefined {
  const requested = oldInputs?.spec?.storageClassName;
  const has = oldOutputs?.spec?.storageClassName ?? requested;
  const wanted = newInputs?.metadata?.annotations?.[WANTED];
  if (has === undefined || wanted === undefined || wanted === has) return undefined;
  const name = newInputs?.metadata?.name;
  const key = name === names.webmailClaim ? "storage.webmail.className" : "storage.className";
  const setBack = `pulumi config set --path ${key} ${has}`;
  if (wanted !== CLUSTERS_CHOICE) {
    return (
      `${key}: the claim ${name} is of class ${has}, and a claim keeps its class: with ${wanted} it would be made anew, ` +
      `empty. Nothing was changed. Set it back: ${setBack}. docs/how-to/move.md tells how mail moves to another class.`
    );
  }
  // The cluster's default class may have changed since the claim was created, so this applies only to an explicit class.
  if (requested === undefined) return undefined;
  return (
    `${key}: it has no default any more, earlier versions took longhorn-ssd. The claim ${name} is of class ${has}; ` +
    `nothing was changed. Say so: ${setBack}`
  );
}
