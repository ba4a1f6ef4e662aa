/**
 * TLS options that trust custom CAs in addition to those that Node trusts. A list replaces Node's own, so without custom
 * CAs there is none. Node before 22.15 cannot list the CAs that it trusts, so there the public CAs bundled with Node are used.
 * It loads its module by itself, because it also runs from text in the stack's state (components/identity/api.ts).
 */
export function trusting(customCAs: readonly string[]): { readonly ca?: string[] } {
  if (customCAs.length === 0) return {};
  const tls: typeof import("node:tls") = require("node:tls");
  const usual = tls.getCACertificates ? tls.getCACertificates("default") : tls.rootCertificates;
  return { ca: [...usual, ...customCAs] };
}
