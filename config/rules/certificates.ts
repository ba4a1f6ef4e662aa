import { X509Certificate } from "node:crypto";
import type { Rule } from "./values";

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates in a PEM text. Text between them is a comment. */
export const certificatesIn = (pem: string): string[] =>
  (pem.match(BLOCK) ?? []).map((block) => block.replaceAll("\r\n", "\n"));

export const parsed = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
};

function problemOf(pem: string): string | undefined {
  const certificate = parsed(pem);
  if (!certificate) return "cannot be read: the text is damaged";
  if (!certificate.ca) return "is a server certificate; use the CA certificate that issued it";
  if (new Date(certificate.validTo) < new Date()) return `has expired on ${certificate.validTo}`;
  if (new Date(certificate.validFrom) > new Date()) {
    return `is not valid before ${certificate.validFrom}: check this machine's clock`;
  }
  return undefined;
}

/** One or more CA certificates in PEM form, valid now. */
export const caCertificates: Rule = (value) => {
  if (value.includes("PRIVATE KEY-----")) {
    return "contains a private key, which only the CA itself may have; if this file was shared, create a new CA";
  }
  const certificates = certificatesIn(value);
  if (certificates.length === 0) {
    return "is not a certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----";
  }
  for (const [n, pem] of certificates.entries()) {
    const problem = problemOf(pem);
    if (problem) return certificates.length > 1 ? `certificate ${n + 1} in it ${problem}` : problem;
  }
  return undefined;
};
