/**
 * Names of objects in the cluster. They are fixed and readable, because users type them. Hand-made installations already use
 * the names of the Secrets, the claim, the Deployments and the Services, so that their objects can be adopted.
 */
export const names = {
  stalwart: "stalwart",
  /** The Service for mail clients. */
  mailService: "stalwart-mail",
  /** The HTTP exposure of the hosts where mail programs find their settings. */
  discovery: "stalwart-discovery",
  roundcube: "roundcube",
  fetchmail: "fetchmail",
  /** The stack's own account: postmaster's mail is delivered there unless a mailbox has that alias. */
  systemAccount: "homelab-mail",
  settings: "stalwart-settings",
  reload: "stalwart-reload",
  backup: "stalwart-backup",
  /** The program that ends the access of accounts that are no longer declared. */
  access: "stalwart-access",
  /** The declared accounts, for that program. */
  accounts: "stalwart-accounts",
  /** The prefix of the names of a migration's objects; the migration's name follows. */
  migration: "migration",
  alerts: "homelab-mail",
  dashboard: "homelab-mail-dashboard",
  customCAs: "trusted-authorities",
  dataClaim: "stalwart-data",
  webmailClaim: "roundcube-data",
  secrets: {
    /** FETCHMAIL_<NAME>_PASSWORD: the provider's IMAP passwords. <name>.<source>.user and .password: those of sources. */
    fetchCredentials: "migadu-fetch-credentials",
    /** <NAME>_EMAIL: the mailboxes' addresses. */
    addresses: "stalwart-emails",
    /** client_id, client_secret. */
    oidc: "stalwart-oidc",
    /** password. */
    admin: "stalwart-admin",
    /** username, password. */
    relay: "migadu-smtp-credentials",
    /** <name>: the passwords of the mailboxes that send with their own login. */
    mailboxLogins: "migadu-smtp-logins",
    /** des_key. */
    roundcube: "roundcube",
    /** identities.json: which addresses each user sends as in the webmail. */
    identities: "roundcube-identities",
    /** username, password: Prometheus' login for the mail server's metrics. */
    metrics: "stalwart-metrics",
    /** url: pinged after each successful settings run. */
    heartbeat: "heartbeat",
    /** Certificates, when cert-manager issues them. */
    mailTls: "stalwart-tls",
    webmailTls: "roundcube-tls",
    /** The certificate of the hosts where mail programs find their settings. */
    discoveryTls: "stalwart-discovery-tls",
  },
} as const;

/** The user name for the mail server's metrics. */
export const metricsUser = "prometheus";

/** A mailbox's name in the keys of Secrets: `MARY_ANN` for `mary-ann`. */
function keyPart(mailbox: string): string {
  return mailbox.toUpperCase().replaceAll("-", "_");
}

export const passwordKey = (mailbox: string): string => `FETCHMAIL_${keyPart(mailbox)}_PASSWORD`;
/** The key of a source contains a dot, which no mailbox's key does. */
export const sourceKey = (mailbox: string, source: string, what: "user" | "password"): string =>
  `${mailbox}.${source}.${what}`;
export const addressKey = (mailbox: string): string => `${keyPart(mailbox)}_EMAIL`;
export const fetcherName = (mailbox: string): string => `${names.fetchmail}-${mailbox}`;

export const migrationName = (migration: string): string => `${names.migration}-${migration}`;

/** Ports inside the cluster. */
export const ports = {
  /** Apps in the cluster relay through this port, without a login. */
  smtp: 25,
  /** Fetchers deliver mail from the provider's Junk folder to this port; the server files it in Junk. */
  junk: 2525,
  submissions: 465,
  submission: 587,
  imaps: 993,
  manageSieve: 4190,
  stalwartHttp: 8080,
  roundcubeHttp: 8000,
  fetcherHttp: 8081,
} as const;

/** The mail server's name inside the cluster. */
export const mailServerHost = (namespace: string): string => `${names.stalwart}.${namespace}.svc.cluster.local`;

/** Labels that select one workload's pods. `instance` distinguishes the fetchers of mailboxes. */
export function selector(app: string, instance: string = app): Record<string, string> {
  return { "app.kubernetes.io/name": app, "app.kubernetes.io/instance": instance };
}

/** Labels that every object carries. */
export function labels(app: string, instance: string = app): Record<string, string> {
  return {
    ...selector(app, instance),
    "app.kubernetes.io/part-of": "homelab-mail",
    "app.kubernetes.io/managed-by": "pulumi",
  };
}
