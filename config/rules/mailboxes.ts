import { passwordKey } from "../names";
import type { MailboxDraft } from "../resolve/mailboxes";
import type { Finding } from "./finding";

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

/** Every mailbox has an object name and Secret keys of its own. */
export function distinctNames(mailboxes: readonly MailboxDraft[]): Finding[] {
  return grouped(mailboxes, ({ name }) => passwordKey(name)).flatMap(([first, ...others]) =>
    others.map(({ key }) => ({
      path: ["mailboxes", key],
      text: `has the same name in the cluster as mailboxes.${first?.key}`,
      remove: "value" as const,
    })),
  );
}

export function distinctAddresses(mailboxes: readonly MailboxDraft[]): Finding[] {
  const known = mailboxes.filter((mailbox) => mailbox.address !== undefined);
  return grouped(known, ({ address }) => address ?? "").flatMap(([first, ...others]) =>
    others.map(({ key }) => ({
      path: ["mailboxes", key, "address"],
      text: `is also the address of mailboxes.${first?.key}; two mailboxes cannot share one`,
    })),
  );
}

/** An account belongs to one mailbox, whatever its address is now. */
export function distinctAccounts(mailboxes: readonly MailboxDraft[]): Finding[] {
  return mailboxes.flatMap(({ key, account }) => {
    const other = mailboxes.find((one) => one.key !== key && account && [one.address, one.account].includes(account));
    return other === undefined
      ? []
      : [
          {
            path: ["mailboxes", key, "account"],
            text: `is the account of mailboxes.${other.key}`,
            remove: "value" as const,
          },
        ];
  });
}

export function aliasesAreNoAddresses(mailboxes: readonly MailboxDraft[]): Finding[] {
  const owners = new Map(mailboxes.flatMap(({ address, account, key }) => [address, account].map((own) => [own, key])));
  return mailboxes.flatMap(({ key, aliases }) =>
    aliases.flatMap(({ path, address }) => {
      const owner = owners.get(address);
      if (owner === undefined) return [];
      const whose = owner === key ? "this mailbox's own address" : `the address of mailboxes.${owner}`;
      return [{ path, text: `is ${whose}`, remove: "value" as const }];
    }),
  );
}

export function distinctAliases(mailboxes: readonly MailboxDraft[]): Finding[] {
  const all = mailboxes.flatMap(({ key, aliases }) => aliases.map((alias) => ({ ...alias, key })));
  return grouped(all, ({ address }) => address).flatMap(([first, ...others]) =>
    others.map(({ path }) => ({
      path,
      text: `is already an alias of mailboxes.${first?.key}`,
      remove: "value" as const,
    })),
  );
}

/** All rules about several mailboxes. */
export const mailboxRules = [
  distinctNames,
  distinctAddresses,
  distinctAccounts,
  aliasesAreNoAddresses,
  distinctAliases,
] as const;
