import type { Output } from "@pulumi/pulumi";
import type { Controller } from "./controllers";
import type { ConfigInput, MailboxInput } from "./schema";

/** A secret's value: always a Pulumi secret output, never plain text. */
export type Secret = Output<string>;

/** A server: a host name and a TCP port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A folder at the provider that can be fetched. What was in Junk there arrives in Junk here. */
export type Folder = MailboxInput["folders"][number];

/** Days that a delivered message stays at the provider; 0 deletes it at once, `forever` leaves it in the inbox. */
export type Retention = ConfigInput["retention"];

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
  /** Accounts elsewhere whose mail comes into this mailbox, too, sorted by name. */
  readonly sources: readonly Source[];
}

/** An account elsewhere that is fetched as well, as declared under `mailboxes.<name>.sources.<source>`. */
export interface Source {
  /** The key under `sources`: a DNS label; a part of the Secret keys, and a label of the metrics. */
  readonly name: string;
  /** Its IMAP server: implicit TLS. */
  readonly imap: Endpoint;
  /** Confidential like a mailbox's address. */
  readonly user: Secret;
  readonly password: Secret;
  readonly retention: Retention;
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
  readonly folders: ConfigInput["migrations"][string]["folders"];
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
  readonly certificates: ConfigInput["ingress"]["gateway"]["certificates"];
  /** Where the listeners look for the stack's certificates, when that is not the stack's own namespace. */
  readonly certificateNamespace?: string;
  /** Whether that is another namespace than the Gateway's own, so that it must be allowed to read there. */
  readonly grant: boolean;
}

/** How HTTP comes in, whatever asks for it. */
export interface Ingress {
  /** The controller that serves it: its annotations and custom objects differ. */
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

/** Monitoring. When it is off and there is no heartbeat, no object of the stack differs because of it. */
export interface Monitoring extends Omit<ConfigInput["monitoring"], "heartbeat" | "heartbeatPort"> {
  /** The URL that is pinged after every successful settings run. */
  readonly heartbeat?: {
    readonly url: Secret;
    /** The port of its server. Plain: the network policies name it. */
    readonly port: number;
  };
}

/**
 * The whole stack's configuration: validated, defaulted, deeply readonly. What is as the user set it has the schema's type, and
 * its keys' meanings are in config/schema/; what follows from other keys is explained here and computed in config/resolve/.
 */
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
  readonly provider: Omit<ConfigInput["provider"], "largestMessage"> & {
    /** The largest message that it sends, in MiB. */
    readonly largestMessage: number;
  };
  readonly trash: ConfigInput["trash"];
  /** The provider's SMTP login for apps and aliases, or for everything that is sent. */
  readonly relay: {
    readonly username: string;
    readonly password: Secret;
    readonly mode: ConfigInput["relay"]["mode"];
  };
  readonly identity: Omit<ConfigInput["identity"], "apiKey"> & {
    /** With it the stack registers the client itself. */
    readonly apiKey?: Secret;
  };
  /** Password of Stalwart's recovery administrator `admin`; generated when absent. */
  readonly admin: { readonly password?: Secret };
  /** What an earlier state of this stack generated; generated when absent. */
  readonly generated: { readonly [Key in keyof ConfigInput["generated"]]: Secret };
  readonly storage: { readonly data: Volume; readonly webmail: Volume };
  readonly backup: ConfigInput["backup"];
  readonly ingress: Ingress;
  readonly tls: Tls;
  /** Custom CA certificates, one PEM block each: trusted in addition to the public CAs, never instead of them. */
  readonly trust: { readonly certificates: readonly string[] };
  /** The Service for mail clients. Never port 25. */
  readonly service: ConfigInput["service"];
  readonly cluster: ConfigInput["cluster"];
  readonly monitoring: Monitoring;
  /** Every image, as repository:tag@sha256:digest. */
  readonly images: ConfigInput["images"];
  readonly resources: Readonly<Record<keyof ConfigInput["resources"], Resources>>;
}
