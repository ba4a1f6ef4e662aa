import { controllersOf } from "../controllers";
import { discoveryHosts } from "../discovery";
import { names } from "../names";
import { mainDomain, resolveDomains, resolveHosts } from "../resolve/domains";
import { docAt, type Path } from "../schema";
import { certificatesIn, parsed } from "./certificates";
import type { Finding, PartialConfig } from "./finding";
import { amount } from "./values";

/** Each host has an Ingress of its own. */
export function distinctHosts(partial: PartialConfig): Finding[] {
  const { hosts } = partial;
  const domains = resolveDomains(partial);
  if (domains === undefined || hosts === undefined) return [];
  const named = resolveHosts(domains[0], hosts);
  // The hosts of the other domains follow from the domains, so the configured host is the one to change.
  const seen = new Map(
    discoveryHosts({ domains, hosts: named })
      .filter(({ domain }) => domain !== domains[0])
      .map(({ name, kind, domain }) => [name, `the ${kind} host of ${domain}`]),
  );
  return Object.entries(named).flatMap(([key, host]) => {
    const other = seen.get(host);
    if (other === undefined) seen.set(host, `hosts.${key}`);
    return other === undefined ? [] : [{ path: ["hosts", key], text: `is the same host as ${other}` }];
  });
}

const LONGEST_HOST = 253;

/** A valid domain may become too long with a host's label in front of it. */
export function hostsFit(partial: PartialConfig): Finding[] {
  const { hosts } = partial;
  const domain = mainDomain(partial);
  if (domain === undefined || hosts === undefined) return [];
  return Object.entries(resolveHosts(domain, hosts)).flatMap(([key, host]) =>
    host.length > LONGEST_HOST
      ? [
          {
            path: ["hosts", key],
            text: `would be ${host.length} characters long with this domain; a name has ${LONGEST_HOST}`,
          },
        ]
      : [],
  );
}

const ownSecrets: readonly string[] = Object.values(names.secrets);

/** The stack or cert-manager writes these Secrets, and their certificates do not include all hosts. */
export function tlsSecretIsNotOurs({ tls }: PartialConfig): Finding[] {
  const name = tls?.secretName;
  return name !== undefined && (ownSecrets.includes(name) || name.startsWith(`${names.settings}-`))
    ? [{ path: ["tls", "secretName"], text: "is a name of the stack's own Secrets; call yours something else" }]
    : [];
}

export function issuerOrSecretName({ tls }: PartialConfig): Finding[] {
  return tls?.issuer !== undefined && tls.secretName !== undefined
    ? [
        {
          path: ["tls", "issuer"],
          text: "cannot be combined with tls.secretName; keep one of the two",
          remove: "value",
        },
      ]
    : [];
}

export function keepOrRetention({ mailboxes }: PartialConfig): Finding[] {
  return Object.entries(mailboxes ?? {}).flatMap(([key, { keep, retention }]): Finding[] =>
    keep && retention !== undefined && retention !== "forever"
      ? [
          {
            path: ["mailboxes", key, "keep"],
            text: "is the older way to write retention: forever, and retention says otherwise; keep one of the two",
            remove: "value",
          },
        ]
      : [],
  );
}

/** A key that has no effect. */
const unusedKey = (path: Path, why: string): Finding => ({ path, text: `does nothing ${why}`, remove: "value" });

/** Only a load balancer has a configurable address. */
export function addressNeedsLoadBalancer({ service }: PartialConfig): Finding[] {
  return service?.address !== undefined && service.type !== "LoadBalancer"
    ? [unusedKey(["service", "address"], `with service.type ${service.type}`)]
    : [];
}

/** Only a load balancer filters by address: elsewhere the ranges would have no effect. */
export function sourceRangesNeedLoadBalancer({ service }: PartialConfig): Finding[] {
  return service !== undefined && service.type !== "LoadBalancer" && service.sourceRanges.length > 0
    ? [unusedKey(["service", "sourceRanges"], `with service.type ${service.type}`)]
    : [];
}

const exceeds = (request: string, limit: string): boolean => (amount(request) ?? 0) > (amount(limit) ?? Infinity);

/** Kubernetes refuses a pod whose request exceeds its limit. A limit below the default request is what the fix raises. */
export function requestsWithinLimits({ resources }: PartialConfig): Finding[] {
  return Object.entries(resources ?? {}).flatMap(([workload, { requests, limits }]) =>
    (["cpu", "memory"] as const)
      .filter((kind) => exceeds(requests[kind], limits[kind]))
      .map((kind): Finding => {
        const path = ["resources", workload, "requests", kind];
        const limit = ["resources", workload, "limits", kind];
        return {
          path,
          text: `is more than ${limit.join(".")}, ${limits[kind]}`,
          ...(exceeds(String(docAt(path).default), limits[kind]) && { set: limit }),
        };
      }),
  );
}

/** Only the stack that registers the client can restrict it. */
export function allowedGroupsNeedApiKey({ identity }: PartialConfig): Finding[] {
  if (identity === undefined || identity.apiKey !== undefined || identity.allowedGroups.length === 0) return [];
  return [
    {
      path: ["identity", "allowedGroups"],
      text: "does nothing without identity.apiKey, so everybody may sign in; set the key, or remove this and restrict the client at Pocket ID",
      set: ["identity", "apiKey"],
    },
  ];
}

/** If a certificate is listed twice, another one was probably meant. */
export function distinctCertificates({ trust }: PartialConfig): Finding[] {
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
              remove: "value",
            },
          ];
    }),
  );
}

export function heartbeatPortNeedsHeartbeat({ monitoring }: PartialConfig): Finding[] {
  return monitoring?.heartbeatPort !== undefined && monitoring.heartbeat === undefined
    ? [unusedKey(["monitoring", "heartbeatPort"], "without monitoring.heartbeat")]
    : [];
}

const at = (...keys: readonly string[]): Path => ["ingress", ...keys];

/** Some controllers serve only Ingresses, some only Gateways. */
export function controllerServesKind({ ingress }: PartialConfig): Finding[] {
  if (ingress === undefined) return [];
  const { kind, controller } = ingress;
  const serving: readonly string[] = controllersOf(kind);
  if (controller === undefined || serving.includes(controller)) return [];
  return [{ path: at("controller"), text: `does not serve ingress.kind ${kind}; these do: ${serving.join(", ")}` }];
}

/** Keys of the kind that is not used. */
export function noUnusedIngressKeys({ ingress }: PartialConfig): Finding[] {
  if (ingress === undefined) return [];
  const why = `with ingress.kind ${ingress.kind}`;
  if (ingress.kind === "Gateway") return ingress.className === undefined ? [] : [unusedKey(at("className"), why)];
  const { name, namespace, listeners, redirectListener, certificateNamespace } = ingress.gateway;
  const given = { name, namespace, redirectListener, certificateNamespace, listeners: listeners[0] };
  return Object.entries(given).flatMap(([key, value]) =>
    value === undefined ? [] : [unusedKey(at("gateway", key), why)],
  );
}

/** The stack can create a Certificate in the namespace where the listener looks for it, but it cannot move an existing Secret. */
export function certificateNamespaceIsUsed({ ingress, tls }: PartialConfig): Finding[] {
  if (ingress?.kind !== "Gateway" || ingress.gateway.certificateNamespace === undefined) return [];
  const path = at("gateway", "certificateNamespace");
  if (ingress.gateway.certificates === "gateway") return [unusedKey(path, "with ingress.gateway.certificates gateway")];
  return tls?.secretName === undefined ? [] : [unusedKey(path, "with tls.secretName")];
}

/** All rules about several keys that have no file of their own. */
export const stackRules = [
  distinctHosts,
  hostsFit,
  tlsSecretIsNotOurs,
  issuerOrSecretName,
  keepOrRetention,
  addressNeedsLoadBalancer,
  sourceRangesNeedLoadBalancer,
  requestsWithinLimits,
  allowedGroupsNeedApiKey,
  distinctCertificates,
  controllerServesKind,
  noUnusedIngressKeys,
  certificateNamespaceIsUsed,
  heartbeatPortNeedsHeartbeat,
] as const;
