import { ports } from "../../config/names";
import type { Endpoint, Mailbox, StackConfig } from "../../config/types";
import { domainKey } from "./domains";
import { always, type Body, byName, list, type Operation, reconcile, update, upsert, when } from "./operations";
import { loginFile, paths } from "./paths";

export interface DeliveryArgs {
  /** Every mail domain, the main one first. */
  readonly domains: readonly string[];
  readonly mailboxes: readonly Pick<Mailbox, "name" | "address">[];
  readonly provider: Pick<StackConfig["provider"], "smtp" | "others">;
  /** The provider's SMTP login for apps and aliases, and whether mailboxes have routes of their own. */
  readonly relay: Pick<StackConfig["relay"], "username" | "mode">;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long a message that an account does not accept stays in the queue. */
const LOCAL_EXPIRY = 30 * DAY;
/** It is retried at least every hour. The server's own intervals grow to three days, which is too long once there is space again. */
const LOCAL_RETRIES = [1, 2, 5, 10, 15, 30, 60].map((minutes) => ({ duration: minutes * MINUTE }));

/**
 * The queue keeps an address as it was written, and accounts are found by their exact name: `Kinga@` would count as an
 * address without an account here (crates/smtp/src/queue/mod.rs; crates/common/src/cache/principals.rs).
 */
const HAS_ACCOUNT = "is_local_address(to_lowercase(rcpt))";
const IN_DOMAIN = "is_local_domain(rcpt_domain)";

/**
 * A text in an expression. The tokenizer keeps the backslash of an escape (crates/common/src/expr/tokenizer.rs), so an address
 * with an apostrophe is in double quotes, which no address here can contain.
 */
const quoted = (text: string): string => (text.includes("'") ? `"${text}"` : `'${text}'`);

const routeName = (mailbox: string): string => `relay-${mailbox}`;

/** Mailboxes that send with their own login. */
export const senders = <M extends DeliveryArgs["mailboxes"][number]>(args: {
  readonly mailboxes: readonly M[];
  readonly relay: Pick<DeliveryArgs["relay"], "mode">;
}): M[] => (args.relay.mode === "mailbox" ? [...args.mailboxes].sort(byName) : []);

const relayRoute = (name: string, smtp: Endpoint, authUsername: string, filePath: string): Body => ({
  "@type": "Relay",
  name,
  address: smtp.host,
  port: smtp.port,
  protocol: "smtp",
  implicitTls: true,
  allowInvalidCerts: false,
  authUsername,
  authSecret: { "@type": "File", filePath },
});

/**
 * The provider's logins. Reconciled: the route of a removed mailbox names a file that no longer exists, and every reload
 * would fail because of it. `local` and `mx` are the server's own. It has these two routes even if they are not configured
 * (get_route_or_default in crates/common/src/network/mta.rs); they are configured only so that the mail admin shows them.
 */
function routes(args: DeliveryArgs): Operation {
  const { smtp } = args.provider;
  return reconcile("MtaRoute", ["name"], {
    "route-local": { "@type": "Local", name: "local" },
    "route-mx": { "@type": "Mx", name: "mx" },
    relay: relayRoute("relay", smtp, args.relay.username, paths.relayPassword),
    ...Object.fromEntries(
      senders(args).map(({ name, address }) => [
        `login-${name}`,
        relayRoute(routeName(name), smtp, address, loginFile(name)),
      ]),
    ),
  });
}

/**
 * The route by which a message leaves the queue.
 *
 * A delivery report for an address without an account here gets the local route and is dropped there: it has no sender to notify
 * (handle_double_bounce in crates/smtp/src/queue/dsn.rs). Such a report is about a message of an outside sender
 * that an account did not accept; the provider has already confirmed its delivery, so the sender gets no bounce days later.
 * Users still get the reports about the messages that they sent.
 *
 * A mailbox's own login is used for mail that its user sends after signing in, and for mail of the user's filters and
 * out-of-office notice. Mail of an app on port 25, without a login and with a user's address as the sender, is relayed with
 * the relay's login: the provider decides whether that login may send as this user.
 */
function routing(args: DeliveryArgs): Body {
  const own = senders(args).map(
    ({ name, address }) =>
      [`source != 'unauthenticated' && to_lowercase(sender) == ${quoted(address)}`, quoted(routeName(name))] as const,
  );
  return when(
    [[args.provider.others === "relay" ? HAS_ACCOUNT : IN_DOMAIN, "'local'"], ["source == 'dsn'", "'local'"], ...own],
    "'relay'",
  );
}

/** How long queued messages are retried. Everything except the condition for `local` is the server's default. */
const scheduling = ({ provider }: DeliveryArgs): Body =>
  when(
    [
      [provider.others === "relay" ? HAS_ACCOUNT : IN_DOMAIN, "'local'"],
      ["source == 'dsn'", "'dsn'"],
      ["source == 'report'", "'report'"],
    ],
    "'remote'",
  );

/** Name of the script below. */
const HOLD = "hold";

/**
 * Mail for a configured mailbox whose account is missing (a new store, an account that was deleted by hand) is refused
 * temporarily, until the settings have created the account again. Otherwise, with relaying for other addresses, it would be
 * sent to the provider, fetched from there and sent again, until a server counts too many hops and bounces it.
 */
function holding({ mailboxes, provider }: DeliveryArgs): { operations: Operation[]; script: Body } {
  if (provider.others === "refuse") return { operations: [], script: always("false") };
  const script = `require ["reject"];\nreject "450 4.2.1 This mailbox is not ready, try again later.";`;
  const fetched = [...mailboxes].sort(byName).map(({ address }) => `rcpt == ${quoted(address)}`);
  return {
    operations: [
      upsert("SieveSystemScript", ["name"], {
        hold: { name: HOLD, description: "Puts off mail for a missing account", isActive: true, contents: script },
      }),
    ],
    script: when([[`(${fetched.join(" || ")}) && !is_local_address(rcpt)`, quoted(HOLD)]], "false"),
  };
}

/** Outbound: mail for addresses without an account here is relayed through the provider, whose certificate is always verified. */
export function outboundSettings(args: DeliveryArgs, networks: readonly string[]): Operation[] {
  const trusted = networks.map(
    (network) => [`local_port == ${ports.smtp} && is_ip_in_cidr(remote_ip, '${network}')`, "true"] as const,
  );
  const { operations, script } = holding(args);
  return [
    routes(args),
    upsert("MtaDeliverySchedule", ["name"], {
      local: {
        name: "local",
        expiry: { "@type": "Ttl", expire: LOCAL_EXPIRY },
        retry: { "@type": "Custom", intervals: list(LOCAL_RETRIES) },
      },
    }),
    update("MtaOutboundStrategy", {
      route: routing(args),
      schedule: scheduling(args),
      // By default, a retry after a TLS failure accepts any certificate, and would send the relay's password to a server that
      // is not the provider's.
      tls: always("'default'"),
    }),
    ...operations,
    // Apps relay without a login from trusted networks, on port 25 only.
    update("MtaStageRcpt", { allowRelaying: when(trusted, "!is_empty(authenticated_as)"), script }),
  ];
}

/**
 * Applied after the accounts, as updates of the domains that the first operations created or found: a domain may relay mail for
 * unknown addresses only once its accounts exist. Otherwise, on a new store, fetched mail would be sent back to the provider.
 */
export const relayOthers = ({ provider, domains }: DeliveryArgs): Operation[] =>
  provider.others === "relay"
    ? domains.map((_, index) => update("Domain", { allowRelaying: true }, `#${domainKey(index)}`))
    : [];
