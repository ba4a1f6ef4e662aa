import {
  ComponentResource,
  type ComponentResourceOptions,
  output,
  type Resource,
  ResourceHook,
  Stash,
  secret,
} from "@pulumi/pulumi";
import { type MailRecord, refusalText, refusedChanges } from "./changes";

/** A value that a hook gets: secrets come as outputs. */
const plain = <T>(value: T): Promise<unknown> => new Promise((resolve) => output([value]).apply(([it]) => resolve(it)));

/**
 * Remembers in the stack's state where everybody's mail is, and ends an update that would lead them elsewhere, in a preview
 * too. Everything else waits for it, so nothing is touched then. A stack from before this was here gets its record with the
 * next update; addresses are secret, and so is all of it.
 */
export class UpdateGuard extends ComponentResource {
  /** Done once it is clear that nobody's mail is left behind. */
  readonly passed: Resource;

  constructor(name: string, { domain, namespace, accounts }: MailRecord, opts?: ComponentResourceOptions) {
    super("homelab-mail:record:UpdateGuard", name, {}, opts);
    const refuse = new ResourceHook(
      "refuse-hiding-mail",
      async ({ oldInputs, newInputs }) => {
        const [before, after] = (await plain([oldInputs?.input, newInputs?.input])) as MailRecord[];
        const texts = before && after ? refusedChanges(before, after) : [];
        if (texts.length > 0) throw new Error(refusalText(texts));
      },
      { onDryRun: true },
    );
    const input = secret<MailRecord>({ domain, namespace, accounts });
    this.passed = new Stash("mail-record", { input }, { parent: this, hooks: { beforeUpdate: [refuse] } });
    this.registerOutputs();
  }
}
