import type { Controller } from "../../config/controllers";
import type { Gateway } from "../../config/types";
import { type CustomObject, type Host, HSTS_MAX_AGE, type HttpEndpoint } from "./types";

const GROUP = "gateway.networking.k8s.io";

const httpRoute = (name: string, spec: CustomObject["spec"]): CustomObject => ({
  apiVersion: `${GROUP}/v1`,
  kind: "HTTPRoute",
  name,
  spec,
});

const parentRefs = ({ name, namespace }: Gateway, listeners: readonly string[]) =>
  listeners.map((sectionName) => ({ name, namespace, sectionName }));

/** No limit on the duration of a request; NGINX Gateway Fabric has no such field. */
const noTimeout = (controller: Controller) =>
  controller === "nginx-gateway-fabric" ? {} : { timeouts: { request: "0s" } };

/**
 * The servers must get the client's address from the controller only. Envoy appends to the X-Forwarded-For that the client
 * sent, so the address is set in `Forwarded`, which the mail server reads first. If Envoy does not fill in the placeholder,
 * the value contains no address, which has the same effect as no header.
 */
const forwardedHeader = (controller: Controller) =>
  controller === "envoy-gateway" || controller === "cilium"
    ? { set: [{ name: "Forwarded", value: "for=%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" }] }
    : { remove: ["Forwarded"] };

const httpsRules = (endpoint: HttpEndpoint, hosts: readonly Host[], controller: Controller) => ({
  hostnames: hosts.map((host) => host.name),
  rules: [
    {
      matches: (hosts[0]?.paths ?? ["/"]).map((value) => ({
        path: { type: hosts[0]?.paths ? "Exact" : "PathPrefix", value },
      })),
      filters: [
        { type: "RequestHeaderModifier", requestHeaderModifier: forwardedHeader(controller) },
        {
          type: "ResponseHeaderModifier",
          responseHeaderModifier: { set: [{ name: "Strict-Transport-Security", value: `max-age=${HSTS_MAX_AGE}` }] },
        },
      ],
      ...noTimeout(controller),
      backendRefs: [{ name: endpoint.service.name, port: endpoint.service.port }],
    },
  ],
});

/** Policies of the controller's own kinds that are attached to a route. */
function policyAttachments(controller: Controller, { name, requirements }: HttpEndpoint): CustomObject[] {
  if (controller !== "nginx-gateway-fabric") return [];
  return [
    {
      apiVersion: "gateway.nginx.org/v1alpha1",
      kind: "ClientSettingsPolicy",
      name,
      spec: { targetRef: { group: GROUP, kind: "HTTPRoute", name }, body: { maxSize: requirements.maxBodySize } },
    },
  ];
}

/** The Gateway API's limit. */
const HOSTS_PER_ROUTE = 16;

function redirects({ name, hosts }: HttpEndpoint, { redirectListener, ...gateway }: Gateway): CustomObject[] {
  if (redirectListener === undefined) return [];
  const count = Math.ceil(hosts.length / HOSTS_PER_ROUTE);
  return Array.from({ length: count }, (_, n) =>
    httpRoute(n === 0 ? `${name}-http` : `${name}-http-${n + 1}`, {
      parentRefs: parentRefs(gateway, [redirectListener]),
      hostnames: hosts.slice(n * HOSTS_PER_ROUTE, (n + 1) * HOSTS_PER_ROUTE).map((host) => host.name),
      rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
    }),
  );
}

/** One route for the hosts that serve every path, one for each other host, and one that redirects plain http. */
export function routes(endpoint: HttpEndpoint, gateway: Gateway, controller: Controller): CustomObject[] {
  const wholeHosts = endpoint.hosts.filter((host) => host.paths === undefined);
  const partialHosts = endpoint.hosts.filter((host) => host.paths !== undefined);
  const refs = { parentRefs: parentRefs(gateway, gateway.listeners) };
  return [
    // A route without host names would match every host.
    ...(wholeHosts.length === 0
      ? []
      : [
          httpRoute(endpoint.name, { ...refs, ...httpsRules(endpoint, wholeHosts, controller) }),
          ...policyAttachments(controller, endpoint),
        ]),
    ...partialHosts.map((host) =>
      httpRoute(`${endpoint.name}-${host.name}`, { ...refs, ...httpsRules(endpoint, [host], controller) }),
    ),
    ...redirects(endpoint, gateway),
  ];
}

/** Allows the Gateway to read the endpoint's certificate in another namespace. */
export const referenceGrant = (endpoint: HttpEndpoint, gateway: Gateway): CustomObject => ({
  apiVersion: `${GROUP}/v1beta1`, // v1 is served since version 1.5 of the API, v1beta1 by every version
  kind: "ReferenceGrant",
  name: endpoint.name,
  spec: {
    from: [{ group: GROUP, kind: "Gateway", namespace: gateway.namespace }],
    to: [{ group: "", kind: "Secret", name: endpoint.tlsSecret }],
  },
});
