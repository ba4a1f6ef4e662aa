import type { Output } from "@pulumi/pulumi";
import type { Controller } from "./controllers";

/** A secret's value: always a Pulumi secret output, never plain text. */
export type Secret = Output<string>;

/** A server as people name it: a host name and a TCP port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A folder at the provider that can be fetched. What was in Junk there arrives in Junk here. */
export type Folder = "INBOX" | "Junk";

/** Days that a delivered message stays at the provider; 0 deletes it at once, `forever` leaves it in the inbox. */
export type Retention = number | "forever";

/** One person's (or service's) mailbox, as declared under `mailboxes.<name>`. */
export interface Mailbox {
  /** The key under `mailboxes`: a DNS label; names the fetcher (`fetchmail-<name>`) and the Secret keys. */
  readonly name: string;
  /** Full address, lower case. Treat as confidential: it may come from a secret, so it belongs only in Secrets. */
  readonly address: string;
  /**
   * The account's name in Stalwart: the part before the @ of the address, or of `account`; the whole of it where that is not
   * in the main domain. Confidential like the address.
   */
  readonly localPart: string;
  /** The provider's IMAP password. */
  readonly password: Secret;
  readonly displayName: string;
  /**
   * Further addresses that land in this mailbox, sorted: local parts in the main domain, whole addresses in another one. The
   * address's own is among them where the account has another. Confidential like the address.
   */
  readonly aliases: readonly string[];
  /** Whether this person administers the mail server. */
  readonly admin: boolean;
  /** How long a delivered message stays at the provider. */
  readonly retention: Retention;
  /** Provider folders to fetch; INBOX is always among them. */
  readonly folders: readonly Folder[];
}

/** An account elsewhere whose mail is copied into a mailbox here, as declared under `migrations.<name>`. */
export interface Migration {
  /** The key under `migrations`: a DNS label; names its objects (`migration-<name>`). */
  readonly name: string;
  /** Name of the mailbox that it goes into. */
  readonly mailbox: string;
  /** The account's address on the mail server. Confidential like a mailbox's address. */
  readonly account: string;
  readonly from: Endpoint & { readonly user: Secret; readonly password: Secret };
  readonly folders: {
    /** Patterns of folder names there; none means all of them. */
    readonly include: readonly string[];
    readonly exclude: readonly string[];
    /** Names there, and the ones that they get here. */
    readonly map: Readonly<Record<string, string>>;
  };
  readonly gmail: boolean;
  /** The first day whose messages are copied, as YYYY-MM-DD; absent for all. */
  readonly since?: string;
  /** Bytes: larger messages are not copied. */
  readonly largest: number;
}

/** CPU and memory of one container, in Kubernetes quantities. */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu?: string; readonly memory: string };
}

/** A volume claim's size and class. */
export interface Volume {
  /** The storage class; absent for the cluster's default. */
  readonly className?: string;
  /** Kubernetes quantity, e.g. 10Gi. Can grow, cannot shrink. */
  readonly size: string;
  /** Labels on the claim, for example a Longhorn recurring backup group. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Where the mail host's certificate comes from: a cert-manager ClusterIssuer, or an existing TLS Secret in the namespace. */
export type Tls = { readonly issuer: string } | { readonly secretName: string };

/** A Gateway of the cluster's, and which of its listeners are for this stack. */
export interface Gateway {
  readonly name: string;
  readonly namespace: string;
  /** Listeners for https, at least one. */
  readonly listeners: readonly string[];
  /** The listener for plain http, where requests are sent on to https; absent when that is not this stack's business. */
  readonly redirectListener?: string;
  /** Who makes the listeners' certificates. */
  readonly certificates: "stack" | "gateway";
  /** Where the listeners look for the stack's certificates, when that is not the stack's own namespace. */
  readonly certificateNamespace?: string;
  /** Whether that is another namespace than the Gateway's own, so that it must be allowed to read there. */
  readonly grant: boolean;
}

/** How HTTP comes in, whatever asks for it. */
export interface Ingress {
  /** What serves it: decides what is asked for besides hosts and paths. */
  readonly controller: Controller;
  readonly annotations: Readonly<Record<string, string>>;
  /** Namespace of the controller's pods: only it may reach the HTTP ports. */
  readonly namespace: string;
  /** Where the controller's pods take https. */
  readonly port: number;
  /** The ingress class; absent for the cluster's default, and with a Gateway. */
  readonly className?: string;
  /** The Gateway that HTTPRoutes attach to; without it there are Ingresses. */
  readonly gateway?: Gateway;
}

/** What watches the stack. Off, and with no heartbeat, nothing in the stack tells of it. */
export interface Monitoring {
  /** Whether there are PodMonitors, alerts and a dashboard. */
  readonly enabled: boolean;
  /** Labels on the PodMonitors and the PrometheusRule. */
  readonly labels: Readonly<Record<string, string>>;
  /** Namespace of Prometheus. */
  readonly namespace: string;
  readonly dashboard: {
    /** Namespace of the ConfigMap; absent for the stack's own. */
    readonly namespace?: string;
    readonly label: string;
    readonly labelValue: string;
  };
  /** What is asked after every settings run that went well. */
  readonly heartbeat?: {
    readonly url: Secret;
    /** The port on which its server takes it. Plain: the network policies name it. */
    readonly port: number;
  };
}

/** The whole stack's configuration: validated, defaulted, deeply readonly. */
export interface StackConfig {
  /** The main domain. */
  readonly domain: string;
  /** Every mail domain, the main one first. */
  readonly domains: readonly string[];
  readonly hosts: {
    readonly mail: string;
    readonly webmail: string;
    /** Host that serves client autoconfiguration (usually autoconfig.<domain>), when wanted. */
    readonly autoconfig?: string;
    /** Host that serves autodiscover (usually autodiscover.<domain>), when wanted. */
    readonly autodiscover?: string;
  };
  readonly namespace: string;
  /** Sorted by name. At least one. */
  readonly mailboxes: readonly Mailbox[];
  /** Sorted by name. */
  readonly migrations: readonly Migration[];
  /** Whether any mailbox address or alias came from a secret: then lists of addresses in outputs are secret too. */
  readonly addressesAreSecret: boolean;
  readonly provider: {
    readonly imap: Endpoint;
    readonly smtp: Endpoint;
    /** What happens to mail from here for addresses of the domain that no account has. */
    readonly others: "relay" | "refuse";
    /** The largest message that it sends, in MiB. */
    readonly largestMessage: number;
  };
  readonly trash: {
    /** Days after which Deleted Items and Junk Mail are emptied. */
    readonly emptyAfter: number | "forever";
  };
  /** The provider's SMTP login for apps and aliases, or for everything that is sent. */
  readonly relay: {
    readonly username: string;
    readonly password: Secret;
    /** `mailbox`: what a mailbox's own address sends goes through that mailbox's login. `single`: everything uses this login. */
    readonly mode: "mailbox" | "single";
  };
  readonly identity: {
    /** OIDC issuer URL, no path, no trailing slash. */
    readonly issuer: string;
    readonly name: string;
    readonly clientId: string;
    /** An API key of a Pocket ID administrator: with it the stack registers the client itself. */
    readonly apiKey?: Secret;
    /** Groups whose members may sign in; empty lets everybody in. */
    readonly allowedGroups: readonly string[];
    /** What `pulumi destroy` does with the client at Pocket ID. */
    readonly onDestroy: "keep" | "remove";
  };
  /** Password of Stalwart's recovery administrator `admin`; generated when absent. */
  readonly admin: { readonly password?: Secret };
  /** What an earlier state of this stack generated; generated when absent. */
  readonly generated: { readonly adminPassword?: Secret; readonly desKey?: Secret; readonly metricsPassword?: Secret };
  readonly storage: { readonly data: Volume; readonly webmail: Volume };
  readonly backup: {
    /** The class of the scheduled VolumeSnapshots; absent for none. */
    readonly snapshotClass?: string;
    /** When they are made, as cron has it. */
    readonly schedule: string;
    /** How many usable ones of each claim stay. */
    readonly keep: number;
  };
  readonly ingress: Ingress;
  readonly tls: Tls;
  /** Certificates of private authorities, in PEM form, one each: trusted beside the public ones, never instead of them. */
  readonly trust: { readonly certificates: readonly string[] };
  /** The Service through which people reach IMAP, submission and ManageSieve. Never port 25. */
  readonly service: {
    readonly type: "LoadBalancer" | "NodePort" | "ClusterIP";
    readonly annotations: Readonly<Record<string, string>>;
    readonly address?: string;
    readonly sourceRanges: readonly string[];
  };
  readonly cluster: {
    /** CIDRs that may relay through port 25 without a login, and are never auto-banned. */
    readonly networks: readonly string[];
    /** Namespaces whose pods may reach port 25; empty means every namespace. */
    readonly relayNamespaces: readonly string[];
  };
  readonly monitoring: Monitoring;
  /** Every image, as repository:tag@sha256:digest. */
  readonly images: {
    readonly stalwart: string;
    readonly stalwartCli: string;
    readonly fetchmail: string;
    readonly roundcube: string;
    readonly imapsync: string;
  };
  readonly resources: {
    readonly stalwart: Resources;
    readonly settings: Resources;
    readonly fetchmail: Resources;
    readonly roundcube: Resources;
    readonly imapsync: Resources;
  };
}
