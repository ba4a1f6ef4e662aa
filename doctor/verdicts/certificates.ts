import type { CertificateObservation } from "../observe/certificates";
import { type Catalogue, speaker, type Verdict } from "../verdict";

const renew = "`kubectl -n {namespace} describe certificate`";

export const certificateTexts = {
  served: {
    title: "certificate",
    looks:
      "on 993, 465 and 587 of the mail host and on 443 of both hosts: names, chain, days left, and whether it is the Secret's",
    ok: "is valid for {days} more{note}",
    troubles: {
      unreachable: {
        level: "failure",
        meaning: "does not take a connection from here: {reason}",
        mend: "Look where the name leads, and whether the Service has an address: `kubectl -n {namespace} get service stalwart-mail`",
        stops: ["read"],
        row: "Cannot connect from outside",
      },
      name: {
        level: "failure",
        meaning: "serves a certificate for {names}, so every program warns or refuses",
        mend: `Look why there is none for this host: ${renew}`,
        stops: ["read"],
        row: "Certificate warning",
      },
      expired: {
        level: "failure",
        meaning: "serves a certificate that ended {days} ago",
        mend: `Look why it was not renewed: ${renew}`,
        stops: ["read"],
        row: "Certificate warning",
      },
      untrusted: {
        level: "failure",
        meaning: "serves a certificate that this machine does not trust ({reason})",
        mend: `${renew} says of which authority it is. If that is your own: \`pulumi config set --path 'trust.certificates[0]' < ca.crt\``,
        stops: ["read"],
        row: "Certificate warning",
      },
      soon: {
        level: "warning",
        meaning: "serves a certificate that ends in {days} and should have been renewed by now",
        mend: `Look why it was not renewed: ${renew}`,
        row: "Certificate warning",
      },
      stale: {
        level: "warning",
        meaning: "serves another certificate than the Secret {secret} holds, so a renewed one has not been taken",
        mend: "Let the server take it: `kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`",
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("certificates", certificateTexts);

/** A renewed one is there thirty days before the end as cert-manager and others do it; below this nobody renews. */
export const daysLeftAtLeast = 14;

const DAY = 86_400_000;
const inDays = (count: number): string => (count === 1 ? "1 day" : `${count} days`);

export interface CertificatesSeen {
  readonly namespace: string;
  readonly now: number;
  readonly endpoints: readonly CertificateObservation[];
}

/** One line an endpoint: the worst thing there is to say of it. */
export function judgeCertificates({ namespace, now, endpoints }: CertificatesSeen): Verdict[] {
  return endpoints.map((seen) => {
    const subject = `${seen.host}:${seen.port}`;
    if ("error" in seen) return trouble("served", "unreachable", { reason: seen.error, namespace }, subject);
    const days = Math.floor((seen.validTo - now) / DAY);
    if (days < 0) return trouble("served", "expired", { days: inDays(-days), namespace }, subject);
    if (!seen.covers) return trouble("served", "name", { names: seen.names.join(", "), namespace }, subject);
    if (seen.chain !== undefined) {
      return trouble("served", "untrusted", { reason: seen.chain, namespace }, subject);
    }
    // On 443 it is the way in that serves, which may well have a certificate of its own.
    if (seen.secret && !seen.secret.same && seen.port !== 443) {
      return trouble("served", "stale", { secret: seen.secret.name, namespace }, subject);
    }
    if (days < daysLeftAtLeast) return trouble("served", "soon", { days: inDays(days), namespace }, subject);
    const note = seen.secret ? (seen.secret.same ? ", as in the Secret" : ", and is not the Secret's") : "";
    return fine("served", { days: inDays(days), note }, subject);
  });
}
