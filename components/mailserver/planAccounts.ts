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

/**
 * Addresses that must lead to a person although nobody asked for them: bounces for what an app sent as an unknown local
 * address go to postmaster, those for the relay account's own mail to that account, and without a mailbox there they are
 * dropped.
 */
function unclaimedAddresses({ domain, mailboxes, relay }: AccountsArgs): string[] {
  const [relayName = "", relayDomain] = relay.username.toLowerCase().split("@");
  const wanted = relayDomain === domain ? ["postmaster", relayName] : ["postmaster"];
  const claimed = new Set(mailboxes.flatMap(({ localPart, aliases }) => [localPart, ...aliases]));
  return [...new Set(wanted)].filter((name) => !claimed.has(name));
}

/**
 * One account a mailbox, all in one operation: two upserts that match on the same reference would make duplicates.
 * On a match the whole body is a patch that leaves alone what it omits, and replaces lists whole, so roles and aliases are
 * always written: taking `admin` or an alias out of the configuration takes it off the account. Accounts that are no longer
 * configured stay, with their mail.
 */
export function accounts(args: AccountsArgs): Operation {
  const mailboxes = [...args.mailboxes].sort(byName);
  const caretaker = mailboxes.find(({ admin }) => admin) ?? mailboxes[0];
  const unclaimed = unclaimedAddresses(args);
  const account = (mailbox: PlanMailbox): Body => {
    const aliases = [...mailbox.aliases, ...(mailbox === caretaker ? unclaimed : [])].sort();
    return {
      "@type": "User",
      name: mailbox.localPart,
      domainId: "#domain",
      description: mailbox.displayName,
      roles: { "@type": mailbox.admin ? "Admin" : "User" },
      aliases: list(aliases.map((name) => ({ name, domainId: "#domain" }))),
    };
  };
  return upsert(
    "Account",
    ["name", "domainId"],
    // A mailbox may be called `domain`: its reference must not hide the domain's.
    Object.fromEntries(mailboxes.map((mailbox) => [`mailbox-${mailbox.name}`, account(mailbox)])),
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
