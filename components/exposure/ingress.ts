import type { types } from "@pulumi/kubernetes";
import type { HttpEndpoint } from "./types";

export type IngressSpec = types.input.networking.v1.IngressSpec;

/** The Ingress of an endpoint. Without a class, the API server fills in the cluster's default class at creation. */
export function ingressSpec(endpoint: HttpEndpoint, className: string | undefined, tls: boolean): IngressSpec {
  const { name, port, portName } = endpoint.service;
  const backend = { service: { name, port: portName === undefined ? { number: port } : { name: portName } } };
  return {
    ...(className !== undefined && { ingressClassName: className }),
    ...(tls && { tls: [{ hosts: endpoint.hosts.map((host) => host.name), secretName: endpoint.tlsSecret }] }),
    rules: endpoint.hosts.map((host) => ({
      host: host.name,
      http: {
        paths: (host.paths ?? ["/"]).map((path) => ({ path, pathType: host.paths ? "Exact" : "Prefix", backend })),
      },
    })),
  };
}
