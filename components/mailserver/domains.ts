/** How lines of the plan refer to a domain: the main one as they always have. */
export const domainKey = (index: number): string => (index === 0 ? "domain" : `domain-${index + 1}`);

/** The reference to one of them. */
export function domainReference(domains: readonly string[], domain: string): string {
  const index = domains.indexOf(domain);
  if (index < 0) throw new Error("an account is in a domain that is not the stack's"); // an address is confidential
  return `#${domainKey(index)}`;
}
