/** How operations of the plan refer to a domain. The main domain's reference is the same as in earlier versions. */
export const domainKey = (index: number): string => (index === 0 ? "domain" : `domain-${index + 1}`);

/** The reference to one of the stack's domains. */
export function domainReference(domains: readonly string[], domain: string): string {
  const index = domains.indexOf(domain);
  if (index < 0) throw new Error("an account is in a domain that is not the stack's"); // an address is confidential
  return `#${domainKey(index)}`;
}
