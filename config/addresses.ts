import { names } from "./names";
import type { StackConfig } from "./types";

/** The name of an account or alias: the local part in the main domain, the whole address in another one. */
export const shortAddress = (address: string, mainDomain: string): string => {
  const at = address.lastIndexOf("@");
  return address.slice(at + 1) === mainDomain ? address.slice(0, at) : address;
};

/** The two parts of such a name. No local part here contains an @. */
export function addressParts(name: string, mainDomain: string): { local: string; domain: string } {
  const at = name.lastIndexOf("@");
  return at < 0 ? { local: name, domain: mainDomain } : { local: name.slice(0, at), domain: name.slice(at + 1) };
}

/** The address that such a name stands for. */
export function wholeAddress(name: string, mainDomain: string): string {
  const { local, domain } = addressParts(name, mainDomain);
  return `${local}@${domain}`;
}

/** The addresses of the domains, and where each is delivered. */
export interface Addresses {
  readonly domains: readonly string[];
  /** Full addresses by the mailbox's name. */
  readonly mailboxes: Readonly<Record<string, string>>;
  /** The name of the mailbox by the full address of each of its aliases. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Those of the stack's own accounts, and the relay's login, which may be of another domain. */
  readonly system: readonly string[];
}

export function addressesOf({
  domain,
  domains,
  mailboxes,
  relay,
}: Pick<StackConfig, "domain" | "domains" | "mailboxes" | "relay">): Addresses {
  const full = (name: string): string => wholeAddress(name, domain);
  const own = Object.fromEntries(mailboxes.map(({ name, address }) => [name, address]));
  const aliases = Object.fromEntries(
    mailboxes.flatMap(({ name, aliases }) => aliases.map((alias) => [full(alias), name] as const)),
  );
  const claimed = new Set([...Object.values(own), ...Object.keys(aliases)]);
  const system = [
    ...domains.map((each) => `postmaster@${each}`),
    full(names.systemAccount),
    relay.username.toLowerCase(),
  ];
  return { domains, mailboxes: own, aliases, system: system.filter((address) => !claimed.has(address)) };
}

const isIn = (domains: readonly string[], address: string): boolean =>
  domains.some((domain) => address.endsWith(`@${domain}`));

/** A user at the identity provider, with the properties that decide which account they open. */
export interface IssuerUser {
  readonly username: string;
  readonly email?: string | null | undefined;
  readonly disabled?: boolean | undefined;
}

/** Why a user's address opens something other than one mailbox of their own. The address itself is not repeated. */
export type AddressProblem =
  | { readonly username: string; readonly kind: "spelling"; readonly mailbox: string }
  | { readonly username: string; readonly kind: "alias"; readonly mailbox: string }
  | { readonly username: string; readonly kind: "system" }
  | { readonly username: string; readonly kind: "unknown" };

/**
 * The mail server opens whatever account has the address of a signed-in user, by its aliases too, compares it
 * exactly, and creates an account if there is none. No setting changes that (stalwart crates/common/src/cache/directory.rs:
 * synchronize_account). Addresses of other domains open nothing. Two users at the provider never share one address.
 */
export function addressProblems(users: readonly IssuerUser[], addresses: Addresses): AddressProblem[] {
  const byAddress = new Map(Object.entries(addresses.mailboxes).map(([name, address]) => [address, name]));
  return users.flatMap(({ username, email, disabled }): AddressProblem[] => {
    const lower = email?.trim().toLowerCase() ?? "";
    if (disabled || !isIn(addresses.domains, lower)) return [];
    const mailbox = byAddress.get(lower);
    const alias = addresses.aliases[lower];
    if (alias !== undefined) return [{ username, kind: "alias", mailbox: alias }];
    if (addresses.system.includes(lower)) return [{ username, kind: "system" }];
    if (mailbox === undefined) return [{ username, kind: "unknown" }];
    return email === lower ? [] : [{ username, kind: "spelling", mailbox }];
  });
}

/** What is wrong with a user's address, as the rest of a sentence that begins with their name. */
export function explain(problem: AddressProblem): string {
  switch (problem.kind) {
    case "spelling":
      return `has the address of mailbox ${problem.mailbox} in another spelling, and so opens an empty account: write it in lower case`;
    case "alias":
      return `has an alias for an address, and so opens the mail of mailbox ${problem.mailbox}: it must be a mailbox's own address`;
    case "system":
      return "has an address of the stack's own accounts: it must be a mailbox's own address";
    case "unknown":
      return "has an address of this domain without a mailbox, and so gets an empty account that can send: add the mailbox, or change the address";
  }
}

/** The parts of Pocket ID's public application configuration that decide whether users can get another user's address. */
export interface SignUpSettings {
  readonly allowOwnAccountEdit?: string | undefined;
  readonly allowUserSignups?: string | undefined;
}

export const usersEditThemselves = ({ allowOwnAccountEdit }: SignUpSettings): boolean => allowOwnAccountEdit === "true";
export const usersSignUp = ({ allowUserSignups }: SignUpSettings): boolean =>
  allowUserSignups !== undefined && allowUserSignups !== "disabled";
