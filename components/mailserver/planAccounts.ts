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
  /** How other operations would refer to it. A mailbox may be called `domain`, and must not shadow the domain's reference. */
  readonly reference: string;
  readonly localPart: string;
  readonly description: string;
  readonly admin: boolean;
  readonly aliases: readonly string[];
  /** Whether sign-in is disabled. */
  readonly closed?: true;
}

/** Every sign-in requires this permission (stalwart crates/common/src/auth/authentication.rs); incoming mail does not. */
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
  // Sign-in is disabled: otherwise a user with this address at the identity provider could open the account. Apps use port 25.
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
 * On a match, the body is a patch: it does not change properties that it omits, and replaces lists as a whole. So roles and
 * aliases are always written, and removing `admin` or an alias from the configuration removes it from the account. Accounts
 * that are no longer configured stay, with their mail.
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
 * The names of all accounts that the settings declare, those that users sign in to and the closed ones. The program
 * that ends access ends it for every other account. Outside of the main domain, a name is the whole address.
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
 * Single sign-on. The token's audience must be our client: requiring the issuer instead would allow any app of that
 * identity provider to open users' mail with a token from their sign-in.
 *
 * The directory is reconciled, not upserted: after a change of its name, the old one would stay, and every reload would fail
 * when its issuer no longer exists.
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
        // The configuration sets the name. With a claim for it, every sign-in would overwrite it with the issuer's, and the
        // next settings run would restore it (synchronize_account in crates/common/src/cache/directory.rs).
        claimName: null,
        requireScopes: set(["openid", "email"]),
      },
    }),
    update("Authentication", { directoryId: "#directory", maxAppPasswords: APP_PASSWORDS }),
  ];
}
