import type { types } from "@pulumi/kubernetes";
import type { Door } from "./needs";

type Spec = types.input.networking.v1.IngressSpec;

/** The Ingress of a door. Without a class the API server fills in the cluster's default one when it is made. */
export function ingressSpec(door: Door, className: string | undefined, tls: boolean): Spec {
  const { name, port, portName } = door.service;
  const backend = { service: { name, port: portName === undefined ? { number: port } : { name: portName } } };
  return {
    ...(className !== undefined && { ingressClassName: className }),
    ...(tls && { tls: [{ hosts: door.hosts.map((host) => host.name), secretName: door.tlsSecret }] }),
    rules: door.hosts.map((host) => ({
      host: host.name,
      http: {
        paths: (host.paths ?? ["/"]).map((path) => ({ path, pathType: host.paths ? "Exact" : "Prefix", backend })),
      },
    })),
  };
}
