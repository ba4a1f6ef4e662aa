import * as core from "@pulumi/kubernetes/core/v1";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import { labels, names } from "../../config/names";
import { type CaBundle, caBundleKey, caBundleRevision } from "../shared/caBundle";

export interface CustomCAsArgs {
  /** Namespace that holds the whole stack. */
  readonly namespace: Input<string>;
  /** At least one, each in PEM form. */
  readonly certificates: readonly string[];
}

/** The bundle that pods trust in addition to the public CAs; undefined without custom CAs. */
export const customCaBundle = (namespace: Input<string>, certificates: readonly string[]): CaBundle | undefined =>
  certificates.length === 0 ? undefined : new CustomCAs("authorities", { namespace, certificates }).caBundle;

/** The certificates of custom CAs, for every pod that opens TLS connections to servers outside of the stack. */
export class CustomCAs extends ComponentResource {
  readonly caBundle: CaBundle;

  constructor(name: string, args: CustomCAsArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:trust:Authorities", name, {}, opts);
    const configMap = new core.ConfigMap(
      names.customCAs,
      {
        metadata: { name: names.customCAs, namespace: args.namespace, labels: labels(names.customCAs) },
        data: { [caBundleKey]: args.certificates.map((pem) => `${pem}\n`).join("") },
      },
      { parent: this },
    );
    this.caBundle = { configMap: configMap.metadata.name, revision: caBundleRevision(args.certificates) };
    this.registerOutputs();
  }
}
