import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sizeLimits } from "../../config/limits";
import { ports } from "../../config/names";
import { identitiesPhp } from "./identities";
import { loginErrorsPhp } from "./loginErrors";
import { FromEnvironment, type PhpValue, php } from "./php";
import { responsePhp } from "./response";

export interface WebmailSettings {
  /** The largest message that the provider sends, in MiB. */
  readonly largestMessage: number;
  /** The main domain. */
  readonly domain: string;
  readonly domains: readonly string[];
  readonly hosts: {
    /** The name in the mail server's certificate. */
    readonly mail: string;
    readonly webmail: string;
  };
  readonly identity: { readonly issuer: string; readonly name: string };
  /** The mail server's name inside the cluster. */
  readonly mailServerHost: string;
  /** File with every CA to trust. @default the image's own */
  readonly caFile?: string;
  /** CIDRs that the ingress controller's requests come from. */
  readonly networks: readonly string[];
}

/** Environment variables that carry the secrets. None starts with ROUNDCUBEMAIL_: the image would write it to a file. */
export const environment = {
  desKey: "WEBMAIL_DES_KEY",
  clientId: "OIDC_CLIENT_ID",
  clientSecret: "OIDC_CLIENT_SECRET",
} as const;

/** The path of the webmail's database. It is the image's default, so that an existing database is found. */
export const databaseDirectory = "/var/roundcube/db";

export const webmailUrl = (host: string): string => `https://${host}/`;

/** Where the provider redirects users after sign-in. Providers compare it character by character. */
export const webmailRedirectUri = (host: string): string => `${webmailUrl(host)}index.php/login/oauth`;

/** Where the provider redirects users after sign-out (`rcmail_oauth::handle_logout`). */
export const webmailLogoutUri = (host: string): string => `${webmailUrl(host)}?_task=logout`;

/** One sign-in at the provider; its token is used for IMAP, sending and filters. */
function signIn({ identity, caFile }: WebmailSettings): Record<string, PhpValue> {
  const { issuer, name } = identity;
  return {
    oauth_provider: "generic",
    oauth_provider_name: name,
    oauth_client_id: new FromEnvironment(environment.clientId),
    oauth_client_secret: new FromEnvironment(environment.clientSecret),
    // Pocket ID's endpoints, in case discovery fails: without a token endpoint, Roundcube treats single sign-on
    // as disabled (rcmail_oauth::is_enabled) and shows a password form. Discovery takes precedence. program/issuer.php
    // does it, because with `oauth_config_uri` Roundcube would do it itself, without limits.
    oauth_auth_uri: `${issuer}/authorize`,
    oauth_token_uri: `${issuer}/api/oidc/token`,
    oauth_identity_uri: `${issuer}/api/oidc/userinfo`,
    oauth_scope: "openid email profile offline_access",
    oauth_pkce: "S256",
    oauth_auth_type: "XOAUTH2",
    oauth_identity_fields: ["email"],
    oauth_cache: "db", // without a cache, the provider's keys would be fetched at each refresh
    oauth_timeout: 5, // seconds; a request that waits for the provider keeps a PHP worker
    // Guzzle's `verify`, for keys and tokens: true for the image's own CAs, or a file with all CAs.
    oauth_verify_peer: caFile ?? true,
    oauth_login_redirect: true, // no password form, because accounts have no passwords
  };
}

/** The mail server, at its name in the cluster; its certificate is verified for its public name. */
function mailServer({ mailServerHost, hosts, caFile }: WebmailSettings): Record<string, PhpValue> {
  const tls = {
    ssl: { peer_name: hosts.mail, verify_peer: true, ...(caFile && { cafile: caFile }) },
  };
  return {
    imap_host: `ssl://${mailServerHost}:${ports.imaps}`,
    imap_conn_options: tls,
    smtp_host: `ssl://${mailServerHost}:${ports.submissions}`,
    smtp_conn_options: tls,
    smtp_user: "%u",
    smtp_pass: "%p",
    managesieve_host: `tls://${mailServerHost}:${ports.manageSieve}`,
    managesieve_conn_options: tls,
    // Stalwart's names for what Roundcube calls Sent, Trash and Junk (its default folders).
    drafts_mbox: "Drafts",
    sent_mbox: "Sent Items",
    trash_mbox: "Deleted Items",
    junk_mbox: "Junk Mail",
    archive_mbox: "Archive",
  };
}

/** Settings for the ingress in front of it, and for browsers. */
function web({ hosts, networks }: WebmailSettings): Record<string, PhpValue> {
  return {
    // Without it Roundcube adds the container's port to the redirect URI, and the provider refuses that.
    request_url: webmailUrl(hosts.webmail),
    use_https: true,
    proxy_whitelist: networks, // trusted for the client's address: the ingress controller
    trusted_host_patterns: [`^${hosts.webmail.replaceAll(".", "\\.")}$`],
    session_storage: "homelab", // program/session.php: one refresh of the token at a time
    // Minutes without a request: each sign-in needs a passkey, and once a day is enough. Well under the life of
    // the provider's refresh tokens, 30 days at Pocket ID.
    session_lifetime: 24 * 60,
    session_samesite: "Lax", // with Strict, the cookie would not be sent with the redirect from the provider
    ip_check: false, // phones change networks
    x_frame_options: "sameorigin", // Roundcube frames its own pages; other sites may not
    des_key: new FromEnvironment(environment.desKey),
    enable_installer: false,
  };
}

const productName = (domain: string): string => `${domain} Mail`;

function product({ domain, largestMessage }: WebmailSettings): Record<string, PhpValue> {
  return {
    product_name: productName(domain),
    skin: "elastic",
    mail_domain: domain,
    plugins: ["archive", "zipdownload", "markasjunk", "managesieve", "newmail_notifier"],
    managesieve_vacation: 1, // a page of its own for the out-of-office notice
    newmail_notifier_basic: true, // the tab's title and icon; each user may enable sound and desktop notifications
    identities_level: 1, // users may edit names and signatures, but not the address, because the token decides the mailbox
    show_images: 0, // only when the user asks for them
    max_message_size: `${sizeLimits(largestMessage).message}M`,
  };
}

function operation(): Record<string, PhpValue> {
  return {
    db_dsnw: `sqlite:///${databaseDirectory}/sqlite.db?mode=0600`,
    log_driver: "stdout",
    log_logins: true,
  };
}

/** Every option that the stack sets; the rest are Roundcube's defaults. */
export function webmailOptions(settings: WebmailSettings): Record<string, PhpValue> {
  return {
    ...signIn(settings),
    ...mailServer(settings),
    ...web(settings),
    ...product(settings),
    ...operation(),
  };
}

/** PHP code that is the same for every stack. */
const program = (file: string): string => readFileSync(join(__dirname, "program", file), "utf8");

/** The PHP file that the image includes after its own configuration. Holds no secret. */
export function webmailConfig(settings: WebmailSettings): string {
  const options = Object.entries(webmailOptions(settings));
  return [
    "<?php",
    "",
    ...options.map(([name, value]) => `$config[${php(name)}] = ${php(value)};`),
    "",
    "if (PHP_SAPI === 'cli') {",
    "    return;",
    "}",
    "",
    program("issuer.php"),
    program("session.php"),
    program("identities.php"),
    identitiesPhp(),
    responsePhp({ ...settings, productName: productName(settings.domain) }),
    loginErrorsPhp(settings),
    "",
  ].join("\n");
}
