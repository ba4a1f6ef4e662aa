import { names } from "../../config/names";
import type { Mailbox } from "../../config/types";
import { type Body, list, type Operation, reconcile, set, update, upsert } from "./operations";

export type PlanMailbox = Pick<Mailbox, "name" | "localPart" | "displayName" | "aliases" | "admin" | "folders">;

export interface AccountsArgs {
  readonly domain: string;
  readonly mailboxes: readonly PlanMailbox[];
  /** The provider's SMTP login that all outbound mail uses. */
  readonly relay: { readonly username: string };
}

export interface DirectoryArgs {
  readonly identity: { readonly issuer: string; readonly name: string; readonly clientId: string };
}

/** App passwords per account: the server's 5 are too few for a family's phones, tablets and printers. */
const APP_PASSWORDS = 100;

const byName = (a: PlanMailbox, b: PlanMailbox): number => (a.name < b.name ? -1 : 1);

interface Account {
  /** How other lines of the plan would refer to it. A mailbox may be called `domain`, whose reference must not be hidden. */
  readonly reference: string;
  readonly localPart: string;
  readonly description: string;
  readonly admin: boolean;
  readonly aliases: readonly string[];
}

/**
 * Accounts for addresses that must lead somewhere although nobody asked for them: bounces for what an app sent as an
 * unknown local address go to postmaster, those for the relay account's own mail to that account, and without a mailbox
 * there they are dropped.
 *
 * They are accounts of the stack's own, not aliases of some person: a person's account stays on the server when they leave
 * the configuration, with its aliases, and an address can belong to one account only.
 */
function caretakers({ domain, mailboxes, relay }: AccountsArgs): Account[] {
  const claimed = new Set(mailboxes.flatMap(({ localPart, aliases }) => [localPart, ...aliases]));
  const [relayName = "", relayDomain] = relay.username.toLowerCase().split("@");
  const account = (reference: string, localPart: string, description: string, aliases: string[]): Account => ({
    reference,
    localPart,
    description,
    admin: false,
    aliases,
  });
  const relayClaimed = relayDomain !== domain || relayName === "postmaster" || claimed.has(relayName);
  return [
    account("system", names.systemAccount, "Postmaster", claimed.has("postmaster") ? [] : ["postmaster"]),
    ...(relayClaimed ? [] : [account("relay-account", relayName, "Relay", [])]),
  ];
}

/**
 * One account a mailbox, all in one operation: two upserts that match on the same reference would make duplicates.
 * On a match the whole body is a patch that leaves alone what it omits, and replaces lists whole, so roles and aliases are
 * always written: taking `admin` or an alias out of the configuration takes it off the account. Accounts that are no longer
 * configured stay, with their mail.
 */
export function accounts(args: AccountsArgs): Operation {
  const people = [...args.mailboxes]
    .sort(byName)
    .map(
      (mailbox): Account => ({ ...mailbox, reference: `mailbox-${mailbox.name}`, description: mailbox.displayName }),
    );
  const body = ({ localPart, description, admin, aliases }: Account): Body => ({
    "@type": "User",
    name: localPart,
    domainId: "#domain",
    description,
    roles: { "@type": admin ? "Admin" : "User" },
    aliases: list([...aliases].sort().map((name) => ({ name, domainId: "#domain" }))),
  });
  return upsert(
    "Account",
    ["name", "domainId"],
    Object.fromEntries([...caretakers(args), ...people].map((account) => [account.reference, body(account)])),
  );
}

/**
 * Single sign-on. The token's audience must be our client: requiring the issuer instead would let any app of that identity
 * provider open people's mail with a token it got at sign-in.
 *
 * The directory is reconciled, not upserted: after a change of name, a stale one would stay, and its dead issuer would make
 * every reload fail.
 */
export function directory({ identity }: DirectoryArgs): Operation[] {
  return [
    reconcile("Directory", ["description"], {
      directory: {
        "@type": "Oidc",
        description: identity.name,
        issuerUrl: identity.issuer,
        requireAudience: identity.clientId,
        claimUsername: "email",
        requireScopes: set(["openid", "email"]),
      },
    }),
    update("Authentication", { directoryId: "#directory", maxAppPasswords: APP_PASSWORDS }),
  ];
}
