import { addressParts, shortAddress } from "../../config/addresses";
import { names } from "../../config/names";
import type { Mailbox } from "../../config/types";
import { canonicalName, canonicalText } from "./canonical";
import { domainReference } from "./domains";
import { type Body, byName, list, type Operation, reconcile, set, update, upsert } from "./operations";

export type PlanMailbox = Pick<Mailbox, "name" | "localPart" | "displayName" | "aliases" | "admin" | "folders">;

export interface AccountsArgs {
  /** The main domain. */
  readonly domain: string;
  /** Every mail domain, the main one first. */
  readonly domains: readonly string[];
  readonly mailboxes: readonly PlanMailbox[];
  /** The provider's SMTP login that all outbound mail uses. */
  readonly relay: { readonly username: string };
}

export interface DirectoryArgs {
  readonly identity: { readonly issuer: string; readonly name: string; readonly clientId: string };
}

/** App passwords per account: the server's 5 are too few for a family's phones, tablets and printers. */
const APP_PASSWORDS = 100;

interface Account {
  /** How other lines of the plan would refer to it. A mailbox may be called `domain`, whose reference must not be hidden. */
  readonly reference: string;
  readonly localPart: string;
  readonly description: string;
  readonly admin: boolean;
  readonly aliases: readonly string[];
  /** Whether sign-in is disabled. */
  readonly closed?: true;
}

/** Every sign-in needs it (stalwart crates/common/src/auth/authentication.rs); mail is taken in all the same. */
const noSignIn: Body = {
  "@type": "Merge",
  enabledPermissions: {},
  disabledPermissions: set(["authenticate"]),
};

/**
 * Accounts for addresses that must be deliverable although no mailbox is configured for them: bounces of what an app sent as an
 * unknown local address go to postmaster, those of the relay account's own mail to that account. Without an account they would
 * be dropped.
 *
 * They are separate accounts, not aliases of a user: an account stays on the server after its mailbox leaves the configuration,
 * with its aliases, and an address can belong to one account only.
 */
function systemAccounts({ domain, domains, mailboxes, relay }: AccountsArgs): Account[] {
  const claimed = new Set(mailboxes.flatMap(({ localPart, aliases }) => [localPart, ...aliases]));
  const relayAddress = relay.username.toLowerCase();
  const [relayLocal, relayDomain = ""] = relayAddress.split("@");
  const relayName = shortAddress(relayAddress, domain);
  // Closed: otherwise a user with this address at the identity provider would open it. Apps send through port 25 without a login.
  const account = (reference: string, localPart: string, description: string, aliases: string[]): Account => ({
    reference,
    localPart,
    description,
    admin: false,
    aliases,
    closed: true,
  });
  const relayClaimed = !domains.includes(relayDomain) || relayLocal === "postmaster" || claimed.has(relayName);
  const postmasters = domains.map((each) => shortAddress(`postmaster@${each}`, domain));
  return [
    account(
      "system",
      names.systemAccount,
      "Postmaster",
      postmasters.filter((name) => !claimed.has(name)),
    ),
    ...(relayClaimed ? [] : [account("relay-account", relayName, "Relay", [])]),
  ];
}

/**
 * One account per mailbox, all in one operation: two upserts that match on the same reference would make duplicates.
 * On a match the whole body is a patch that leaves alone what it omits, and replaces lists whole, so roles and aliases are
 * always written: taking `admin` or an alias out of the configuration takes it off the account. Accounts that are no longer
 * configured stay, with their mail.
 */
export function accounts(args: AccountsArgs): Operation {
  const users = [...args.mailboxes]
    .sort(byName)
    .map(
      (mailbox): Account => ({ ...mailbox, reference: `mailbox-${mailbox.name}`, description: mailbox.displayName }),
    );
  const named = (written: string): { name: string; domainId: string } => {
    const { local, domain } = addressParts(written, args.domain);
    return { name: canonicalName(local), domainId: domainReference(args.domains, domain) };
  };
  const body = ({ localPart, description, admin, aliases, closed }: Account): Body => ({
    "@type": "User",
    ...named(localPart),
    description,
    roles: { "@type": admin ? "Admin" : "User" },
    ...(closed && { permissions: noSignIn }),
    aliases: list([...aliases].map(canonicalName).sort().map(named)),
  });
  return upsert(
    "Account",
    ["name", "domainId"],
    Object.fromEntries([...systemAccounts(args), ...users].map((account) => [account.reference, body(account)])),
  );
}

/**
 * The names of all accounts that the settings declare, those that users sign in to and the closed ones. The program that
 * ends access ends that of every other account. Outside of the main domain a name is the whole address.
 */
export function declaredAccounts(args: AccountsArgs & { readonly migrations?: readonly { readonly name: string }[] }): {
  domain: string;
  declared: string[];
  closed: string[];
  migrations?: string[];
} {
  const namesOf = (accounts: readonly Pick<Account, "localPart">[]): string[] =>
    accounts.map(({ localPart }) => canonicalName(localPart)).sort();
  const migrations = (args.migrations ?? []).map(({ name }) => name);
  return {
    domain: canonicalName(args.domain),
    declared: namesOf(args.mailboxes),
    closed: namesOf(systemAccounts(args)),
    ...(migrations.length > 0 && { migrations }),
  };
}

/**
 * Single sign-on. The token's audience must be our client: requiring the issuer instead would let any app of that identity
 * provider open users' mail with a token it got at sign-in.
 *
 * The directory is reconciled, not upserted: after a change of name, a stale one would stay, and its dead issuer would make
 * every reload fail.
 */
export function directory({ identity }: DirectoryArgs): Operation[] {
  return [
    reconcile("Directory", ["description"], {
      directory: {
        "@type": "Oidc",
        description: canonicalText(identity.name),
        issuerUrl: identity.issuer,
        requireAudience: identity.clientId,
        claimUsername: "email",
        // The name is the configuration's: with a claim for it, every sign-in would write the issuer's over it, and the next
        // settings run would write it back (synchronize_account in crates/common/src/cache/directory.rs).
        claimName: null,
        requireScopes: set(["openid", "email"]),
      },
    }),
    update("Authentication", { directoryId: "#directory", maxAppPasswords: APP_PASSWORDS }),
  ];
}
