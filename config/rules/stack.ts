import type { Written } from "../schema";
import { certificatesIn, parsed } from "./certificates";
import type { Finding, Readable } from "./finding";
import { certificatesHaveOnePlace, completeWayIn, oneWayIn } from "./ingress";
import { requestsAboveLimits } from "./quantities";

/** Hosts with their defaults. */
export function hostsOf(domain: string, hosts: Written["hosts"]) {
  return {
    mail: hosts.mail ?? `mail.${domain}`,
    webmail: hosts.webmail ?? `webmail.${domain}`,
    ...(hosts.autoconfig !== undefined && { autoconfig: hosts.autoconfig }),
  };
}

/** Each host has an Ingress of its own. */
export function distinctHosts({ domain, hosts }: Readable): Finding[] {
  if (domain === undefined || hosts === undefined) return [];
  const seen = new Map<string, string>();
  return Object.entries(hostsOf(domain, hosts)).flatMap(([key, host]) => {
    const other = seen.get(host);
    if (other === undefined) seen.set(host, key);
    return other === undefined ? [] : [{ path: ["hosts", key], text: `is the same host as hosts.${other}` }];
  });
}

export function oneSourceOfCertificates({ tls }: Readable): Finding[] {
  return tls?.issuer !== undefined && tls.secretName !== undefined
    ? [{ path: ["tls", "issuer"], text: "cannot stand beside tls.secretName; keep one of the two", mend: "remove" }]
    : [];
}

/** Only a load balancer can be asked for an address. */
export function addressNeedsLoadBalancer({ service }: Readable): Finding[] {
  return service?.address !== undefined && service.type !== "LoadBalancer"
    ? [{ path: ["service", "address"], text: `does nothing with service.type ${service.type}`, mend: "remove" }]
    : [];
}

/** Only a load balancer filters by address: elsewhere the ranges would be a promise that nothing keeps. */
export function sourceRangesNeedLoadBalancer({ service }: Readable): Finding[] {
  return service !== undefined && service.type !== "LoadBalancer" && service.sourceRanges.length > 0
    ? [{ path: ["service", "sourceRanges"], text: `does nothing with service.type ${service.type}`, mend: "remove" }]
    : [];
}

export function requestsWithinLimits({ resources }: Readable): Finding[] {
  return Object.entries(resources ?? {}).flatMap(([workload, amounts]) =>
    requestsAboveLimits(amounts).map((kind) => ({
      path: ["resources", workload, "requests", kind],
      text: `is more than resources.${workload}.limits.${kind}, ${amounts.limits[kind]}`,
    })),
  );
}

/** An authority that stands there twice was meant to be another one. */
export function distinctAuthorities({ trust }: Readable): Finding[] {
  const seen = new Map<string, number>();
  return (trust?.certificates ?? []).flatMap((text, index) =>
    certificatesIn(text).flatMap((pem): Finding[] => {
      const fingerprint = parsed(pem)?.fingerprint256;
      if (fingerprint === undefined) return [];
      const other = seen.get(fingerprint);
      if (other === undefined) seen.set(fingerprint, index);
      return other === undefined || other === index
        ? []
        : [
            {
              path: ["trust", "certificates", index],
              text: `holds the same certificate as trust.certificates[${other}]`,
              mend: "remove",
            },
          ];
    }),
  );
}

export function heartbeatPortNeedsHeartbeat({ monitoring }: Readable): Finding[] {
  return monitoring?.heartbeatPort !== undefined && monitoring.heartbeat === undefined
    ? [
        {
          path: ["monitoring", "heartbeatPort"],
          text: "does nothing without monitoring.heartbeat",
          mend: "remove",
        },
      ]
    : [];
}

/** All rules about keys beside one another. */
export const stackRules = [
  distinctHosts,
  oneSourceOfCertificates,
  addressNeedsLoadBalancer,
  sourceRangesNeedLoadBalancer,
  requestsWithinLimits,
  distinctAuthorities,
  completeWayIn,
  oneWayIn,
  certificatesHaveOnePlace,
  heartbeatPortNeedsHeartbeat,
] as const;
