/**
 * Names of objects in the cluster. They are fixed and readable: users type them, and hand-made clusters of this kind already
 * use the Secret, claim, Deployment and Service names, so moving over is adopting.
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
  /** What every object of a migration is called by; each has its name behind it. */
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
    /** <name>: the passwords of the mailboxes that send through their own login. */
    mailboxLogins: "migadu-smtp-logins",
    /** des_key. */
    roundcube: "roundcube",
    /** identities.json: which addresses each user sends as in the webmail. */
    identities: "roundcube-identities",
    /** username, password: what Prometheus reads the mail server's metrics with. */
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

/** Who reads the mail server's metrics. */
export const metricsUser = "prometheus";

/** The part of a Secret key that stands for a mailbox: `mary-ann` is `MARY_ANN`. */
function keyPart(mailbox: string): string {
  return mailbox.toUpperCase().replaceAll("-", "_");
}

export const passwordKey = (mailbox: string): string => `FETCHMAIL_${keyPart(mailbox)}_PASSWORD`;
/** Of a source the key has a dot, which no mailbox's has. */
export const sourceKey = (mailbox: string, source: string, what: "user" | "password"): string =>
  `${mailbox}.${source}.${what}`;
export const addressKey = (mailbox: string): string => `${keyPart(mailbox)}_EMAIL`;
export const fetcherName = (mailbox: string): string => `${names.fetchmail}-${mailbox}`;

export const migrationName = (migration: string): string => `${names.migration}-${migration}`;

/** Ports inside the cluster. */
export const ports = {
  /** Apps in the cluster relay here, with no login. */
  smtp: 25,
  /** Fetchers hand over what was in Junk at the provider here; the server files it in Junk. */
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

/** Labels that select one workload's pods. `instance` tells mailboxes' fetchers apart. */
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
