import type { StackConfig } from "./types";

/** A host under which mail programs look for the settings of a domain. */
export interface DiscoveryHost {
  readonly name: string;
  /** Thunderbird asks the first, Outlook the second. */
  readonly kind: "autoconfig" | "autodiscover";
  readonly domain: string;
}

const kinds = ["autoconfig", "autodiscover"] as const;

/**
 * The host that is configured for the main domain, and beside it the one of the same kind for every other domain, whose
 * name is not a choice: programs make it of the address.
 */
export function discoveryHosts({ domains, hosts }: Pick<StackConfig, "domains" | "hosts">): DiscoveryHost[] {
  const [main = "", ...others] = domains;
  return kinds.flatMap((kind) => {
    const name = hosts[kind];
    if (name === undefined) return [];
    return [{ name, kind, domain: main }, ...others.map((domain) => ({ name: `${kind}.${domain}`, kind, domain }))];
  });
}
