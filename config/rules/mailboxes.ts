import { fetcherName, passwordKey } from "../names";
import { isGroup, mailbox, type Path, shapeOf, valueAt } from "../schema";
import { toList } from "../schema/values";
import type { Domains } from "./domains";
import type { Finding } from "./stack";
import { dnsLabel, localPart, notReserved, ownLocalPart, wholeAddress } from "./values";

/** A mailbox as far as it could be read: what is wrong on its own is reported elsewhere and absent here. */
export interface MailboxDraft {
  /** The key as written under `mailboxes`. */
  readonly key: string;
  readonly name: string;
  /** Full address; absent when it or the domain could not be read. */
  readonly address?: string;
  /** The address that its account has, when that is another. */
  readonly account?: string;
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

/** `boss` and `boss@newjoy.ro` are the same thing where newjoy.ro is the main domain; other domains are not ours to receive for. */
export function addressIn(domains: Domains, written: string): { address: string } | { problem: string } {
  const text = written.trim().toLowerCase();
  const at = text.lastIndexOf("@");
  const local = at < 0 ? text : text.slice(0, at);
  const domain = at < 0 ? domains[0] : text.slice(at + 1);
  if (!domains.includes(domain)) {
    const [main, ...others] = domains;
    const known =
      others.length === 0
        ? `not in the stack's domain, ${main}`
        : `in none of the stack's domains, ${domains.join(", ")}`;
    return { problem: `is ${known}` };
  }
  const problem = localPart(local) ?? ownLocalPart(local) ?? notReserved(local) ?? wholeAddress(`${local}@${domain}`);
  return problem ? { problem } : { address: `${local}@${domain}` };
}

const mailboxKeys = shapeOf(mailbox);

/** Reads each mailbox as far as it goes, so that rules about several mailboxes work beside other problems. */
export function draftMailboxes(
  raw: unknown,
  domains: Domains | undefined,
): { drafts: MailboxDraft[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const keep = (path: Path, written: string): string | undefined => {
    if (domains === undefined) return undefined;
    const read = addressIn(domains, written);
    if ("address" in read) return read.address;
    findings.push({ path, text: read.problem });
    return undefined;
  };
  const drafts = Object.entries(isGroup(raw) ? raw : {}).map(([key, value]): MailboxDraft => {
    const path = ["mailboxes", key];
    const name = key.toLowerCase();
    const nameProblem = mailboxName(name);
    const rename = usableName(key);
    const set = rename === undefined ? {} : { set: ["mailboxes", rename, "password"] };
    if (nameProblem) findings.push({ path, text: nameProblem, remove: "key", ...set });
    const written = mailboxKeys?.address?.safeParse(valueAt(value, ["address"]));
    const address =
      typeof written?.data === "string"
        ? keep([...path, "address"], written.data)
        : written?.success && !nameProblem && domains !== undefined
          ? `${name}@${domains[0]}`
          : undefined;
    const account = mailboxKeys?.account?.safeParse(valueAt(value, ["account"])).data;
    const earlier = typeof account === "string" ? keep([...path, "account"], account) : undefined;
    const list = toList(valueAt(value, ["aliases"]));
    const aliases = (Array.isArray(list) ? list : []).flatMap((alias: unknown, index) => {
      const at = [...path, "aliases", index];
      const local = ["string", "number"].includes(typeof alias) && String(alias).trim() !== "" ? String(alias) : "";
      const full = local === "" ? undefined : keep(at, local);
      return full === undefined ? [] : [{ path: at, address: full }];
    });
    return {
      key,
      name,
      ...(address !== undefined && { address }),
      ...(earlier !== undefined && earlier !== address && { account: earlier }),
      aliases,
    };
  });
  return { drafts, findings };
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
      remove: "value" as const,
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

/** An account is of one mailbox, whatever its address is now. */
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
  return repeated(all, ({ address }) => address).flatMap(([first, ...others]) =>
    others.map(({ path }) => ({
      path,
      text: `is already an alias of mailboxes.${first?.key}`,
      remove: "value" as const,
    })),
  );
}

/** All rules about mailboxes beside one another. */
export const mailboxRules = [
  distinctNames,
  distinctAddresses,
  distinctAccounts,
  aliasesAreNoAddresses,
  distinctAliases,
] as const;
