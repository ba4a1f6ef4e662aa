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
import { skipAwait } from "../shared/metadata";
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
   * What must be done before the namespace, and everything in it, is created or changed.
   * @default nothing
   */
  readonly waitFor?: readonly Resource[];
}

/**
 * What must outlive the rest of the stack: the namespace and the claims in it.
 *
 * `pulumi destroy`, or renaming these resources, leaves them in the cluster. The namespace is retained for the same reason as
 * the claims: deleting it would delete every claim in it.
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
    const retained = { parent: this, retainOnDelete: true };

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
      { ...retained, ...(args.waitFor && { dependsOn: [...args.waitFor] }) },
    );
    const made = namespace.metadata.name;

    // Only the engine knows the claim's current state, so this check is a hook. It runs before the claim changes, in previews, too.
    const refuse = new ResourceHook(
      "refuse-changing-claims",
      ({ oldInputs, oldOutputs, newInputs }) => {
        const change = { oldInputs, oldOutputs, newInputs };
        const problem = shrinkingProblem(change) ?? classProblem(change);
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
            // A class with WaitForFirstConsumer binds only once a pod uses the claim; the Deployment waits for the claim.
            annotations: { ...skipAwait, ...classAnnotation(volume.className) },
          },
          spec: {
            accessModes: ["ReadWriteOnce"],
            ...(volume.className !== undefined && { storageClassName: volume.className }),
            resources: { requests: { storage: volume.size } },
          },
        },
        // A claim's class is immutable. Without `ignoreChanges`, the provider would replace the claim, and delete the mail in it.
        { ...retained, hooks: { beforeUpdate: [refuse] }, ignoreChanges: ["spec.storageClassName"] },
      ).metadata.name;
    this.dataClaim = claim(names.dataClaim, names.stalwart, args.data);
    this.webmailClaim = claim(names.webmailClaim, names.roundcube, args.webmail);
    // All other objects in the namespace depend on the claims: when a change of a claim is refused, nothing has changed.
    this.namespace = all([made, this.dataClaim, this.webmailClaim]).apply(([name]) => name);

    this.registerOutputs({
      namespace: this.namespace,
      dataClaim: this.dataClaim,
      webmailClaim: this.webmailClaim,
    });
  }
}
