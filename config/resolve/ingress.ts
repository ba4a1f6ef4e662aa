import { controllerDefaults, controllerOf } from "../controllers";
import type { Finding, PartialConfig } from "../rules/finding";
import type { ConfigInput } from "../schema";
import type { Ingress } from "../types";
import type { Resolution } from "./resolution";

type IngressInput = ConfigInput["ingress"];

const missing = (key: string, text: string): Finding => ({ path: ["ingress", ...key.split(".")], text });

function common(input: IngressInput) {
  const controller = input.controller ?? controllerOf(input.className) ?? "other";
  const defaults = controllerDefaults(controller);
  const namespace = input.namespace ?? defaults.namespace;
  return { controller, annotations: input.annotations, namespace, port: input.port ?? defaults.port };
}

/**
 * An Ingress needs the name of its class, or the controller that serves the default class: without either the controller's
 * namespace is unknown, and the network policies would block the controller. Earlier versions defaulted to nginx, and a stack
 * from then has neither key.
 */
function resolveForIngress(input: IngressInput): Resolution<Ingress> {
  const { className } = input;
  if (className === undefined && input.controller === undefined) {
    const text =
      "is missing: one of `kubectl get ingressclass`, or leave it out for the default one and set ingress.controller; " +
      "earlier versions defaulted to nginx";
    return { findings: [missing("className", text)] };
  }
  const { namespace, ...rest } = common(input);
  if (namespace === undefined) {
    if (rest.controller !== "other") return { findings: [] }; // it does not serve Ingresses, which another rule reports
    const which = className === undefined ? "this controller" : `the controller of class ${className}`;
    const text = `is missing: the namespace of ${which} is unknown; set it, or ingress.controller if that fits`;
    return { findings: [missing("namespace", text)] };
  }
  return { value: { ...rest, namespace, ...(className !== undefined && { className }) }, findings: [] };
}

function resolveForGateway(input: IngressInput, stackNamespace: string | undefined): Resolution<Ingress> {
  const { name, namespace, listeners, certificates, certificateNamespace, ...rest } = input.gateway;
  if (name === undefined || namespace === undefined || listeners.length === 0) {
    const absent = { name: name === undefined, namespace: namespace === undefined, listeners: listeners.length === 0 };
    const keys = Object.entries(absent).flatMap(([key, isAbsent]) => (isAbsent ? [key] : []));
    return { findings: keys.map((key) => missing(`gateway.${key}`, "is missing; ingress.kind Gateway needs it")) };
  }
  if (stackNamespace === undefined) return { findings: [] };
  const { namespace: controllerNamespace = namespace, ...others } = common(input);
  const readIn = certificateNamespace ?? stackNamespace;
  const gateway = {
    ...rest,
    name,
    namespace,
    listeners,
    certificates,
    ...(readIn !== stackNamespace && { certificateNamespace: readIn }),
    grant: certificates === "stack" && readIn !== namespace,
  };
  return { value: { ...others, namespace: controllerNamespace, gateway }, findings: [] };
}

/** How HTTP is exposed, with what follows from the controller. */
export function resolveIngress({ ingress, namespace }: PartialConfig): Resolution<Ingress> {
  if (ingress === undefined) return { findings: [] };
  return ingress.kind === "Gateway" ? resolveForGateway(ingress, namespace) : resolveForIngress(ingress);
}
