import type { PartialConfig } from "../rules/finding";
import type { ConfigInput } from "../schema";

/** The stack's mail domains, the main one first. */
export type Domains = readonly [string, ...string[]];

/** From `domain` or `domains`; undefined if neither is valid. */
export function resolveDomains({ domain, domains }: PartialConfig): Domains | undefined {
  const [main, ...others] = domains ?? [];
  if (main !== undefined) return [main, ...others];
  return domain === undefined ? undefined : [domain];
}

/** The domain for default host names. */
export const mainDomain = (partial: PartialConfig): string | undefined => resolveDomains(partial)?.[0];

/** Hosts with their defaults. */
export function resolveHosts(domain: string, hosts: ConfigInput["hosts"]) {
  const { mail = `mail.${domain}`, webmail = `webmail.${domain}`, ...others } = hosts;
  return { mail, webmail, ...others };
}
