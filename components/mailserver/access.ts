import type { types } from "@pulumi/kubernetes";
import type { StackConfig } from "../../config/types";
import { labels, names, ports, selector } from "../shared/names";
import { listeners } from "./listeners";

type ServiceSpec = types.input.core.v1.ServiceSpec;

const servicePorts = (forPeopleOnly: boolean): types.input.core.v1.ServicePort[] =>
  listeners()
    .filter(({ forPeople }) => forPeople || !forPeopleOnly)
    .map(({ name, port }) => ({ name, port, targetPort: name, protocol: "TCP" }));

/** Every port, for pods of this cluster. */
export const clusterService = (): ServiceSpec => ({
  type: "ClusterIP",
  selector: selector(names.stalwart),
  ports: servicePorts(false),
});

/**
 * The Service for people: mail clients only, never port 25.
 *
 * The address goes into `loadBalancerIP`: deprecated in Kubernetes for being vague, yet the one field that MetalLB, kube-vip,
 * Cilium and k3s all read. A vendor's annotation (`metallb.io/loadBalancerIPs`) can be set through `service.annotations`
 * instead; MetalLB refuses a Service that has both. The API server takes both fields for type LoadBalancer only.
 */
export function peopleService({ type, address, sourceRanges }: StackConfig["service"]): ServiceSpec {
  return {
    type,
    selector: selector(names.stalwart),
    ports: servicePorts(true),
    // The server bans addresses that guess passwords: it must see the client's, not a node's.
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

/** For ingress-nginx; other controllers have no such limits by default. */
const ingressDefaults = {
  "nginx.ingress.kubernetes.io/proxy-body-size": "64m", // JMAP uploads: the server takes 50 MB
  // Push over WebSocket and event source stays open: the defaults would cut it every minute.
  "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
  "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
};

export const ingressAnnotations = (
  configured: StackConfig["ingress"]["annotations"],
): Readonly<Record<string, string>> => ({ ...ingressDefaults, ...configured });

/** What mail clients ask an autoconfiguration host for; the web admin is not served there. */
const AUTOCONFIG_PATHS = ["/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"];

/** Web admin, JMAP, CalDAV, CardDAV and client autoconfiguration. */
export function ingressSpec(
  className: string,
  hosts: StackConfig["hosts"],
  tlsSecret: string,
): types.input.networking.v1.IngressSpec {
  const backend = { service: { name: names.stalwart, port: { number: ports.stalwartHttp } } };
  const rule = (host: string, pathType: string, paths: readonly string[]) => ({
    host,
    http: { paths: paths.map((path) => ({ path, pathType, backend })) },
  });
  return {
    ingressClassName: className,
    tls: [{ hosts: certificateHosts(hosts), secretName: tlsSecret }],
    rules: [
      rule(hosts.mail, "Prefix", ["/"]),
      ...(hosts.autoconfig === undefined ? [] : [rule(hosts.autoconfig, "Exact", AUTOCONFIG_PATHS)]),
    ],
  };
}

/** A cert-manager Certificate (https://cert-manager.io/docs/usage/certificate/). */
export const certificateSpec = (issuer: string, hosts: StackConfig["hosts"], tlsSecret: string) => ({
  secretName: tlsSecret,
  secretTemplate: { labels: labels(names.stalwart) },
  dnsNames: certificateHosts(hosts),
  issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: issuer },
  privateKey: { algorithm: "RSA", size: 2048, rotationPolicy: "Always" },
});
