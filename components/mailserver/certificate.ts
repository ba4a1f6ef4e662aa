import { ErrorHook, log } from "@pulumi/pulumi";
import { type ClusterAccess, kubectl } from "../shared/kubectl";

/**
 * How long `pulumi up` waits for the mail host's certificate. An issuer that can do it does it within a minute or two; one
 * that asks over HTTP waits for DNS, which may not be there yet, and then there is no end to wait for.
 */
export const certificateTimeouts = { create: "150s", update: "150s" };

/** The real plugin waits for any condition that is named so (pulumi-kubernetes, provider/pkg/metadata/overrides.go). */
export const untilReady = { "pulumi.com/waitFor": "condition=Ready" };

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly message?: string;
}

/** What is read of cert-manager's objects. */
export interface CertificateObject {
  readonly spec?: { readonly dnsNames?: readonly string[] };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface ChallengeObject {
  readonly spec?: { readonly dnsName?: string; readonly type?: string };
  readonly status?: { readonly state?: string; readonly reason?: string };
}

export interface Waiting {
  readonly namespace: string;
  readonly name: string;
  /** Undefined when the cluster could not be asked. */
  readonly certificate?: CertificateObject | undefined;
  readonly challenges?: readonly ChallengeObject[];
}

/** What a certificate waits for, in cert-manager's own words, and what to do about it. */
export function waitingText({ namespace, name, certificate, challenges = [] }: Waiting): string {
  const hosts = certificate?.spec?.dnsNames ?? [];
  const conditions = (certificate?.status?.conditions ?? [])
    .filter(({ type, status }) => (type === "Ready") !== (status === "True"))
    .map(({ type, message }) => `${type}: ${message ?? "no reason is given"}`);
  const asked = challenges
    .filter(({ spec, status }) => hosts.includes(spec?.dnsName ?? "") && status?.state !== "valid")
    .map(
      ({ spec, status }) =>
        `${spec?.type ?? "challenge"} for ${spec?.dnsName}: ${[status?.state, status?.reason].filter(Boolean).join(", ")}`,
    );
  const seen = [...new Set([...conditions, ...asked])];
  return [
    `The certificate ${name} is not issued yet, and the mail server does not start without it.`,
    ...(seen.length > 0
      ? seen
      : [`kubectl -n ${namespace} describe certificate,challenge says what it waits for.`]
    ).map((line) => `  ${line}`),
    `An HTTP-01 challenge needs DNS first: ${hosts.join(" and ") || "the mail host"} must lead to the ingress controller. ` +
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

/** Asks the cluster why a certificate is not there, when the update has given up waiting for it. */
export const explainWaiting = (access: ClusterAccess): ErrorHook =>
  new ErrorHook("explain-certificate", async ({ newInputs }) => {
    const { name = "", namespace = "" } = (newInputs?.metadata ?? {}) as { name?: string; namespace?: string };
    const ask = (...words: string[]) => kubectl(access, ["-n", namespace, "get", ...words, "-o", "json"]);
    const [certificate, challenges] = await Promise.all([
      ask("certificates.cert-manager.io", name),
      ask("challenges.acme.cert-manager.io"),
    ]);
    await log.error(
      waitingText({
        namespace,
        name,
        certificate: parsed<CertificateObject>(certificate),
        challenges: parsed<{ items?: ChallengeObject[] }>(challenges)?.items ?? [],
      }),
    );
    return false; // trying again at once would only wait once more
  });
