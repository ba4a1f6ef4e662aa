import type { Controller } from "../../config/controllers";
import { type Door, HSTS } from "./needs";

type Annotations = Readonly<Record<string, string>>;

/** An object of a controller's own kind. */
export interface Extension {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What is asked of a controller beside the plain Ingress. */
export interface Asked {
  readonly annotations: Annotations;
  readonly extensions: readonly Extension[];
  /** Annotations of a second Ingress, for plain http, where the first one is served over TLS only. */
  readonly plainHttp?: Annotations;
}

const only = (annotations: Annotations): Asked => ({ annotations, extensions: [] });

function ingressNginx({ needs }: Door): Asked {
  const prefix = "nginx.ingress.kubernetes.io";
  return only({
    [`${prefix}/proxy-body-size`]: needs.body,
    // Push over WebSocket and event source stays open: the defaults would cut it every minute.
    ...(needs.silence && {
      [`${prefix}/proxy-read-timeout`]: `${needs.silence}`,
      [`${prefix}/proxy-send-timeout`]: `${needs.silence}`,
    }),
  });
}

/**
 * An Ingress of Traefik's is served at every entry point, whatever its `tls` says (traefik/traefik,
 * pkg/provider/kubernetes/ingress/kubernetes.go, loadRouter). This one is for TLS only, and a second one sends on whoever
 * comes without. Where the second one counts, too, the first one goes first.
 */
function traefik({ name }: Door, namespace: string): Asked {
  const middleware = (suffix: string, spec: Extension["spec"]): Extension => ({
    apiVersion: "traefik.io/v1alpha1",
    kind: "Middleware",
    name: `${name}-${suffix}`,
    spec,
  });
  const through = (suffix: string): Annotations => ({
    "traefik.ingress.kubernetes.io/router.middlewares": `${namespace}-${name}-${suffix}@kubernetescrd`,
  });
  return {
    annotations: { ...through("headers"), "traefik.ingress.kubernetes.io/router.tls": "true" },
    extensions: [
      // An empty value takes the header away. Traefik itself replaces X-Forwarded-For, and leaves `Forwarded` alone.
      middleware("headers", { headers: { stsSeconds: HSTS, customRequestHeaders: { Forwarded: "" } } }),
      middleware("https", { redirectScheme: { scheme: "https", permanent: true } }),
    ],
    plainHttp: { ...through("https"), "traefik.ingress.kubernetes.io/router.priority": "1" },
  };
}

function haproxy({ needs }: Door): Asked {
  return only({
    "haproxy.org/ssl-redirect": "true",
    "haproxy.org/ssl-redirect-code": "301",
    "haproxy.org/ssl-redirect-port": "443",
    "haproxy.org/response-set-header": `Strict-Transport-Security "max-age=${HSTS}"`,
    // The controller would add its word behind the client's own.
    "haproxy.org/forwarded-for": "false",
    "haproxy.org/request-set-header": "X-Forwarded-For %[src]\nForwarded for=%[src]",
    ...(needs.silence && { "haproxy.org/timeout-server": `${needs.silence}s` }),
  });
}

function haproxyIngress({ needs }: Door): Asked {
  const prefix = "haproxy-ingress.github.io";
  return only({
    // Where snippets are switched off, the controller leaves it out and says so in its log.
    [`${prefix}/config-backend`]: "http-request del-header Forwarded",
    ...(needs.silence && { [`${prefix}/timeout-server`]: `${needs.silence}s` }),
  });
}

function f5({ needs, service }: Door): Asked {
  return only({
    "nginx.org/client-max-body-size": needs.body,
    "nginx.org/hsts": "true",
    "nginx.org/hsts-max-age": `${HSTS}`,
    ...(needs.silence && {
      "nginx.org/proxy-read-timeout": `${needs.silence}s`,
      "nginx.org/proxy-send-timeout": `${needs.silence}s`,
      "nginx.org/proxy-buffering": "false", // an event would wait until a buffer is full
      "nginx.org/websocket-services": service.name,
    }),
  });
}

/** Envoy ends every request after 15 s unless told otherwise: push, and a message that the provider takes slowly. */
const cilium = (): Asked =>
  only({ "ingress.cilium.io/force-https": "enabled", "ingress.cilium.io/request-timeout": "0s" });

const nothing = (): Asked => only({});

const byController: Record<Controller, (door: Door, namespace: string) => Asked> = {
  "ingress-nginx": ingressNginx,
  traefik,
  haproxy,
  "haproxy-ingress": haproxyIngress,
  f5,
  cilium,
  // These two serve the Gateway API only.
  "envoy-gateway": nothing,
  "nginx-gateway-fabric": nothing,
  other: nothing,
};

/** What the door needs, in the words of the controller that serves its Ingress. */
export const asked = (controller: Controller, door: Door, namespace: string): Asked =>
  byController[controller](door, namespace);
