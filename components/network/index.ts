import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import * as networking from "@pulumi/kubernetes/networking/v1";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import { labels } from "../../config/names";
import { ciliumPolicies, type PolicyArgs, policies } from "./policies";

export interface NetworkArgs extends PolicyArgs {
  /** Namespace that the policies apply to. */
  readonly namespace: Input<string>;
}

/** The NetworkPolicies: all traffic is denied by default, and allowed for what each workload needs. */
export class Network extends ComponentResource {
  constructor(name: string, args: NetworkArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:network:Network", name, {}, opts);
    for (const [policy, spec] of Object.entries(policies(args))) {
      new networking.NetworkPolicy(
        policy,
        { metadata: { name: policy, namespace: args.namespace, labels: labels(policy) }, spec },
        { parent: this },
      );
    }
    for (const [policy, spec] of Object.entries(ciliumPolicies(args))) {
      const metadata = { name: policy, namespace: args.namespace, labels: labels(policy) };
      new CustomResource(
        policy,
        { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", metadata, spec },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}
