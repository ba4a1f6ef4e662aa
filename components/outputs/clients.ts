import { mailServerHost, ports } from "../../config/names";

/** The connection settings of a phone or desktop program. */
export interface ClientSettings {
  readonly imap: { readonly host: string; readonly port: number; readonly security: string };
  readonly smtp: { readonly host: string; readonly port: number; readonly security: string };
  readonly smtpAlternative: { readonly host: string; readonly port: number; readonly security: string };
  readonly manageSieve: { readonly host: string; readonly port: number; readonly security: string };
  /** The URL for CalDAV and CardDAV programs, which discover the rest. */
  readonly calendars: string;
  readonly contacts: string;
  readonly username: string;
  readonly password: string;
}

/** The settings to type into a mail program. Accounts have no passwords: programs use app passwords. */
export function clientSettings(mailHost: string): ClientSettings {
  return {
    imap: { host: mailHost, port: 993, security: "SSL/TLS" },
    smtp: { host: mailHost, port: 465, security: "SSL/TLS" },
    smtpAlternative: { host: mailHost, port: 587, security: "STARTTLS" },
    manageSieve: { host: mailHost, port: 4190, security: "STARTTLS" },
    calendars: `https://${mailHost}`,
    contacts: `https://${mailHost}`,
    username: "the full mail address",
    password: `an app password: sign in at ${accountUrl(mailHost)} and create one per device`,
  };
}

export const adminUrl = (mailHost: string): string => `https://${mailHost}/admin`;
export const accountUrl = (mailHost: string): string => `https://${mailHost}/account`;

export interface IdentityClientArgs {
  readonly hosts: { readonly mail: string };
  readonly identity: { readonly issuer: string; readonly clientId: string };
  /** Where the webmail's sign-in returns to. */
  readonly webmailRedirectUri: string;
  /** Where the webmail's sign-out returns to. */
  readonly webmailLogoutUri: string;
}

/**
 * The client to register at the identity provider. One public client serves the webmail and the mail server's own web
 * pages, because the server accepts tokens of one audience only; tokens of other apps then do not open mail.
 */
export function identityClient({ hosts, identity, webmailRedirectUri, webmailLogoutUri }: IdentityClientArgs) {
  return {
    issuer: identity.issuer,
    clientId: identity.clientId,
    publicClient: true,
    pkce: true,
    // Without it, a user who opens a mailed device-grant link gives an attacker's program access to their mail.
    requiresReauthentication: true,
    redirectUris: [
      webmailRedirectUri,
      `https://${hosts.mail}/admin/oauth/callback`,
      `https://${hosts.mail}/account/oauth/callback`,
    ],
    logoutRedirectUris: [webmailLogoutUri],
  };
}

/** How an app in the cluster sends, and which pods may. */
export interface RelayForApps {
  readonly host: string;
  readonly port: number;
  readonly security: "none";
  readonly login: "none";
  /** Who may send mail without a login. `pulumi preview` shows it, so that it is not opened by accident. */
  readonly openTo: string;
}

export function relayForApps(args: {
  readonly namespace: string;
  readonly cluster: { readonly networks: readonly string[]; readonly relayNamespaces: readonly string[] };
}): RelayForApps {
  const { networks, relayNamespaces } = args.cluster;
  const where = relayNamespaces.length > 0 ? `the namespaces ${relayNamespaces.join(", ")}` : "every namespace";
  return {
    host: mailServerHost(args.namespace),
    port: ports.smtp,
    security: "none",
    login: "none",
    openTo: `pods of ${where}, with an address in ${networks.join(", ")}`,
  };
}
