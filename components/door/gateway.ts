import type { Controller } from "../../config/controllers";
import type { Gateway } from "../../config/types";
import type { Extension } from "./asked";
import { type Door, type Host, HSTS } from "./needs";

const GROUP = "gateway.networking.k8s.io";

const route = (name: string, spec: Extension["spec"]): Extension => ({
  apiVersion: `${GROUP}/v1`,
  kind: "HTTPRoute",
  name,
  spec,
});

const parents = ({ name, namespace }: Gateway, listeners: readonly string[]) =>
  listeners.map((sectionName) => ({ name, namespace, sectionName }));

/** No limit on how long a request takes; NGINX Gateway Fabric has no such field. */
const unlimited = (controller: Controller) =>
  controller === "nginx-gateway-fabric" ? {} : { timeouts: { request: "0s" } };

/**
 * Only what the controller itself says about the client's address may reach the servers. Envoy adds to the client's own
 * X-Forwarded-For, so its word is put where the mail server looks first. A value that Envoy would not fill in has no
 * address in it, and says as much as no header.
 */
const forwarded = (controller: Controller) =>
  controller === "envoy-gateway" || controller === "cilium"
    ? { set: [{ name: "Forwarded", value: "for=%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" }] }
    : { remove: ["Forwarded"] };

const https = (door: Door, hosts: readonly Host[], controller: Controller) => ({
  hostnames: hosts.map((host) => host.name),
  rules: [
    {
      matches: (hosts[0]?.paths ?? ["/"]).map((value) => ({
        path: { type: hosts[0]?.paths ? "Exact" : "PathPrefix", value },
      })),
      filters: [
        { type: "RequestHeaderModifier", requestHeaderModifier: forwarded(controller) },
        {
          type: "ResponseHeaderModifier",
          responseHeaderModifier: { set: [{ name: "Strict-Transport-Security", value: `max-age=${HSTS}` }] },
        },
      ],
      ...unlimited(controller),
      backendRefs: [{ name: door.service.name, port: door.service.port }],
    },
  ],
});

/** What a controller needs to be told by an object of its own that is attached to a route. */
function attached(controller: Controller, door: Door): Extension[] {
  if (controller !== "nginx-gateway-fabric") return [];
  return [
    {
      apiVersion: "gateway.nginx.org/v1alpha1",
      kind: "ClientSettingsPolicy",
      name: door.name,
      spec: { targetRef: { group: GROUP, kind: "HTTPRoute", name: door.name }, body: { maxSize: door.needs.body } },
    },
  ];
}

/** As many hosts as one route may name. */
const HOSTS_A_ROUTE = 16;

function redirects({ name, hosts }: Door, { redirectListener, ...gateway }: Gateway): Extension[] {
  if (redirectListener === undefined) return [];
  const count = Math.ceil(hosts.length / HOSTS_A_ROUTE);
  return Array.from({ length: count }, (_, n) =>
    route(n === 0 ? `${name}-http` : `${name}-http-${n + 1}`, {
      parentRefs: parents(gateway, [redirectListener]),
      hostnames: hosts.slice(n * HOSTS_A_ROUTE, (n + 1) * HOSTS_A_ROUTE).map((host) => host.name),
      rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
    }),
  );
}

/** The routes of a door: one for hosts that serve everything, one for each that does not, one that leads to https. */
export function routes(door: Door, gateway: Gateway, controller: Controller): Extension[] {
  const whole = door.hosts.filter((host) => host.paths === undefined);
  const parted = door.hosts.filter((host) => host.paths !== undefined);
  const parentRefs = parents(gateway, gateway.listeners);
  return [
    // A route that names no host would be for all.
    ...(whole.length === 0
      ? []
      : [route(door.name, { parentRefs, ...https(door, whole, controller) }), ...attached(controller, door)]),
    ...parted.map((host) => route(`${door.name}-${host.name}`, { parentRefs, ...https(door, [host], controller) })),
    ...redirects(door, gateway),
  ];
}

/** Lets the Gateway, in its own namespace, read the door's certificate beside it. */
export const grant = (door: Door, gateway: Gateway): Extension => ({
  apiVersion: `${GROUP}/v1beta1`, // v1 came with 1.5 of the API; this one is served by all
  kind: "ReferenceGrant",
  name: door.name,
  spec: {
    from: [{ group: GROUP, kind: "Gateway", namespace: gateway.namespace }],
    to: [{ group: "", kind: "Secret", name: door.tlsSecret }],
  },
});
