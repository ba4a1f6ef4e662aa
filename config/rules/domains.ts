import type { Finding, PartialConfig } from "./finding";

/** The domains are set by one key. */
export function domainOrDomains({ domain, domains }: PartialConfig): Finding[] {
  if (domain === undefined || domains?.[0] === undefined) return [];
  const text = "cannot be combined with domains, of which the first is the main one; keep one of the two";
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
