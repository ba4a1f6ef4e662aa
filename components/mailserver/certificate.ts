import { ErrorHook, log } from "@pulumi/pulumi";
import { type ClusterAccess, kubectl } from "../shared/kubectl";

/**
 * How long `pulumi up` waits for the mail host's certificate. Issuers take a minute or two. With an HTTP-01 challenge and no
 * DNS record yet, a longer timeout would not help.
 */
export const certificateTimeouts = { create: "150s", update: "150s" };

/** The provider waits for the condition that this annotation names (pulumi-kubernetes, provider/pkg/metadata/overrides.go). */
export const untilReady = { "pulumi.com/waitFor": "condition=Ready" };

interface Condition {
  readonly type?: string;
  readonly message?: string;
}

/** The fields of cert-manager's objects that are read. */
export interface CertificateObject {
  readonly spec?: { readonly dnsNames?: readonly string[] };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface ChallengeObject {
  readonly spec?: { readonly dnsName?: string; readonly type?: string };
  readonly status?: { readonly state?: string; readonly reason?: string };
}

export interface PendingCertificate {
  readonly namespace: string;
  readonly name: string;
  /** Undefined when kubectl failed. */
  readonly certificate?: CertificateObject | undefined;
  readonly challenges?: readonly ChallengeObject[];
}

/** What a certificate waits for, as cert-manager reports it, and what to do. */
export function pendingCertificateMessage({
  namespace,
  name,
  certificate,
  challenges = [],
}: PendingCertificate): string {
  const hosts = certificate?.spec?.dnsNames ?? [];
  const conditions = (certificate?.status?.conditions ?? []).map(
    ({ type, message }) => `${type}: ${message ?? "no reason is given"}`,
  );
  const open = challenges
    .filter(({ spec, status }) => hosts.includes(spec?.dnsName ?? "") && status?.state !== "valid")
    .map(
      ({ spec, status }) =>
        `${spec?.type ?? "challenge"} for ${spec?.dnsName}: ${[status?.state, status?.reason].filter(Boolean).join(", ")}`,
    );
  const reasons = [...new Set([...conditions, ...open])];
  return [
    `The certificate ${name} is not issued yet, and the mail server does not start without it.`,
    ...(reasons.length > 0
      ? reasons
      : [`kubectl -n ${namespace} describe certificate,challenge says what it waits for.`]
    ).map((line) => `  ${line}`),
    `An HTTP-01 challenge needs DNS first: ${hosts.join(" and ") || "the mail host"} must resolve to the ingress controller. ` +
      "The records are in the outputs of `pulumi preview`. Everything else is up; run `pulumi up` again then.",
  ].join("\n");
}

const parsed = <T>(text: string | undefined): T | undefined => {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
};

/** Queries the cluster for the reason why a certificate is missing, after the update timed out waiting for it. */
export const explainPendingCertificate = (access: ClusterAccess): ErrorHook =>
  new ErrorHook("explain-certificate", async ({ newInputs }) => {
    const { name = "", namespace = "" } = (newInputs?.metadata ?? {}) as { name?: string; namespace?: string };
    const ask = (...words: string[]) => kubectl(access, ["-n", namespace, "get", ...words, "-o", "json"]);
    const [certificate, challenges] = await Promise.all([
      ask("certificates.cert-manager.io", name),
      ask("challenges.acme.cert-manager.io"),
    ]);
    await log.error(
      pendingCertificateMessage({
        namespace,
        name,
        certificate: parsed<CertificateObject>(certificate),
        challenges: parsed<{ items?: ChallengeObject[] }>(challenges)?.items ?? [],
      }),
    );
    return false; // a retry would only wait again
  });
