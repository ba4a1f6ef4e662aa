import * as pulumi from "@pulumi/pulumi";
import { type Examined, examine, type Sources } from "./examine";
import { watching } from "./monitoring";
import { report } from "./report";
import { certificatesIn } from "./rules/certificates";
import { wayIn } from "./rules/ingress";
import { hostsOf } from "./rules/stack";
import type { Written, WrittenMailbox } from "./schema";
import { readStackFile } from "./secrecy";
import type { Mailbox, StackConfig, Tls } from "./types";

export interface LoadOptions {
  /** Text of the stack's file. @default the Pulumi.<stack>.yaml beside Pulumi.yaml, when there is one */
  readonly stackFile?: string;
  /** Folder that holds the stack's file. @default the project's root, else the working directory */
  readonly folder?: string;
}

/** Outputs are left alone: the engine goes on working with them. */
function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || pulumi.Output.isInstance(value) || Object.isFrozen(value)) {
    return value;
  }
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}

const localPartOf = (address: string): string => address.slice(0, address.lastIndexOf("@"));

function buildMailbox(key: string, written: WrittenMailbox, { mailboxes }: Examined): Mailbox {
  const draft = mailboxes.find((mailbox) => mailbox.key === key);
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

/** Names that are derived from others, and secrets wrapped again: the rest is as written. */
function build(written: Written, examined: Examined): StackConfig {
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
      .map(([key, mailbox]) => buildMailbox(key, mailbox, examined))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    addressesAreSecret: Object.entries(mailboxes).some(([key, mailbox]) => {
      const secret = (...path: (string | number)[]): boolean => examined.isSecret(["mailboxes", key, ...path]);
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

/** The configuration, or a report of everything that is wrong with it. */
export function readConfig(sources: Sources): { config: StackConfig } | { report: string } {
  const examined = examine(sources);
  return examined.written ? { config: build(examined.written, examined) } : { report: report(examined.problems) };
}

/** The engine's word on which top-level keys hold secrets; marked internal in the SDK, which has no other way to ask. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret?: (key: string) => boolean };

/**
 * Reads the stack's configuration. Ends the program with one report, before any resource, when something is wrong.
 *
 * Values are read from the engine's whole configuration rather than through `pulumi.Config`: that is the only way to
 * see keys nobody reads, and its getters put the value into their error messages when it is not what they expect.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<StackConfig> {
  const values = pulumi.runtime.allConfig();
  const folders = [options.folder ?? pulumi.getRootDirectory(), process.cwd()].filter((folder) => folder !== "");
  const project = pulumi.getProject();
  const prefix = `${project}:`;
  const secretKeys = Object.keys(values).filter((key) => key.startsWith(prefix) && (isConfigSecret?.(key) ?? true));
  const result = readConfig({
    project,
    values,
    stackFile: options.stackFile ?? readStackFile(pulumi.getStack(), folders),
    secretKeys: new Set(secretKeys.map((key) => key.slice(prefix.length))),
  });
  if ("report" in result) throw new pulumi.RunError(result.report);
  return result.config;
}
