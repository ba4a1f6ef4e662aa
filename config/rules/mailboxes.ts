import { fetcherName, passwordKey } from "../names";
import type { Path } from "../paths";
import type { Finding } from "./finding";
import { dnsLabel, localPart, notReserved } from "./values";

/** A mailbox as far as it could be read: what is wrong on its own is reported elsewhere and absent here. */
export interface MailboxDraft {
  /** The key as written under `mailboxes`. */
  readonly key: string;
  readonly name: string;
  /** Full address; absent when it or the domain could not be read. */
  readonly address?: string;
  readonly aliases: readonly { readonly path: Path; readonly address: string }[];
}

const MAX_OBJECT_NAME = 63;

/** `fetchmail-<name>` becomes a Deployment, and a label that its pods carry. */
export function mailboxName(name: string): string | undefined {
  if (dnsLabel(name)) return "is no name for a mailbox: lower-case letters, digits and dashes, as in mary-ann";
  return fetcherName(name).length > MAX_OBJECT_NAME
    ? `is too long a name: at most ${MAX_OBJECT_NAME - fetcherName("").length} characters`
    : undefined;
}

/** The nearest name that a mailbox can have, if one comes to mind. */
export function usableName(name: string): string | undefined {
  const tidy = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return mailboxName(tidy) === undefined ? tidy : undefined;
}

/** `boss` and `boss@newjoy.ro` are the same thing in newjoy.ro; other domains are not ours to receive for. */
export function addressIn(domain: string, written: string): { address: string } | { problem: string } {
  const text = written.trim().toLowerCase();
  const at = text.lastIndexOf("@");
  const local = at < 0 ? text : text.slice(0, at);
  if (at >= 0 && text.slice(at + 1) !== domain) return { problem: `is not in the stack's domain, ${domain}` };
  const problem = localPart(local) ?? notReserved(local);
  return problem ? { problem } : { address: `${local}@${domain}` };
}

/** Groups items by a key and keeps the groups with more than one. */
function repeated<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Every mailbox has an object name and Secret keys of its own. */
export function distinctNames(mailboxes: readonly MailboxDraft[]): Finding[] {
  return repeated(mailboxes, ({ name }) => passwordKey(name)).flatMap(([first, ...others]) =>
    others.map(({ key }) => ({
      path: ["mailboxes", key],
      text: `has the same name in the cluster as mailboxes.${first?.key}`,
      mend: "remove" as const,
    })),
  );
}

export function distinctAddresses(mailboxes: readonly MailboxDraft[]): Finding[] {
  const known = mailboxes.filter((mailbox) => mailbox.address !== undefined);
  return repeated(known, ({ address }) => address ?? "").flatMap(([first, ...others]) =>
    others.map(({ key }) => ({
      path: ["mailboxes", key, "address"],
      text: `is also the address of mailboxes.${first?.key}; two mailboxes cannot share one`,
    })),
  );
}

export function aliasesAreNobodysAddress(mailboxes: readonly MailboxDraft[]): Finding[] {
  const owners = new Map(mailboxes.map(({ address, key }) => [address, key]));
  return mailboxes.flatMap(({ key, aliases }) =>
    aliases.flatMap(({ path, address }) => {
      const owner = owners.get(address);
      if (owner === undefined) return [];
      const whose = owner === key ? "this mailbox's own address" : `the address of mailboxes.${owner}`;
      return [{ path, text: `is ${whose}`, mend: "remove" as const }];
    }),
  );
}

export function distinctAliases(mailboxes: readonly MailboxDraft[]): Finding[] {
  const all = mailboxes.flatMap(({ key, aliases }) => aliases.map((alias) => ({ ...alias, key })));
  return repeated(all, ({ address }) => address).flatMap(([first, ...others]) =>
    others.map(({ path }) => ({
      path,
      text: `is already an alias of mailboxes.${first?.key}`,
      mend: "remove" as const,
    })),
  );
}

/** All rules about mailboxes beside one another. */
export const mailboxRules = [distinctNames, distinctAddresses, aliasesAreNobodysAddress, distinctAliases] as const;
