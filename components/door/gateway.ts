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

const https = (door: Door, hosts: readonly Host[], controller: Controller) => ({
  hostnames: hosts.map((host) => host.name),
  rules: [
    {
      matches: (hosts[0]?.paths ?? ["/"]).map((value) => ({
        path: { type: hosts[0]?.paths ? "Exact" : "PathPrefix", value },
      })),
      filters: [
        // Only what the controller itself says about the client's address may reach the servers.
        { type: "RequestHeaderModifier", requestHeaderModifier: { remove: ["Forwarded"] } },
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

/** The routes of a door: one for hosts that serve everything, one for each that does not, one that leads to https. */
export function routes(door: Door, gateway: Gateway, controller: Controller): Extension[] {
  const whole = door.hosts.filter((host) => host.paths === undefined);
  const parted = door.hosts.filter((host) => host.paths !== undefined);
  const parentRefs = parents(gateway, gateway.listeners);
  const redirect = {
    parentRefs: parents(gateway, gateway.redirectListener === undefined ? [] : [gateway.redirectListener]),
    hostnames: door.hosts.map((host) => host.name),
    rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
  };
  return [
    route(door.name, { parentRefs, ...https(door, whole, controller) }),
    ...parted.map((host) => route(`${door.name}-${host.name}`, { parentRefs, ...https(door, [host], controller) })),
    ...(gateway.redirectListener === undefined ? [] : [route(`${door.name}-http`, redirect)]),
    ...attached(controller, door),
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
