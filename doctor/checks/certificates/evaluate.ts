import type { Result } from "../../result";
import type { CertificateObservation } from "./collect";
import { certificateMessages } from "./messages";

const { ok, fail } = certificateMessages;

/** cert-manager and others renew thirty days before a certificate expires: below this, renewal has failed. */
export const daysLeftAtLeast = 14;

const DAY = 86_400_000;
const inDays = (count: number): string => (count === 1 ? "1 day" : `${count} days`);

export interface CertificatesObservation {
  readonly namespace: string;
  readonly now: number;
  readonly endpoints: readonly CertificateObservation[];
}

/** One result per endpoint: the worst one. */
export function evaluateCertificates({ namespace, now, endpoints }: CertificatesObservation): Result[] {
  return endpoints.map((seen) => {
    const subject = `${seen.host}:${seen.port}`;
    if ("error" in seen) return fail("served", "unreachable", { reason: seen.error, namespace }, subject);
    const days = Math.floor((seen.validTo - now) / DAY);
    if (days < 0) return fail("served", "expired", { days: inDays(-days), namespace }, subject);
    if (!seen.covers) return fail("served", "name", { names: seen.names.join(", "), namespace }, subject);
    if (seen.chain !== undefined) {
      return fail("served", "untrusted", { reason: seen.chain, namespace }, subject);
    }
    // On 443, the ingress controller terminates TLS, and may have a certificate of its own.
    if (seen.secret && !seen.secret.same && seen.port !== 443) {
      return fail("served", "oldCertificate", { secret: seen.secret.name, namespace }, subject);
    }
    if (days < daysLeftAtLeast) return fail("served", "soon", { days: inDays(days), namespace }, subject);
    const note = seen.secret ? (seen.secret.same ? ", as in the Secret" : ", but differs from the Secret") : "";
    return ok("served", { days: inDays(days), note }, subject);
  });
}
