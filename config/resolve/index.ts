import * as pulumi from "@pulumi/pulumi";
import { certificatesIn } from "../rules/certificates";
import { mebibytes, portOf } from "../rules/values";
import type { ConfigInput, Path } from "../schema";
import type { Ingress, Monitoring, StackConfig, Tls, Volume } from "../types";
import { type Domains, resolveHosts } from "./domains";
import { type CompleteMailbox, resolveMailbox } from "./mailboxes";
import { type CompleteMigration, resolveMigration } from "./migrations";

/** A valid configuration, with all values that require one. Secrets are plain text. */
export interface ValidConfig {
  readonly input: ConfigInput;
  /** The main one first. */
  readonly domains: Domains;
  readonly mailboxes: readonly CompleteMailbox[];
  readonly migrations: readonly CompleteMigration[];
  readonly ingress: Ingress;
  /** Whether the value at a path is encrypted in the stack's configuration. */
  readonly isSecret: (path: Path) => boolean;
}

/** Does not freeze outputs, because the engine still changes them. */
function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || pulumi.Output.isInstance(value) || Object.isFrozen(value)) {
    return value;
  }
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}

/** The values of a group, as secrets. */
const secrets = <Group extends object>(group: Group): { readonly [Key in keyof Group]: pulumi.Output<string> } =>
  Object.fromEntries(Object.entries(group).map(([key, value]) => [key, pulumi.secret(String(value))])) as {
    [Key in keyof Group]: pulumi.Output<string>;
  };

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

/**
 * The heartbeat's URL stays secret, because anyone who knows it can send pings. Its port is not secret: the network policies use it.
 */
function resolveMonitoring({ heartbeat, heartbeatPort, ...rest }: ConfigInput["monitoring"]): Monitoring {
  if (heartbeat === undefined) return rest;
  return { ...rest, heartbeat: { url: pulumi.secret(heartbeat), port: heartbeatPort ?? portOf(heartbeat) } };
}

const resolveTls = ({ issuer = "letsencrypt-prod", secretName }: ConfigInput["tls"]): Tls =>
  secretName === undefined ? { issuer } : { secretName };

function resolveStorage({ webmail, ...data }: ConfigInput["storage"]): { data: Volume; webmail: Volume } {
  const { className } = data;
  return { data, webmail: { ...(className !== undefined && { className }), ...webmail } };
}

/** Lists of addresses in the outputs are secret when one of the addresses is. */
const addressesAreSecret = ({ mailboxes, isSecret }: ValidConfig): boolean =>
  mailboxes.some(({ key, input }) => {
    const secret = (...path: (string | number)[]): boolean => isSecret(["mailboxes", key, ...path]);
    return (
      (input.address !== undefined && secret("address")) ||
      (input.account !== undefined && secret("account")) ||
      input.aliases.some((_, index) => secret("aliases", index))
    );
  });

/** The value that components get: all that follows from other keys is computed here and in this folder. */
export function resolveConfig(valid: ValidConfig): StackConfig {
  const { input, ingress } = valid;
  const [domain, ...others] = valid.domains;
  const { username = `service@${domain}`, mode } = input.relay;
  const { apiKey, ...identity } = input.identity;
  const largestMessage = mebibytes(input.provider.largestMessage);
  return deepFreeze<StackConfig>({
    domain,
    domains: [domain, ...others.sort()],
    hosts: resolveHosts(domain, input.hosts),
    namespace: input.namespace,
    mailboxes: valid.mailboxes.map((mailbox) => resolveMailbox(mailbox, input.retention, domain)).sort(byName),
    migrations: valid.migrations.map((migration) => resolveMigration(migration, largestMessage)).sort(byName),
    addressesAreSecret: addressesAreSecret(valid),
    provider: { ...input.provider, largestMessage },
    trash: input.trash,
    relay: { username, password: pulumi.secret(input.relay.password), mode },
    identity: { ...identity, ...secrets({ ...(apiKey !== undefined && { apiKey }) }) },
    admin: secrets(input.admin),
    generated: secrets(input.generated),
    storage: resolveStorage(input.storage),
    backup: input.backup,
    ingress,
    tls: resolveTls(input.tls),
    trust: { certificates: [...new Set(input.trust.certificates.flatMap(certificatesIn))] },
    service: input.service,
    cluster: input.cluster,
    monitoring: resolveMonitoring(input.monitoring),
    images: input.images,
    resources: input.resources,
  });
}
