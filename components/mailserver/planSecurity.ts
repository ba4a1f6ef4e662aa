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

/** A rate per hour. It applies to a whole home, because all its devices share one address. */
const hourly = (count: number): Body => ({ count, period: HOUR });

/** The name of the server's own object for its web UI, so that it is updated and not created a second time. */
const WEB_UI = "Stalwart Web Interface";
const QUARTER = 90 * 24 * HOUR;

/**
 * Bans end after an hour. By default they never end, and one GET of a path like `/x.php` causes one, on the mail ports
 * too: an image in a message could lock out its reader. Nothing here runs PHP, so no path causes a ban.
 *
 * The rates are per home, because all its devices share one address. What counts are logins of the administrator, logins of
 * unknown domains, tokens that the issuer refuses, and app passwords that were revoked: a device that retries one more often
 * than the rate bans its home. Expired app passwords, and passwords that are not app passwords, end in other events, which no
 * rate counts (crates/common/src/auth/authentication.rs). App passwords have 40 random characters and cannot be guessed.
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
 * Matches requests to the administration interface that came through a proxy and log in with anything but the token of a
 * signed-in user. Requests directly from a pod or through `kubectl port-forward` do not have the proxy's header, and clients
 * outside cannot remove it. So the administrator's password and `person%admin` are refused there from outside. Users' web pages
 * send a token, and their calendars and contacts have another path (/dav).
 *
 * Refusing `Basic` is not enough: the server caches the credentials that followed it, and for an hour accepts them with any other
 * scheme, such as `Bearer` (crates/http/src/auth/authenticate.rs); the settings run logs in every five minutes. A token is JSON
 * and begins with `{"`, as no account's name does. The server reads the first of two headers.
 */
const passwordFromOutside = (): string => {
  const forwarded = `(${header("(?im)", "forwarded: ")} || ${header("(?im)", "x-forwarded-for: ")})`;
  const administration = "(starts_with(path, '/jmap') || starts_with(path, '/api'))";
  const noToken = `(${header("(?im)", LOGIN)} && !${header("(?m)", TOKEN)})`;
  return `${forwarded} && ${administration} && (${noToken} || starts_with(path, '/api/auth'))`;
};

const header = (flags: string, pattern: string): string => `matches('${flags}^${pattern}', headers)`;
const LOGIN = "authorization: ";
/** `{"` in base64, then complete groups, and a last group whose unused bits are zero. */
const TOKEN = `${LOGIN}[Bb]earer eyJ[A-Za-z0-9_-]([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-][AQgw])?[.]`;

/**
 * A token whose header is not base64 as encoders write it. The server cannot read such a header, treats the token as
 * opaque, and has the issuer validate it without checking the audience (authenticate_opaque in
 * crates/directory/src/backend/oidc/lookup.rs). Pocket ID's decoder ignores unused bits, so another app's token with one letter
 * changed would open its user's mailbox.
 */
const misspelledToken = (): string =>
  `((${header("(?im)", `${LOGIN} *bearer +eyJ`)} && !${header("(?m)", TOKEN)}) || ${header("(?ims)", `${LOGIN}.*^${LOGIN}`)})`;

/**
 * The server's response to `GET /mail/config-v1.1.xml?emailaddress=…`, and to similar requests under `/.well-known/`, contains
 * the address without escaping (crates/common/src/network/autoconfig/legacy_autoconfig.rs). It is XML, in which a browser runs a
 * script of the XHTML namespace, and the mail host is the origin of the web UI, so a link would be enough to read a user's mail.
 * The domain is in an attribute, so a quote is enough, too: the namespace and an event handler are attributes themselves. No
 * address in use has such a character, and no mail program sends one.
 */
const MARKUP_IN_AUTOCONFIG = `(starts_with(path, '/mail/') || starts_with(path, '/.well-known/')) && matches('(?i)<|"|%3c|%22', url)`;

/**
 * Addresses that are never banned. Reconciled, so that a network that is removed from the configuration can be banned again.
 * The pod's own probes come from 127.0.0.1, which the server never bans, independent of these settings.
 */
const neverBanned = (networks: readonly string[]): Operation =>
  reconcile(
    "AllowedIp",
    ["address"],
    Object.fromEntries([
      ["loopback", { address: LOOPBACK, reason: "probes" }],
      // A network that is listed twice would be created twice, which the server refuses.
      ...networks
        .filter((network) => network !== LOOPBACK)
        .map((network, n) => [`network-${n}`, { address: network, reason: "cluster" }] as const),
    ]),
  );

/** The pinned release of the web UI. It is downloaded again once a quarter only, because the file never changes. */
export const webUi = ({ images, identity }: SecurityArgs): Operation => {
  const { url, choosesClient } = webUiFor(images.stalwart);
  return upsert("Application", ["description"], {
    "web-ui": {
      description: WEB_UI,
      enabled: true,
      resourceUrl: url,
      autoUpdateFrequency: QUARTER,
      urlPrefix: set(["/admin", "/account"]),
      // The default, too: an omitted property would keep the client that was configured before.
      ...(choosesClient && { oauthClientId: canonicalText(identity.clientId) }),
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
