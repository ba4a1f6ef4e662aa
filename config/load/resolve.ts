import * as pulumi from "@pulumi/pulumi";
import { shortAddress } from "../addresses";
import { controllerDefaults } from "../controllers";
import { certificatesIn } from "../rules/certificates";
import type { MailboxDraft } from "../rules/mailboxes";
import { controllerIn, resolveHosts } from "../rules/stack";
import { mebibytes, portOf } from "../rules/values";
import type { ConfigInput, MailboxInput } from "../schema";
import type { Ingress, Mailbox, Monitoring, Retention, StackConfig, Tls, Volume } from "../types";
import { resolveMigrations } from "./migrations";
import type { ValidConfig } from "./validate";

/** Outputs are left alone: the engine goes on working with them. */
function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || pulumi.Output.isInstance(value) || Object.isFrozen(value)) {
    return value;
  }
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}

function resolveMailbox(
  key: string,
  input: MailboxInput,
  drafts: readonly MailboxDraft[],
  retention: Retention,
  mainDomain: string,
): Mailbox {
  const localPartOf = (address: string): string => shortAddress(address, mainDomain);
  const draft = drafts.find((mailbox) => mailbox.key === key);
  if (draft?.address === undefined) throw new Error(`mailbox ${key} passed validation without an address`);
  return {
    name: draft.name,
    address: draft.address,
    localPart: localPartOf(draft.account ?? draft.address),
    password: pulumi.secret(input.password),
    displayName: input.displayName ?? draft.name,
    aliases: [
      ...draft.aliases.map(({ address }) => localPartOf(address)),
      ...(draft.account === undefined ? [] : [localPartOf(draft.address)]),
    ].sort(),
    admin: input.admin,
    retention: input.retention ?? (input.keep ? "forever" : retention),
    folders: input.folders.includes("Junk") ? ["INBOX", "Junk"] : ["INBOX"],
  };
}

/** What the program needs to know of the ingress, with what follows from the controller. */
function resolveIngress(input: ConfigInput["ingress"], ownNamespace: string): Ingress {
  const controller = controllerIn(input);
  const { annotations, className, gateway } = input;
  const place = controllerDefaults(controller);
  const namespace = input.namespace ?? place.namespace ?? gateway.namespace;
  if (namespace === undefined) throw new Error("ingress passed validation without a namespace");
  const common = { controller, annotations, namespace, port: input.port ?? place.port };
  if (input.kind === "Ingress") return { ...common, ...(className !== undefined && { className }) };
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

/** The heartbeat's URL stays secret, since it is all that a ping needs. Its port is not: the network policies name it. */
function resolveMonitoring({ heartbeat, heartbeatPort, dashboard, ...rest }: ConfigInput["monitoring"]): Monitoring {
  const { namespace, ...label } = dashboard;
  return {
    ...rest,
    dashboard: { ...label, ...(namespace !== undefined && { namespace }) },
    ...(heartbeat !== undefined && {
      heartbeat: { url: pulumi.secret(heartbeat), port: heartbeatPort ?? portOf(heartbeat) },
    }),
  };
}

/** Each value that was given, as a secret. */
const secrets = <Key extends string>(
  given: { readonly [K in Key]?: string | undefined },
): { [K in Key]?: pulumi.Output<string> } =>
  Object.fromEntries(
    Object.entries<string | undefined>(given).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, pulumi.secret(value)]],
    ),
  ) as { [K in Key]?: pulumi.Output<string> };

function volumes({ className, size, labels, webmail }: ConfigInput["storage"]): StackConfig["storage"] {
  const volume = (name: string | undefined, rest: { size: string; labels: Record<string, string> }): Volume => ({
    ...rest,
    ...(name !== undefined && { className: name }),
  });
  return {
    data: volume(className, { size, labels }),
    webmail: volume(webmail.className ?? className, { size: webmail.size, labels: webmail.labels }),
  };
}

/** Names that are derived from others, and secrets wrapped again: the rest is as the user set it. */
export function resolveConfig({ input, domains, mailboxes: drafts, isSecret }: ValidConfig): StackConfig {
  const [domain, ...others] = domains;
  const {
    domain: _oneOf,
    domains: _these,
    relay,
    identity,
    admin,
    storage,
    ingress,
    tls,
    trust,
    service,
    mailboxes,
    migrations,
    hosts,
    monitoring,
    retention,
    generated,
    provider,
    backup,
    ...rest
  } = input;
  const { apiKey, ...publicClient } = identity;
  const { address, ...otherService } = service;
  const certificates: Tls =
    tls.secretName === undefined ? { issuer: tls.issuer ?? "letsencrypt-prod" } : { secretName: tls.secretName };
  const largestMessage = mebibytes(provider.largestMessage);
  const people = Object.entries(mailboxes)
    .map(([key, mailbox]) => resolveMailbox(key, mailbox, drafts, retention, domain))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return deepFreeze<StackConfig>({
    ...rest,
    provider: { ...provider, largestMessage },
    domain,
    domains: [domain, ...others.sort()],
    hosts: resolveHosts(domain, hosts),
    mailboxes: people,
    migrations: resolveMigrations(migrations, people, { domain, largestMessage }),
    addressesAreSecret: Object.entries(mailboxes).some(([key, mailbox]) => {
      const secret = (...path: (string | number)[]): boolean => isSecret(["mailboxes", key, ...path]);
      return (
        (mailbox.address !== undefined && secret("address")) ||
        (mailbox.account !== undefined && secret("account")) ||
        mailbox.aliases.some((_, index) => secret("aliases", index))
      );
    }),
    relay: {
      username: relay.username ?? `service@${domain}`,
      password: pulumi.secret(relay.password),
      mode: relay.mode,
    },
    identity: {
      ...publicClient,
      ...(apiKey !== undefined && { apiKey: pulumi.secret(apiKey) }),
    },
    admin: admin.password === undefined ? {} : { password: pulumi.secret(admin.password) },
    storage: volumes(storage),
    backup: {
      schedule: backup.schedule,
      keep: backup.keep,
      ...(backup.snapshotClass !== undefined && { snapshotClass: backup.snapshotClass }),
    },
    ingress: resolveIngress(ingress, rest.namespace),
    tls: certificates,
    trust: { certificates: [...new Set(trust.certificates.flatMap(certificatesIn))] },
    monitoring: resolveMonitoring(monitoring),
    generated: secrets(generated),
    service: { ...otherService, ...(address !== undefined && { address }) },
  });
}
