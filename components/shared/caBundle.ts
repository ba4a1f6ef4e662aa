import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { shortHash } from "../../lib/hash";
import type { HardenedContainerArgs } from "./pod";

/** Custom CAs that a pod trusts in addition to the public ones. */
export interface CaBundle {
  /** Name of the ConfigMap that holds their certificates. */
  readonly configMap: Input<string>;
  /** Changes with the certificates: programs read their CAs at start only. */
  readonly revision: string;
}

/** Key in the ConfigMap. */
export const caBundleKey = "ca.crt";

export const caBundleRevision = (certificates: readonly string[]): string => shortHash(certificates.join("\n"));

/** Where Debian and Alpine images have the public CAs. */
const PUBLIC = "/etc/ssl/certs/ca-certificates.crt";

/** The public and the custom CAs, in one file. */
export const caBundlePath = "/etc/trust/ca-certificates.crt";

const script = `
[ -s ${PUBLIC} ] || { echo "this image has no public authorities at ${PUBLIC}"; exit 1; }
{ cat ${PUBLIC}; echo; cat /private/${caBundleKey}; } >${caBundlePath}
`;

/** Extra parts of a pod for custom CAs. All of them are empty without custom CAs. */
export interface CaBundleParts {
  readonly initContainers: readonly HardenedContainerArgs[];
  readonly volumes: types.input.core.v1.Volume[];
  readonly volumeMounts: types.input.core.v1.VolumeMount[];
  /** OpenSSL and rustls read this one file instead of the public CAs, so it holds both. */
  readonly env: types.input.core.v1.EnvVar[];
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Renders the extra parts. At each start, the public CAs are copied from the image that uses them, so that a new image brings
 * its new CAs. Without root, no file can be added to the image's own folder.
 */
export function caBundleParts(
  caBundle: CaBundle | undefined,
  { image, resources }: Pick<HardenedContainerArgs, "image" | "resources">,
): CaBundleParts {
  if (!caBundle) return { initContainers: [], volumes: [], volumeMounts: [], env: [], annotations: {} };
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
      { name: "authorities", configMap: { name: caBundle.configMap } },
      { name: "trust", emptyDir: { sizeLimit: "8Mi" } },
    ],
    volumeMounts: [{ ...mount, readOnly: true }],
    env: [{ name: "SSL_CERT_FILE", value: caBundlePath }],
    annotations: { "homelab-mail/trust": caBundle.revision },
  };
}
