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

/** The plain value of a hook's input, in which secrets are outputs. */
const plain = <T>(value: T): Promise<unknown> => new Promise((resolve) => output([value]).apply(([it]) => resolve(it)));

/**
 * Records in the stack's state where each mailbox's mail is stored, and ends an update, or its preview, that would make users
 * open empty mailboxes. Everything else depends on it, so nothing has changed then. A stack of a version without this guard gets
 * its record with the next update. The record is secret, because addresses are.
 */
export class UpdateGuard extends ComponentResource {
  /** Completes when the update is known to hide no mail. */
  readonly passed: Resource;

  constructor(name: string, { domain, namespace, accounts }: MailRecord, opts?: ComponentResourceOptions) {
    super("homelab-mail:record:UpdateGuard", name, {}, opts);
    const refuse = new ResourceHook(
      "refuse-hiding-mail",
      async ({ oldInputs, newInputs }) => {
        const [before, after] = (await plain([oldInputs?.input, newInputs?.input])) as [MailRecord, MailRecord];
        const texts = refusedChanges(before, after);
        if (texts.length > 0) throw new Error(refusalText(texts));
      },
      { onDryRun: true },
    );
    const input = secret<MailRecord>({ domain, namespace, accounts });
    this.passed = new Stash("mail-record", { input }, { parent: this, hooks: { beforeUpdate: [refuse] } });
    this.registerOutputs();
  }
}
