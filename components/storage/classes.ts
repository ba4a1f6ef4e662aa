import { names } from "../../config/names";

interface Claim {
  readonly metadata?: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly storageClassName?: string };
}

const WANTED = "homelab-mail/storage-class";
const CLUSTERS_CHOICE = "(default)"; // no class can have this name

/**
 * What the configuration says, where a change of it is an update of the claim and reaches its hook. The field itself is the
 * one that stands: the API server fills it in when the claim is made, and it is never changed.
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

/** Says what is wrong when a claim would need another class than it has; undefined when all is well. */
export function classProblem({ oldInputs, oldOutputs, newInputs }: Update): string | undefined {
  const asked = oldInputs?.spec?.storageClassName;
  const has = oldOutputs?.spec?.storageClassName ?? asked;
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
  // The cluster's default class of now may be another than the one the claim was made with: only who asked for one is told.
  if (asked === undefined) return undefined;
  return (
    `${key}: it has no default any more, earlier versions took longhorn-ssd. The claim ${name} is of class ${has}; ` +
    `nothing was changed. Say so: ${setBack}`
  );
}
