import * as pulumi from "@pulumi/pulumi";
import { defaultImages } from "../../config/images";
import type { Mailbox, Source, StackConfig } from "../../config/types";

export function sampleMailbox(name: string, overrides: Partial<Mailbox> = {}): Mailbox {
  return {
    name,
    address: `${name}@newjoy.ro`,
    localPart: name,
    password: pulumi.secret(`provider-password-of-${name}`),
    displayName: name,
    aliases: [],
    admin: false,
    retention: 7,
    folders: ["INBOX"],
    sources: [],
    ...overrides,
  };
}

export function sampleSource(name: string, overrides: Partial<Source> = {}): Source {
  return {
    name,
    imap: { host: "imap.example.net", port: 993 },
    user: pulumi.secret(`${name}@example.net`),
    password: pulumi.secret(`source-password-of-${name}`),
    retention: 7,
    folders: ["INBOX"],
    ...overrides,
  };
}

const small = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } };

/** A whole, valid, defaulted configuration, for tests of components. */
export function sampleConfig(overrides: Partial<StackConfig> = {}): StackConfig {
  return {
    domain: "newjoy.ro",
    domains: ["newjoy.ro"],
    hosts: { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" },
    namespace: "stalwart-mail",
    mailboxes: [sampleMailbox("alpar", { admin: true }), sampleMailbox("kinga"), sampleMailbox("service")],
    migrations: [],
    addressesAreSecret: false,
    provider: {
      imap: { host: "imap.migadu.com", port: 993 },
      smtp: { host: "smtp.migadu.com", port: 465 },
      others: "relay",
      largestMessage: 40,
    },
    trash: { emptyAfter: "forever" },
    relay: { username: "service@newjoy.ro", password: pulumi.secret("relay-password-value"), mode: "mailbox" },
    identity: {
      issuer: "https://auth.newjoy.ro",
      name: "Pocket ID",
      clientId: "stalwart-webui",
      allowedGroups: [],
      onDestroy: "keep",
    },
    admin: {},
    generated: {},
    backup: { schedule: "15 3 * * *", keep: 7 },
    storage: {
      data: { className: "longhorn-ssd", size: "10Gi", labels: {} },
      webmail: { className: "longhorn-ssd", size: "1Gi", labels: {} },
    },
    ingress: {
      controller: "ingress-nginx",
      className: "nginx",
      annotations: {},
      namespace: "ingress-nginx",
      port: 443,
    },
    tls: { issuer: "letsencrypt-prod" },
    trust: { certificates: [] },
    service: { type: "LoadBalancer", annotations: {}, sourceRanges: [] },
    cluster: { networks: ["10.0.0.0/8", "192.168.0.0/16"], relayNamespaces: [] },
    monitoring: {
      enabled: false,
      labels: {},
      namespace: "monitoring",
      dashboard: { label: "grafana_dashboard", labelValue: "1" },
    },
    images: defaultImages,
    resources: { stalwart: small, settings: small, fetchmail: small, roundcube: small, imapsync: small },
    ...overrides,
  };
}
