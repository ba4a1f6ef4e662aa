import type { types } from "@pulumi/kubernetes";
import type { SizeLimits } from "../../config/limits";
import { labels, names, ports, selector } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { clusterIssuer } from "../exposure/certificate";
import type { HttpEndpoint } from "../exposure/types";
import { discoveryPaths } from "./discovery";
import { listeners } from "./listeners";

type ServiceSpec = types.input.core.v1.ServiceSpec;

const servicePorts = (publicOnly: boolean): types.input.core.v1.ServicePort[] =>
  listeners()
    .filter((listener) => listener.public || !publicOnly)
    .map(({ name, port }) => ({ name, port, targetPort: name, protocol: "TCP" }));

/** Every port, for pods of this cluster. */
export const clusterService = (): ServiceSpec => ({
  type: "ClusterIP",
  selector: selector(names.stalwart),
  ports: servicePorts(false),
});

/**
 * The public Service, for mail clients: never port 25.
 *
 * The address goes into `loadBalancerIP`: Kubernetes has deprecated it because it is underspecified, but it is the only field that
 * MetalLB, kube-vip, Cilium and k3s all read. A vendor's annotation (`metallb.io/loadBalancerIPs`) can be set through `service.annotations`
 * instead; MetalLB refuses a Service that has both. The API server accepts both fields for type LoadBalancer only.
 */
export function publicService({ type, address, sourceRanges }: StackConfig["service"]): ServiceSpec {
  return {
    type,
    selector: selector(names.stalwart),
    ports: servicePorts(true),
    // The server bans addresses that guess passwords, so it must see the client's address, not a node's.
    ...(type !== "ClusterIP" && { externalTrafficPolicy: "Local" }),
    ...(type === "LoadBalancer" && {
      ...(address && { loadBalancerIP: address }),
      ...(sourceRanges.length > 0 && { loadBalancerSourceRanges: [...sourceRanges] }),
    }),
  };
}

/** Hosts that the certificate must name. */
export const certificateHosts = ({ mail, autoconfig }: StackConfig["hosts"]): string[] =>
  autoconfig === undefined ? [mail] : [mail, autoconfig];

/** Web admin, JMAP, CalDAV, CardDAV and client autoconfiguration. */
export const mailEndpoint = (
  { mail, autoconfig }: StackConfig["hosts"],
  tlsSecret: string,
  { mailBody }: SizeLimits,
): HttpEndpoint => ({
  name: names.stalwart,
  hosts: [
    { name: mail },
    ...(autoconfig === undefined ? [] : [{ name: autoconfig, paths: discoveryPaths.autoconfig }]),
  ],
  service: { name: names.stalwart, port: ports.stalwartHttp },
  tlsSecret,
  // JMAP uploads, and push connections, which are idle while no mail arrives.
  requirements: { maxBodySize: `${mailBody}m`, idleTimeoutSeconds: 3600 },
});

/** A cert-manager Certificate (https://cert-manager.io/docs/usage/certificate/). */
export const certificateSpec = (issuer: string, hosts: StackConfig["hosts"], tlsSecret: string) => ({
  secretName: tlsSecret,
  secretTemplate: { labels: labels(names.stalwart) },
  dnsNames: certificateHosts(hosts),
  issuerRef: clusterIssuer(issuer),
  privateKey: { algorithm: "RSA", size: 2048, rotationPolicy: "Always" },
});
