import type { Finding, PartialConfig } from "./finding";

/** The stack's mail domains, the main one first. */
export type Domains = readonly [string, ...string[]];

/** From either key; undefined where neither could be read. */
export function domainsOf({ domain, domains }: PartialConfig): Domains | undefined {
  const [main, ...others] = domains ?? [];
  if (main !== undefined) return [main, ...others];
  return domain === undefined ? undefined : [domain];
}

/** The main domain, of which names are made. */
export const mainDomainOf = (partial: PartialConfig): string | undefined => domainsOf(partial)?.[0];

/** One key says it. */
export function domainOrDomains({ domain, domains }: PartialConfig): Finding[] {
  if (domain === undefined || domains?.[0] === undefined) return [];
  const text = "cannot stand beside domains, of which the first is the main one; keep one of the two";
  return [{ path: ["domain"], text, remove: "value" }];
}

export function distinctDomains({ domains = [] }: PartialConfig): Finding[] {
  return domains.flatMap((domain, index): Finding[] => {
    const first = domains.indexOf(domain);
    if (first === index) return [];
    return [{ path: ["domains", index], text: `is the same domain as domains[${first}]`, remove: "value" }];
  });
}

export const domainRules = [domainOrDomains, distinctDomains] as const;
