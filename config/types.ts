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

/** A folder at the provider that can be fetched. Mail from Junk there arrives in Junk here. */
export type Folder = MailboxInput["folders"][number];

/** Days that a delivered message stays at the provider; 0 deletes it at once, `forever` leaves it in the inbox. */
export type Retention = ConfigInput["retention"];

/** The mailbox of a user or a service, as declared under `mailboxes.<name>`. */
export interface Mailbox {
  /** The key under `mailboxes`: a DNS label; names the fetcher (`fetchmail-<name>`) and the Secret keys. */
  readonly name: string;
  /** Full address, lower case. Confidential, because it may come from a secret: store it in Secrets only. */
  readonly address: string;
  /**
   * The account's name in Stalwart: the part before the @ of the address, or of `account`; the whole address if it is not in
   * the main domain. Confidential like the address.
   */
  readonly localPart: string;
  /** The provider's IMAP password. */
  readonly password: Secret;
  readonly displayName: string;
  /**
   * Further addresses that are delivered to this mailbox, sorted: local parts in the main domain, whole addresses in another
   * one. If the account has another name than the address, the address itself is one of them. Confidential like the address.
   */
  readonly aliases: readonly string[];
  /** Whether this user administers the mail server. */
  readonly admin: boolean;
  /** How long a delivered message stays at the provider. */
  readonly retention: Retention;
  /** Provider folders to fetch; INBOX is always among them. */
  readonly folders: readonly Folder[];
  /** Accounts elsewhere whose mail is fetched into this mailbox, too, sorted by name. */
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
  /** Name of the mailbox that the mail is copied to. */
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

/** The source of the mail host's certificate: a cert-manager ClusterIssuer, or an existing TLS Secret in the namespace. */
export type Tls = { readonly issuer: string } | { readonly secretName: string };

/** A Gateway of the cluster, and the listeners of it that this stack uses. */
export interface Gateway {
  readonly name: string;
  readonly namespace: string;
  /** Listeners for https, at least one. */
  readonly listeners: readonly string[];
  /** The listener for plain http, which redirects to https; absent if this stack does not manage that redirect. */
  readonly redirectListener?: string;
  /** Who manages the listeners' certificates. */
  readonly certificates: ConfigInput["ingress"]["gateway"]["certificates"];
  /** Where the listeners look for the stack's certificates, when that is not the stack's own namespace. */
  readonly certificateNamespace?: string;
  /** Whether that is another namespace than the Gateway's own, so that it needs a ReferenceGrant. */
  readonly grant: boolean;
}

/** How HTTP is exposed, for all components. */
export interface Ingress {
  /** The controller that serves it: its annotations and custom objects differ. */
  readonly controller: Controller;
  readonly annotations: Readonly<Record<string, string>>;
  /** Namespace of the controller's pods: only it may reach the HTTP ports. */
  readonly namespace: string;
  /** The https port of the controller's pods. */
  readonly port: number;
  /** The ingress class; absent for the cluster's default, and with a Gateway. */
  readonly className?: string;
  /** The Gateway that HTTPRoutes attach to; without it there are Ingresses. */
  readonly gateway?: Gateway;
}

/** Monitoring. If it is disabled and there is no heartbeat, it changes no object of the stack. */
export interface Monitoring extends Omit<ConfigInput["monitoring"], "heartbeat" | "heartbeatPort"> {
  /** The URL that is pinged after every successful settings run. */
  readonly heartbeat?: {
    readonly url: Secret;
    /** The port of its server. Not a secret, because the network policies use it. */
    readonly port: number;
  };
}

/**
 * The whole stack's configuration: validated, defaulted, deeply readonly. Values that stay as the user set them have the
 * schema's type, and their meanings are in config/schema/. Values that follow from other keys are described here and computed in
 * config/resolve/.
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
  /** The provider's SMTP login for mail of apps and aliases, or for all outbound mail. */
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
  /** Values that an earlier state of this stack generated; generated again if absent. */
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
