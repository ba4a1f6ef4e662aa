import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import * as networking from "@pulumi/kubernetes/networking/v1";
import { type CustomResourceOptions, type Input, output } from "@pulumi/pulumi";
import { labels } from "../../config/names";
import type { Ingress } from "../../config/types";
import { asked, type Extension } from "./asked";
import { grant, routes } from "./gateway";
import { ingressSpec } from "./ingress";
import type { Door } from "./needs";

export { forgedAddresses } from "./forged";

/** A cluster without a controller must not hold up the rest. */
const unawaited = { "pulumi.com/skipAwait": "true" };

/** Makes a door: Ingresses, or routes of a Gateway, with what its controller has to be told besides. */
export function openDoor(door: Door, ingress: Ingress, namespace: Input<string>, opts: CustomResourceOptions): void {
  const { controller, gateway } = ingress;
  const make = ({ apiVersion, kind, name, spec }: Extension, annotations = {}, where = namespace): void => {
    const metadata = {
      name,
      namespace: where,
      labels: labels(door.name),
      annotations: { ...unawaited, ...annotations },
    };
    new CustomResource(name, { apiVersion, kind, metadata, spec }, opts);
  };

  if (gateway) {
    for (const extension of routes(door, gateway, controller)) make(extension, ingress.annotations);
    if (gateway.grant) make(grant(door, gateway), {}, gateway.certificateNamespace ?? namespace);
    return;
  }

  const { extensions, plainHttp } = asked(controller, door, "");
  for (const extension of extensions) make(extension);
  const makeIngress = (name: string, over: "annotations" | "plainHttp"): void => {
    const annotations = output(namespace).apply((ownNamespace) => ({
      ...unawaited,
      ...asked(controller, door, ownNamespace)[over],
      ...ingress.annotations,
    }));
    new networking.Ingress(
      name,
      {
        metadata: { name, namespace, labels: labels(door.name), annotations },
        spec: ingressSpec(door, ingress.className, over === "annotations"),
      },
      {
        ...opts,
        // The API server chooses the default class when an Ingress is made and at no other time: one whose class is
        // taken away would have none, and nobody would serve it.
        ...(ingress.className === undefined && {
          replaceOnChanges: ["spec.ingressClassName"],
          deleteBeforeReplace: true,
        }),
      },
    );
  };
  makeIngress(door.name, "annotations");
  if (plainHttp) makeIngress(`${door.name}-http`, "plainHttp");
}

/** What the preview says of a controller that nobody knows. */
export function unknownController({ controller, className, gateway }: Ingress): string | undefined {
  if (controller !== "other") return undefined;
  if (gateway) {
    return (
      `Gateway ${gateway.namespace}/${gateway.name}: nothing is asked of its controller beyond the Gateway API. ` +
      "Set ingress.controller if it is a known one; docs/reference/ingress-controllers.md says what it must let through."
    );
  }
  return (
    `Ingress class ${className ?? "by default"}: it is served by no controller known here, so the Ingresses carry no ` +
    "annotations. Set ingress.controller if it is a known one under another name; docs/reference/ingress-controllers.md says what it must let " +
    "through, and ingress.annotations takes your own."
  );
}
