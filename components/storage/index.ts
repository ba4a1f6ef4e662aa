import * as core from "@pulumi/kubernetes/core/v1";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  type Resource,
  ResourceHook,
} from "@pulumi/pulumi";
import { labels, names } from "../../config/names";
import type { Volume } from "../../config/types";
import { classAnnotation, classProblem } from "./classes";
import { shrinkingProblem } from "./shrinking";

export interface StorageArgs {
  /** Namespace that holds the whole stack. */
  readonly namespace: string;
  /** The claim that holds all mail, `stalwart-data`. */
  readonly data: Volume;
  /** The claim that holds the webmail's database, `roundcube-data`. */
  readonly webmail: Volume;
  /**
   * What has to be done before the namespace, and with it everything else, is touched.
   * @default nothing
   */
  readonly waitFor?: readonly Resource[];
}

/**
 * What must outlive the rest of the stack: the namespace and the claims in it.
 *
 * `pulumi destroy`, or renaming these resources, leaves them in the cluster. The namespace is kept for the same reason
 * as the claims: deleting it would delete every claim in it.
 */
export class Storage extends ComponentResource {
  /** The namespace, once it exists. */
  readonly namespace: Output<string>;
  /** Name of the claim that holds all mail. */
  readonly dataClaim: Output<string>;
  /** Name of the claim that holds the webmail's database. */
  readonly webmailClaim: Output<string>;

  constructor(name: string, args: StorageArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:storage:Storage", name, {}, opts);
    const kept = { parent: this, retainOnDelete: true };

    const namespace = new core.Namespace(
      "namespace",
      {
        metadata: {
          name: args.namespace,
          labels: {
            "app.kubernetes.io/part-of": "homelab-mail",
            "app.kubernetes.io/managed-by": "pulumi",
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/enforce-version": "latest",
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/audit": "restricted",
          },
        },
      },
      { ...kept, ...(args.waitFor && { dependsOn: [...args.waitFor] }) },
    );
    const made = namespace.metadata.name;

    // What the claim is like now is the engine's knowledge, so this check runs there, before the claim is touched; in a
    // preview too.
    const refuse = new ResourceHook(
      "refuse-changing-claims",
      ({ oldInputs, oldOutputs, newInputs }) => {
        const problem = shrinkingProblem(oldInputs, newInputs) ?? classProblem({ oldInputs, oldOutputs, newInputs });
        if (problem) throw new Error(problem);
      },
      { onDryRun: true },
    );

    const claim = (claimName: string, app: string, volume: Volume): Output<string> =>
      new core.PersistentVolumeClaim(
        claimName,
        {
          metadata: {
            name: claimName,
            namespace: made,
            labels: { ...labels(app), ...volume.labels },
            // A class that binds at first use never binds before a pod does; the Deployment waits for the claim.
            annotations: { "pulumi.com/skipAwait": "true", ...classAnnotation(volume.className) },
          },
          spec: {
            accessModes: ["ReadWriteOnce"],
            ...(volume.className !== undefined && { storageClassName: volume.className }),
            resources: { requests: { storage: volume.size } },
          },
        },
        // A claim's class is fixed once it is made. Left to the provider, another one replaces the claim, and the mail with it.
        { ...kept, hooks: { beforeUpdate: [refuse] }, ignoreChanges: ["spec.storageClassName"] },
      ).metadata.name;
    this.dataClaim = claim(names.dataClaim, names.stalwart, args.data);
    this.webmailClaim = claim(names.webmailClaim, names.roundcube, args.webmail);
    // Whatever else is in the namespace comes after the claims: when one of them is refused, nothing was touched.
    this.namespace = all([made, this.dataClaim, this.webmailClaim]).apply(([name]) => name);

    this.registerOutputs({
      namespace: this.namespace,
      dataClaim: this.dataClaim,
      webmailClaim: this.webmailClaim,
    });
  }
}
