import * as core from "@pulumi/kubernetes/core/v1";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import { labels, names } from "../../config/names";
import { type Trust, trustFile, trustRevision } from "../shared/trust";

export interface AuthoritiesArgs {
  /** Namespace that holds the whole stack. */
  readonly namespace: Input<string>;
  /** In PEM form, one each; at least one. */
  readonly certificates: readonly string[];
}

/** What pods trust beside the public authorities; nothing when there are no private ones. */
export const authorities = (namespace: Input<string>, certificates: readonly string[]): Trust | undefined =>
  certificates.length === 0 ? undefined : new Authorities("authorities", { namespace, certificates }).trust;

/** The certificates of private authorities, for every pod that speaks TLS with the world outside. */
export class Authorities extends ComponentResource {
  readonly trust: Trust;

  constructor(name: string, args: AuthoritiesArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:trust:Authorities", name, {}, opts);
    const configMap = new core.ConfigMap(
      names.authorities,
      {
        metadata: { name: names.authorities, namespace: args.namespace, labels: labels(names.authorities) },
        data: { [trustFile]: args.certificates.map((pem) => `${pem}\n`).join("") },
      },
      { parent: this },
    );
    this.trust = { configMap: configMap.metadata.name, revision: trustRevision(args.certificates) };
    this.registerOutputs();
  }
}
