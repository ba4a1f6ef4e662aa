import * as pulumi from "@pulumi/pulumi";
import { whereabouts } from "../controllers";
import { certificatesIn } from "../rules/certificates";
import type { MailboxDraft } from "../rules/mailboxes";
import { controllerIn, hostsOf } from "../rules/stack";
import { portOf } from "../rules/values";
import type { Written, WrittenMailbox } from "../schema";
import type { Ingress, Mailbox, Monitoring, StackConfig, Tls } from "../types";
import type { Valid } from "./validate";

/** Outputs are left alone: the engine goes on working with them. */
function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || pulumi.Output.isInstance(value) || Object.isFrozen(value)) {
    return value;
  }
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}

const localPartOf = (address: string): string => address.slice(0, address.lastIndexOf("@"));

function buildMailbox(key: string, written: WrittenMailbox, drafts: readonly MailboxDraft[]): Mailbox {
  const draft = drafts.find((mailbox) => mailbox.key === key);
  if (draft?.address === undefined) throw new Error(`mailbox ${key} passed validation without an address`);
  return {
    name: draft.name,
    address: draft.address,
    localPart: localPartOf(draft.address),
    password: pulumi.secret(written.password),
    displayName: written.displayName ?? draft.name,
    aliases: draft.aliases.map(({ address }) => localPartOf(address)).sort(),
    admin: written.admin,
    keep: written.keep,
    folders: written.folders.includes("Junk") ? ["INBOX", "Junk"] : ["INBOX"],
  };
}

/** The way in with everything that follows from what was written. */
function wayIn(written: Written["ingress"], ownNamespace: string): Ingress {
  const controller = controllerIn(written);
  const { annotations, className, gateway } = written;
  const place = whereabouts(controller);
  const namespace = written.namespace ?? place.namespace ?? gateway.namespace;
  if (namespace === undefined) throw new Error("ingress passed validation without a namespace");
  const common = { controller, annotations, namespace, port: written.port ?? place.port };
  if (written.kind === "Ingress") return { ...common, ...(className !== undefined && { className }) };
  if (gateway.name === undefined || gateway.namespace === undefined) {
    throw new Error("ingress.gateway passed validation without a name");
  }
  const { certificates, redirectListener } = gateway;
  const readIn = gateway.certificateNamespace ?? ownNamespace;
  return {
    ...common,
    gateway: {
      name: gateway.name,
      namespace: gateway.namespace,
      listeners: gateway.listeners,
      ...(redirectListener !== undefined && { redirectListener }),
      certificates,
      ...(readIn !== ownNamespace && { certificateNamespace: readIn }),
      grant: certificates === "stack" && readIn !== gateway.namespace,
    },
  };
}

/** A port that the network policies need is no secret; the address, which alone lets one ring, stays one. */
function watching({ heartbeat, heartbeatPort, dashboard, ...rest }: Written["monitoring"]): Monitoring {
  const { namespace, ...label } = dashboard;
  return {
    ...rest,
    dashboard: { ...label, ...(namespace !== undefined && { namespace }) },
    ...(heartbeat !== undefined && {
      heartbeat: { url: pulumi.secret(heartbeat), port: heartbeatPort ?? portOf(heartbeat) },
    }),
  };
}

/** Names that are derived from others, and secrets wrapped again: the rest is as written. */
export function build({ written, mailboxes: drafts, isSecret }: Valid): StackConfig {
  const {
    domain,
    relay,
    identity,
    admin,
    storage,
    ingress,
    tls,
    trust,
    service,
    mailboxes,
    hosts,
    monitoring,
    ...rest
  } = written;
  const { clientSecret, apiKey, ...publicClient } = identity;
  const { address, ...otherService } = service;
  const certificates: Tls =
    tls.secretName === undefined ? { issuer: tls.issuer ?? "letsencrypt-prod" } : { secretName: tls.secretName };
  return deepFreeze<StackConfig>({
    ...rest,
    domain,
    hosts: hostsOf(domain, hosts),
    mailboxes: Object.entries(mailboxes)
      .map(([key, mailbox]) => buildMailbox(key, mailbox, drafts))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    addressesAreSecret: Object.entries(mailboxes).some(([key, mailbox]) => {
      const secret = (...path: (string | number)[]): boolean => isSecret(["mailboxes", key, ...path]);
      return (
        (mailbox.address !== undefined && secret("address")) ||
        mailbox.aliases.some((_, index) => secret("aliases", index))
      );
    }),
    relay: { username: relay.username ?? `service@${domain}`, password: pulumi.secret(relay.password) },
    identity: {
      ...publicClient,
      ...(clientSecret !== undefined && { clientSecret: pulumi.secret(clientSecret) }),
      ...(apiKey !== undefined && { apiKey: pulumi.secret(apiKey) }),
    },
    admin: admin.password === undefined ? {} : { password: pulumi.secret(admin.password) },
    storage: {
      data: { className: storage.className, size: storage.size, labels: storage.labels },
      webmail: { ...storage.webmail, className: storage.webmail.className ?? storage.className },
    },
    ingress: wayIn(ingress, rest.namespace),
    tls: certificates,
    trust: { certificates: [...new Set(trust.certificates.flatMap(certificatesIn))] },
    monitoring: watching(monitoring),
    service: { ...otherService, ...(address !== undefined && { address }) },
  });
}
