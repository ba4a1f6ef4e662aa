import { type Controller, controllerOf, whereabouts } from "../controllers";
import type { Written } from "../schema";
import type { Ingress } from "../types";
import type { Finding, Readable } from "./finding";

type Group = Written["ingress"];

/** Which controller it is: as told, else by its class. */
const controllerIn = ({ controller, className }: Group): Controller =>
  (controller as Controller | undefined) ?? controllerOf(className) ?? "other";

const at = (...keys: readonly string[]): readonly string[] => ["ingress", ...keys];

/**
 * An Ingress needs a class that is named, or to be told what serves the default one: otherwise nobody knows where the
 * controller is, and the policies would keep it out. Before there was a choice every stack had nginx, so a stack that
 * says nothing is told so: what it has would otherwise lose its way in without a word.
 */
function missingForIngress(ingress: Group): Finding[] {
  if (ingress.className === undefined && ingress.controller === undefined) {
    const text =
      "is missing: one of `kubectl get ingressclass`, or leave it out for the default one and set ingress.controller; " +
      "earlier versions took nginx";
    return [{ path: at("className"), text }];
  }
  if (controllerIn(ingress) !== "other" || ingress.namespace !== undefined) return [];
  const which = ingress.className === undefined ? "this controller" : `class ${ingress.className}`;
  const text = `is missing: nobody knows where the pods of ${which} run; set it, or ingress.controller if that fits`;
  return [{ path: at("namespace"), text }];
}

function missingForGateway({ gateway }: Group): Finding[] {
  const missing: Finding[] = [];
  const need = (key: string, given: boolean): void => {
    if (!given) missing.push({ path: at("gateway", key), text: "is missing; ingress.kind Gateway needs it" });
  };
  need("name", gateway.name !== undefined);
  need("namespace", gateway.namespace !== undefined);
  need("listeners", gateway.listeners.length > 0);
  return missing;
}

export function completeWayIn({ ingress }: Readable): Finding[] {
  if (ingress === undefined) return [];
  return ingress.kind === "Gateway" ? missingForGateway(ingress) : missingForIngress(ingress);
}

/** What is set for the kind that is not used: somebody expects it to do something. */
export function oneWayIn({ ingress }: Readable): Finding[] {
  if (ingress === undefined) return [];
  const idle = (...keys: readonly string[]): Finding => ({
    path: at(...keys),
    text: `does nothing with ingress.kind ${ingress.kind}`,
    mend: "remove",
  });
  if (ingress.kind === "Gateway") return ingress.className === undefined ? [] : [idle("className")];
  const { name, namespace, listeners, redirectListener, certificateNamespace } = ingress.gateway;
  const given = { name, namespace, redirectListener, certificateNamespace, listeners: listeners[0] };
  return Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [idle("gateway", key)]));
}

/** A Certificate is made where the listener looks; a Secret that is there already is where it is. */
export function certificatesHaveOnePlace({ ingress, tls }: Readable): Finding[] {
  if (ingress?.kind !== "Gateway" || ingress.gateway.certificateNamespace === undefined) return [];
  const why =
    ingress.gateway.certificates === "gateway"
      ? "ingress.gateway.certificates gateway"
      : tls?.secretName !== undefined && "tls.secretName";
  return why ? [{ path: at("gateway", "certificateNamespace"), text: `does nothing with ${why}`, mend: "remove" }] : [];
}

/** The way in with everything that follows from what was written. */
export function wayIn(written: Group, ownNamespace: string): Ingress {
  const controller = controllerIn(written);
  const { annotations, className, gateway } = written;
  const place = whereabouts(controller);
  const namespace = written.namespace ?? place.namespace ?? gateway.namespace;
  if (namespace === undefined) throw new Error("ingress passed validation without a namespace");
  const common = { controller, annotations, namespace, port: written.port ?? place.port };
  if (written.kind === "Ingress") return { ...common, ...(className !== undefined && { className }) };
  if (gateway.name === undefined || gateway.namespace === undefined) {
    throw new Error("ingress.gateway passed validation without a name");
  }
  const { certificates, redirectListener } = gateway;
  const readIn = gateway.certificateNamespace ?? ownNamespace;
  return {
    ...common,
    gateway: {
      name: gateway.name,
      namespace: gateway.namespace,
      listeners: gateway.listeners,
      ...(redirectListener !== undefined && { redirectListener }),
      certificates,
      ...(readIn !== ownNamespace && { certificateNamespace: readIn }),
      grant: certificates === "stack" && readIn !== gateway.namespace,
    },
  };
}
