type Kind = "Ingress" | "Gateway";

/** What is known about an ingress controller without a query to the cluster. */
interface ControllerInfo {
  /** The kind that it serves, if it does not serve both. */
  readonly serves?: Kind;
  /** Ingress classes that mean this controller when `ingress.controller` is not set. */
  readonly classes: readonly string[];
  /** The namespace of its pods in a usual installation; undefined for the Gateway's own namespace. */
  readonly namespace: string | undefined;
  /** The https port of its pods: network policies match the ports of pods, not of the Service. */
  readonly port: number;
}

/**
 * The controllers that have settings of their own here; docs/reference/ingress-controllers.md lists the settings and their
 * sources. `f5` is F5's NGINX Ingress Controller. `other` is any controller that supports plain Ingress or Gateway API.
 */
const CONTROLLERS = {
  "ingress-nginx": { serves: "Ingress", classes: ["nginx"], namespace: "ingress-nginx", port: 443 },
  // As in k3s: the class, the namespace and the ports are from k3s' own manifest.
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
