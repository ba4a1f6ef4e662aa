import { type RawConfig, threeMailboxes } from "../../support/deploy";

const everything: RawConfig = {
  ...threeMailboxes,
  hosts: {
    mail: "imap.newjoy.ro",
    webmail: "post.newjoy.ro",
    autoconfig: "autoconfig.newjoy.ro",
    autodiscover: "autodiscover.newjoy.ro",
  },
  namespace: "family-mail",
  mailboxes: {
    "mary-ann": { password: "S3cret-mary", address: "hidden.mary@newjoy.ro", keep: true, folders: ["INBOX", "Junk"] },
    alpar: { password: "S3cret-alpar", admin: true, aliases: ["hidden.boss"], displayName: "Alpár" },
  },
  relay: { username: "relay@example.org", password: "S3cret-relay" },
  identity: { issuer: "https://id.example.org", clientId: "mail", apiKey: "S3cret-api-key" },
  admin: { password: "S3cret-admin-of-the-stack" },
  tls: { secretName: "wildcard-tls" },
  service: { type: "NodePort" },
  cluster: { networks: ["10.42.0.0/16", "fd00::/8"], relayNamespaces: ["apps"] },
};

/** Configurations of whole stacks, each with the texts that must be in Secrets only. */
export const variants: [string, RawConfig, string[]][] = [
  [
    "the sample stack",
    threeMailboxes,
    ["S3cret-service-imap", "S3cret-kinga-imap", "S3cret-alpar-imap", "S3cret-relay", "generated-"],
  ],
  [
    "a stack with every option",
    everything,
    ["S3cret-mary", "S3cret-alpar", "S3cret-relay", "S3cret-client", "S3cret-admin", "hidden.mary", "hidden.boss"],
  ],
  [
    "a stack that is watched",
    {
      ...everything,
      monitoring: { enabled: true, heartbeat: "https://hc-ping.com/S3cret-heartbeat" },
    },
    ["S3cret-mary", "S3cret-alpar", "S3cret-relay", "hidden.mary", "hidden.boss", "S3cret-heartbeat", "generated-"],
  ],
];

variants.push([
  "a stack that makes snapshots",
  { ...everything, backup: { snapshotClass: "longhorn-snapshot-vsc" } },
  ["S3cret-mary", "S3cret-alpar", "S3cret-relay", "hidden.mary", "hidden.boss"],
]);

variants.push([
  "a stack that fetches from elsewhere, too",
  {
    ...everything,
    mailboxes: {
      "mary-ann": {
        password: "S3cret-mary",
        address: "hidden.mary@newjoy.ro",
        sources: {
          "old-gmail": { host: "imap.gmail.com", user: "hidden.me@gmail.com", password: "S3cret-gmail" },
          isp: { host: "imap.example.net", port: 1993, user: "S3cret-login", password: "S3cret-isp", folders: "Junk" },
        },
      },
      alpar: { password: "S3cret-alpar", admin: true },
    },
  },
  ["S3cret-mary", "S3cret-gmail", "S3cret-isp", "S3cret-login", "hidden.me", "hidden.mary"],
]);

variants.push([
  "a stack that copies mail from elsewhere",
  {
    ...everything,
    trust: {},
    migrations: {
      old: { mailbox: "mary-ann", from: { host: "imap.example.org", user: "S3cret-login", password: "S3cret-old" } },
      gmail: { mailbox: "alpar", gmail: true, from: { user: "hidden.me@gmail.com", password: "S3cret-gmail" } },
    },
  },
  [
    "S3cret-mary",
    "S3cret-old",
    "S3cret-login",
    "S3cret-gmail",
    "hidden.me",
    "hidden.mary",
    "hidden.boss",
    "generated-",
  ],
]);
