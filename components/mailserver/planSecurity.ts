import { webUiFor } from "../../config/webUi";
import { canonicalText } from "./canonical";
import { type Body, type Operation, reconcile, set, update, upsert, when } from "./operations";

export interface SecurityArgs {
  readonly cluster: { readonly networks: readonly string[] };
  readonly images: { readonly stalwart: string };
  readonly identity: { readonly clientId: string };
}

const HOUR = 3_600_000;

const LOOPBACK = "127.0.0.1";

/** A rate per hour. It applies to a whole home, which is one address to the server. */
const hourly = (count: number): Body => ({ count, period: HOUR });

/** What the server's own record of its web UI is called; its one copy is changed, not joined by a second. */
const WEB_UI = "Stalwart Web Interface";
const QUARTER = 90 * 24 * HOUR;
/** The client id that the web UI signs in with unless it is told another. */
const WEB_UI_CLIENT = "stalwart-webui";

/**
 * Bans end after an hour. The server's own never end, and one GET of a path like `/x.php` is enough for one, on the mail
 * ports too: an image in a message would shut its reader out. Nothing here runs PHP, so no path is worth a ban.
 *
 * The rates are for a home, which is one address to the server. Of logins only the administrator's count: beside an OIDC directory
 * a wrong app password ends in auth.error, which no rate sees (crates/common/src/auth/authentication.rs), so an old phone cannot
 * ban a home, and its 40 random characters are what keeps it from being guessed.
 */
const bans = (): Operation =>
  update("Security", {
    scanBanPaths: {},
    scanBanRate: hourly(100),
    scanBanPeriod: HOUR,
    authBanRate: hourly(100),
    authBanPeriod: HOUR,
    abuseBanRate: hourly(100),
    abuseBanPeriod: HOUR,
    loiterBanRate: hourly(150),
    loiterBanPeriod: HOUR,
  });

/**
 * Requests that came through a proxy and log in with anything but the token of a signed-in user, at the interface that
 * administers the server. What comes straight from a pod or through `kubectl port-forward` has no such header, and what the
 * proxy adds cannot be removed from outside. So the administrator's password opens nothing there from outside, nor does
 * `person%admin`. Users' web pages send a token, and their calendars and contacts are elsewhere (/dav).
 *
 * To refuse `Basic` is not enough: the server remembers what followed that word, and for an hour takes it after any other, as
 * `Bearer`, too (crates/http/src/auth/authenticate.rs); the settings run logs in every five minutes. A token is JSON, which
 * begins with `{"`, and so does no account's name. Of two headers the server reads the first.
 */
const passwordFromOutside = (): string => {
  const forwarded = `(${header("(?im)", "forwarded: ")} || ${header("(?im)", "x-forwarded-for: ")})`;
  const administration = "(starts_with(path, '/jmap') || starts_with(path, '/api'))";
  const noToken = `(${header("(?im)", LOGIN)} && !${header("(?m)", TOKEN)})`;
  return `${forwarded} && ${administration} && (${noToken} || starts_with(path, '/api/auth'))`;
};

const header = (flags: string, pattern: string): string => `matches('${flags}^${pattern}', headers)`;
const LOGIN = "authorization: ";
/** `{"` in base64, then whole groups, and a last one whose unused bits are zero. */
const TOKEN = `${LOGIN}[Bb]earer eyJ[A-Za-z0-9_-]([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-][AQgw])?[.]`;

/**
 * A token whose header is not base64 as encoders write it. The server cannot read such a header, takes the token for one that
 * only the issuer can judge, and asks it without looking at the audience (authenticate_opaque in
 * crates/directory/src/backend/oidc/lookup.rs). Pocket ID's decoder lets unused bits pass, so another app's token would open
 * its user's mailbox with one letter changed.
 */
const misspelledToken = (): string =>
  `((${header("(?im)", `${LOGIN} *bearer +eyJ`)} && !${header("(?m)", TOKEN)}) || ${header("(?ims)", `${LOGIN}.*^${LOGIN}`)})`;

/**
 * What the server answers to `GET /mail/config-v1.1.xml?emailaddress=…` and its like under `/.well-known/` repeats the address
 * without escaping it (crates/common/src/network/autoconfig/legacy_autoconfig.rs), as XML, in which a browser runs a script of
 * the XHTML namespace. Under the mail host that is the origin of the web UI, so a link would be enough to read a user's mail.
 * The domain stands in an attribute, so a quote is enough, too: the namespace and an event handler are attributes themselves.
 * No address that is used has such a character, and no mail program sends one.
 */
const MARKUP_IN_AUTOCONFIG = `(starts_with(path, '/mail/') || starts_with(path, '/.well-known/')) && matches('(?i)<|"|%3c|%22', url)`;

/**
 * Addresses that are never banned. Reconciled, so that a network that is taken out of the configuration is banned like any
 * other from then on. The pod's own probes come from 127.0.0.1, which the server never bans, whatever is written here.
 */
const neverBanned = (networks: readonly string[]): Operation =>
  reconcile(
    "AllowedIp",
    ["address"],
    Object.fromEntries([
      ["loopback", { address: LOOPBACK, reason: "probes" }],
      // Named twice, it would be made twice, which the server refuses.
      ...networks
        .filter((network) => network !== LOOPBACK)
        .map((network, n) => [`network-${n}`, { address: network, reason: "cluster" }] as const),
    ]),
  );

/** The one release of the web UI that belongs to this server. A quarter: it is the same file at every download. */
export const webUi = ({ images, identity }: SecurityArgs): Operation => {
  const { url, choosesClient } = webUiFor(images.stalwart);
  return upsert("Application", ["description"], {
    "web-ui": {
      description: WEB_UI,
      enabled: true,
      resourceUrl: url,
      autoUpdateFrequency: QUARTER,
      urlPrefix: set(["/admin", "/account"]),
      ...(choosesClient && identity.clientId !== WEB_UI_CLIENT && { oauthClientId: canonicalText(identity.clientId) }),
    },
  });
};

/** Bans, their exceptions, and refused requests. The networks are in the server's own notation. */
export function security(networks: readonly string[]): Operation[] {
  return [
    update("Http", {
      // Without it, the ingress controller's address would be banned for a client's guesses.
      useXForwarded: true,
      allowedEndpoints: when(
        [
          [passwordFromOutside(), "403"],
          [MARKUP_IN_AUTOCONFIG, "403"],
          [misspelledToken(), "403"],
        ],
        "200",
      ),
    }),
    bans(),
    neverBanned(networks),
  ];
}
