import { type Input, interpolate } from "@pulumi/pulumi";
import type { Controller } from "../../config/controllers";
import { type Annotations, type CustomObject, HSTS_MAX_AGE, type HttpEndpoint } from "./types";

/** What a controller needs beside the plain Ingress. */
export interface ControllerSettings {
  readonly annotations: Annotations;
  readonly customObjects: readonly CustomObject[];
  /** Annotations of a second Ingress that redirects plain http, where the first one is served over TLS only. */
  readonly httpRedirect?: Annotations;
}

const annotationsOnly = (annotations: Annotations): ControllerSettings => ({ annotations, customObjects: [] });

function ingressNginx({ requirements: { maxBodySize, idleTimeoutSeconds } }: HttpEndpoint): ControllerSettings {
  const prefix = "nginx.ingress.kubernetes.io";
  return annotationsOnly({
    [`${prefix}/proxy-body-size`]: maxBodySize,
    // By default, push connections (WebSocket, event source) would be closed after a minute.
    ...(idleTimeoutSeconds && {
      [`${prefix}/proxy-read-timeout`]: `${idleTimeoutSeconds}`,
      [`${prefix}/proxy-send-timeout`]: `${idleTimeoutSeconds}`,
    }),
  });
}

/**
 * Traefik serves an Ingress at every entry point, whatever its `tls` says (traefik/traefik,
 * pkg/provider/kubernetes/ingress/kubernetes.go, loadRouter). So the first Ingress is for TLS only, and a second one redirects
 * plain http. The second Ingress has the lowest priority, because it matches TLS requests, too.
 */
function traefik({ name }: HttpEndpoint, namespace: Input<string>): ControllerSettings {
  const middleware = (suffix: string, spec: CustomObject["spec"]): CustomObject => ({
    apiVersion: "traefik.io/v1alpha1",
    kind: "Middleware",
    name: `${name}-${suffix}`,
    spec,
  });
  const middlewareRef = (suffix: string): Annotations => ({
    "traefik.ingress.kubernetes.io/router.middlewares": interpolate`${namespace}-${name}-${suffix}@kubernetescrd`,
  });
  return {
    annotations: { ...middlewareRef("headers"), "traefik.ingress.kubernetes.io/router.tls": "true" },
    customObjects: [
      // An empty value removes the header. Traefik itself replaces X-Forwarded-For, and does not change `Forwarded`.
      middleware("headers", { headers: { stsSeconds: HSTS_MAX_AGE, customRequestHeaders: { Forwarded: "" } } }),
      middleware("https", { redirectScheme: { scheme: "https", permanent: true } }),
    ],
    httpRedirect: { ...middlewareRef("https"), "traefik.ingress.kubernetes.io/router.priority": "1" },
  };
}

function haproxy({ requirements: { idleTimeoutSeconds } }: HttpEndpoint): ControllerSettings {
  return annotationsOnly({
    "haproxy.org/ssl-redirect": "true",
    "haproxy.org/ssl-redirect-code": "301",
    "haproxy.org/ssl-redirect-port": "443",
    "haproxy.org/response-set-header": `Strict-Transport-Security "max-age=${HSTS_MAX_AGE}"`,
    // The controller would append the address to the header that the client sent.
    "haproxy.org/forwarded-for": "false",
    "haproxy.org/request-set-header": "X-Forwarded-For %[src]\nForwarded for=%[src]",
    ...(idleTimeoutSeconds && { "haproxy.org/timeout-server": `${idleTimeoutSeconds}s` }),
  });
}

function haproxyIngress({ requirements: { idleTimeoutSeconds } }: HttpEndpoint): ControllerSettings {
  const prefix = "haproxy-ingress.github.io";
  return annotationsOnly({
    // Where snippets are disabled, the controller ignores this and logs a warning.
    [`${prefix}/config-backend`]: "http-request del-header Forwarded",
    ...(idleTimeoutSeconds && { [`${prefix}/timeout-server`]: `${idleTimeoutSeconds}s` }),
  });
}

function nginxIngress({ requirements, service }: HttpEndpoint): ControllerSettings {
  const { maxBodySize, idleTimeoutSeconds } = requirements;
  return annotationsOnly({
    "nginx.org/client-max-body-size": maxBodySize,
    "nginx.org/hsts": "true",
    "nginx.org/hsts-max-age": `${HSTS_MAX_AGE}`,
    ...(idleTimeoutSeconds && {
      "nginx.org/proxy-read-timeout": `${idleTimeoutSeconds}s`,
      "nginx.org/proxy-send-timeout": `${idleTimeoutSeconds}s`,
      "nginx.org/proxy-buffering": "false", // with buffering, an event is sent only when the buffer is full
      "nginx.org/websocket-services": service.name,
    }),
  });
}

/** Envoy's default ends every request after 15 s: push connections, and messages that the provider accepts slowly. */
const cilium = (): ControllerSettings =>
  annotationsOnly({ "ingress.cilium.io/force-https": "enabled", "ingress.cilium.io/request-timeout": "0s" });

const none = (): ControllerSettings => annotationsOnly({});

const byController: Record<Controller, (endpoint: HttpEndpoint, namespace: Input<string>) => ControllerSettings> = {
  "ingress-nginx": ingressNginx,
  traefik,
  haproxy,
  "haproxy-ingress": haproxyIngress,
  f5: nginxIngress,
  cilium,
  // These two serve the Gateway API only.
  "envoy-gateway": none,
  "nginx-gateway-fabric": none,
  other: none,
};

/** The endpoint's requirements as settings of the controller of its Ingress. */
export const settingsFor = (
  controller: Controller,
  endpoint: HttpEndpoint,
  namespace: Input<string>,
): ControllerSettings => byController[controller](endpoint, namespace);
