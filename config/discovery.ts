import type { StackConfig } from "./types";

/** A host that mail programs query for the settings of a domain. */
export interface DiscoveryHost {
  readonly name: string;
  /** Thunderbird queries the first, Outlook the second. */
  readonly kind: "autoconfig" | "autodiscover";
  readonly domain: string;
}

const kinds = ["autoconfig", "autodiscover"] as const;

/**
 * The host that is configured for the main domain, and a host of the same kind for every other domain. The names of the others
 * cannot be chosen, because programs derive them from the address.
 */
export function discoveryHosts({ domains, hosts }: Pick<StackConfig, "domains" | "hosts">): DiscoveryHost[] {
  const [main = "", ...others] = domains;
  return kinds.flatMap((kind) => {
    const name = hosts[kind];
    if (name === undefined) return [];
    return [{ name, kind, domain: main }, ...others.map((domain) => ({ name: `${kind}.${domain}`, kind, domain }))];
  });
}
