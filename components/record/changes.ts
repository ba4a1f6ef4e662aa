/** The settings that decide where each mailbox's mail is stored. */
export interface MailRecord {
  /** The main one. */
  readonly domain: string;
  readonly namespace: string;
  /** The name of each mailbox's account on the server, by the mailbox's name: the whole address outside of the main domain. */
  readonly accounts: Readonly<Record<string, string>>;
}

/** The accounts of a record, from the configured mailboxes. */
export const accountsOf = (
  mailboxes: readonly { readonly name: string; readonly localPart: string }[],
): MailRecord["accounts"] => Object.fromEntries(mailboxes.map(({ name, localPart }) => [name, localPart]));

const HIDDEN = "No mail would be deleted, but users would not see it any more";

/** One message per key whose change would hide mail. The messages contain no address and no part of one. */
export function refusedChanges(before: MailRecord, after: MailRecord): string[] {
  const texts: string[] = [];
  if (before.domain !== after.domain) {
    texts.push(
      `domain: it was ${before.domain}, and every account is in that domain. In ${after.domain} every user would start with an ` +
        `empty mailbox. ${HIDDEN}. Set it back: pulumi config set domain ${before.domain}, or with several domains ` +
        `pulumi config set --path 'domains[0]' ${before.domain}`,
    );
  }
  if (before.namespace !== after.namespace) {
    texts.push(
      `namespace: it was ${before.namespace}, and the volume with all mail is there. ${after.namespace} would get an empty one. ` +
        `${HIDDEN}. Set it back: pulumi config set namespace ${before.namespace}`,
    );
  }
  if (before.domain !== after.domain) return texts; // all addresses change with the domain
  for (const [name, account] of Object.entries(after.accounts)) {
    const known = before.accounts[name];
    if (known === undefined || known === account) continue;
    texts.push(
      `mailboxes.${name}.address: it is another one than at the last update, and the mail is in the account of the address before. ` +
        `The new address would get an account of its own, which is empty. To keep the mail under the new address, name the ` +
        `address it had: pulumi config set --secret --path mailboxes.${name}.account`,
    );
  }
  return texts;
}

/** The error that ends such an update or preview. */
export const refusalText = (texts: readonly string[]): string =>
  [
    "Nothing was changed, because this update would hide mail:",
    ...texts,
    "docs/how-to/move.md has the ways to move.",
  ].join("\n  ");
