import type { Input } from "@pulumi/pulumi";
import { labels } from "../../config/names";
import type { Ingress } from "../../config/types";
import { skipAwait } from "../shared/metadata";
import { settingsFor } from "./annotations";
import { referenceGrant, routes } from "./gateway";
import { type IngressSpec, ingressSpec } from "./ingress";
import type { Annotations, CustomObject, HttpEndpoint } from "./types";

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: Input<string>;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Annotations;
  };
}

export interface IngressManifest extends Manifest {
  readonly apiVersion: "networking.k8s.io/v1";
  readonly kind: "Ingress";
  readonly spec: IngressSpec;
}

export interface CustomManifest extends Manifest {
  readonly spec: CustomObject["spec"];
}

/** Every object that exposes an endpoint: Ingresses, or HTTPRoutes, and what the controller needs besides. */
export function httpManifests(
  endpoint: HttpEndpoint,
  ingress: Ingress,
  namespace: Input<string>,
): readonly (IngressManifest | CustomManifest)[] {
  const metadata = (name: string, annotations: Annotations = {}): Manifest["metadata"] => ({
    name,
    namespace,
    labels: labels(endpoint.name),
    annotations: { ...skipAwait, ...annotations }, // a missing controller must not block the update
  });
  const custom = ({ name, ...object }: CustomObject, annotations?: Annotations): CustomManifest => ({
    ...object,
    metadata: metadata(name, annotations),
  });

  const { controller, className, gateway } = ingress;
  if (gateway) {
    const grant = custom(referenceGrant(endpoint, gateway));
    const grantNamespace = gateway.certificateNamespace ?? namespace;
    return [
      ...routes(endpoint, gateway, controller).map((object) => custom(object, ingress.annotations)),
      ...(gateway.grant ? [{ ...grant, metadata: { ...grant.metadata, namespace: grantNamespace } }] : []),
    ];
  }

  const { annotations, customObjects, httpRedirect } = settingsFor(controller, endpoint, namespace);
  const ingressManifest = (name: string, variant: Annotations, tls: boolean): IngressManifest => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: metadata(name, { ...variant, ...ingress.annotations }),
    spec: ingressSpec(endpoint, className, tls),
  });
  return [
    ...customObjects.map((object) => custom(object)),
    ingressManifest(endpoint.name, annotations, true),
    ...(httpRedirect ? [ingressManifest(`${endpoint.name}-http`, httpRedirect, false)] : []),
  ];
}
