import { createHash } from "node:crypto";
import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import type { HardenedContainerArgs } from "./pod";

/** Private authorities that a pod trusts beside the public ones. */
export interface Trust {
  /** Name of the ConfigMap that holds their certificates. */
  readonly configMap: Input<string>;
  /** Changes when they do: programs read their authorities at start only. */
  readonly revision: string;
}

/** Key in the ConfigMap. */
export const trustFile = "ca.crt";

export const trustRevision = (certificates: readonly string[]): string =>
  createHash("sha256").update(certificates.join("\n")).digest("hex").slice(0, 10);

/** Where an image's own, public authorities are: Debian's and Alpine's place. */
const PUBLIC = "/etc/ssl/certs/ca-certificates.crt";

/** The public authorities and the private ones, in one file. */
export const trustBundle = "/etc/trust/ca-certificates.crt";

const script = `
[ -s ${PUBLIC} ] || { echo "this image has no public authorities at ${PUBLIC}"; exit 1; }
{ cat ${PUBLIC}; echo; cat /private/${trustFile}; } >${trustBundle}
`;

/** What a pod consists of more when there are private authorities. Without them nothing of it changes. */
export interface TrustParts {
  readonly initContainers: readonly HardenedContainerArgs[];
  readonly volumes: types.input.core.v1.Volume[];
  readonly volumeMounts: types.input.core.v1.VolumeMount[];
  /** For OpenSSL and for rustls, which read one file, and that instead of the public ones: so the file holds both. */
  readonly env: types.input.core.v1.EnvVar[];
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The public authorities come from the image that uses them, at each start: a new image brings its new ones, and they stay in
 * force. An image has no place where a file could be added to them without root.
 */
export function trustParts(
  trust: Trust | undefined,
  { image, resources }: Pick<HardenedContainerArgs, "image" | "resources">,
): TrustParts {
  if (!trust) return { initContainers: [], volumes: [], volumeMounts: [], env: [], annotations: {} };
  const mount = { name: "trust", mountPath: "/etc/trust" };
  return {
    initContainers: [
      {
        name: "trust",
        image,
        resources,
        command: ["sh", "-ec"],
        args: [script],
        volumeMounts: [mount, { name: "authorities", mountPath: "/private", readOnly: true }],
      },
    ],
    volumes: [
      { name: "authorities", configMap: { name: trust.configMap } },
      { name: "trust", emptyDir: { sizeLimit: "8Mi" } },
    ],
    volumeMounts: [{ ...mount, readOnly: true }],
    env: [{ name: "SSL_CERT_FILE", value: trustBundle }],
    annotations: { "homelab-mail/trust": trust.revision },
  };
}
