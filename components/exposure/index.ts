import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import * as networking from "@pulumi/kubernetes/networking/v1";
import type { CustomResourceOptions, Input } from "@pulumi/pulumi";
import type { Ingress } from "../../config/types";
import { type CustomManifest, httpManifests, type IngressManifest } from "./manifests";
import type { HttpEndpoint } from "./types";

export { forgedAddresses } from "./forged";

const isIngress = (manifest: IngressManifest | CustomManifest): manifest is IngressManifest =>
  manifest.kind === "Ingress";

/**
 * The API server chooses the default class only when an Ingress is created. If the class is removed from an existing one, no
 * controller serves it, so it is replaced.
 */
const replaceWithoutClass = { replaceOnChanges: ["spec.ingressClassName"], deleteBeforeReplace: true };

/** Exposes an endpoint through the configured Ingress controller or Gateway. */
export function exposeHttp(
  endpoint: HttpEndpoint,
  ingress: Ingress,
  namespace: Input<string>,
  opts: CustomResourceOptions,
): void {
  const ingressOpts = { ...opts, ...(ingress.className === undefined && replaceWithoutClass) };
  for (const manifest of httpManifests(endpoint, ingress, namespace)) {
    const { name } = manifest.metadata;
    if (isIngress(manifest)) new networking.Ingress(name, manifest, ingressOpts);
    else new CustomResource(name, manifest, opts);
  }
}

/** The warning of a preview that does not know the controller. */
export function unknownController({ controller, className, gateway }: Ingress): string | undefined {
  if (controller !== "other") return undefined;
  if (gateway) {
    return (
      `Gateway ${gateway.namespace}/${gateway.name}: its controller is unknown, so nothing beyond the Gateway API is configured. ` +
      "Set ingress.controller if it is a known one; docs/reference/ingress-controllers.md says what it must let through."
    );
  }
  return (
    `Ingress class ${className ?? "by default"}: unknown ingress controller, so the Ingresses carry no annotations. ` +
    "Set ingress.controller if it is a known one under another name; docs/reference/ingress-controllers.md says what it must let " +
    "through, and ingress.annotations takes your own."
  );
}
