import type { Input } from "@pulumi/pulumi";

type Annotations = Readonly<Record<string, Input<string>>>;

/** Pulumi does not wait for this object to be ready, so it cannot block the update. */
export const skipAwait = { "pulumi.com/skipAwait": "true" };

/** The metadata of objects that share a namespace and labels. */
export const metadataFor =
  (namespace: Input<string>, labels: Readonly<Record<string, string>>) =>
  (name: Input<string>, annotations?: Annotations) => ({
    name,
    namespace,
    labels,
    ...(annotations && { annotations }),
  });
