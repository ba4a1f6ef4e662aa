type Kind = "Ingress" | "Gateway";

/** What is known of an ingress controller without asking the cluster. */
interface ControllerInfo {
  /** What it serves, when that is not both. */
  readonly serves?: Kind;
  /** Classes that are taken for this controller when `ingress.controller` does not say which it is. */
  readonly classes: readonly string[];
  /** Where its pods run when it is installed as its makers say; undefined: in the Gateway's own namespace. */
  readonly namespace: string | undefined;
  /** Where its pods take https. Policies know pods' ports, not the Service's. */
  readonly port: number;
}

/**
 * The controllers that this stack knows how to ask for what it needs; what is asked of each, with the sources, is in
 * docs/reference/ingress-controllers.md. `other` is any that speaks plain Ingress or Gateway API.
 */
const CONTROLLERS = {
  "ingress-nginx": { serves: "Ingress", classes: ["nginx"], namespace: "ingress-nginx", port: 443 },
  // Where k3s puts it: the class, the namespace and the ports are k3s' own manifest's.
  traefik: { classes: ["traefik"], namespace: "kube-system", port: 8443 },
  haproxy: { serves: "Ingress", classes: ["haproxy"], namespace: "haproxy-controller", port: 8443 },
  "haproxy-ingress": { classes: [], namespace: "ingress-controller", port: 443 },
  f5: { serves: "Ingress", classes: [], namespace: "nginx-ingress", port: 443 },
  cilium: { classes: ["cilium"], namespace: "kube-system", port: 443 },
  "envoy-gateway": { serves: "Gateway", classes: [], namespace: "envoy-gateway-system", port: 10443 },
  "nginx-gateway-fabric": { serves: "Gateway", classes: [], namespace: undefined, port: 443 },
  other: { classes: [], namespace: undefined, port: 443 },
} as const satisfies Record<string, ControllerInfo>;

export type Controller = keyof typeof CONTROLLERS;

export const controllers = Object.keys(CONTROLLERS) as [Controller, ...Controller[]];

/** The controller that usually has a class of this name. */
export function controllerOf(className: string | undefined): Controller | undefined {
  if (className === undefined) return undefined;
  return controllers.find((name) => (CONTROLLERS[name].classes as readonly string[]).includes(className));
}

/** Where the pods of a controller run, and their https port, in a usual installation. */
export const controllerDefaults = (controller: Controller): Pick<ControllerInfo, "namespace" | "port"> =>
  CONTROLLERS[controller];

/** The controllers that serve Ingresses, or Gateways. */
export const controllersOf = (kind: Kind): Controller[] =>
  controllers.filter((name) => ((CONTROLLERS[name] as ControllerInfo).serves ?? kind) === kind);
