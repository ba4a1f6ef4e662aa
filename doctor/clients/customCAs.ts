import * as tls from "node:tls";

/**
 * TLS options that trust custom CAs in addition to those that Node trusts. A list replaces Node's own, so there is none
 * without custom CAs. Node before 22.15 cannot tell what it trusts, and gets the public CAs that it brings.
 */
export function trusting(customCAs: readonly string[]): { readonly ca?: string[] } {
  if (customCAs.length === 0) return {};
  const usual = tls.getCACertificates ? tls.getCACertificates("default") : tls.rootCertificates;
  return { ca: [...usual, ...customCAs] };
}
