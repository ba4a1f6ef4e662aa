import type { types } from "@pulumi/kubernetes";
import type { Controller } from "../../config/controllers";
import { fetcherName, migrationName, names, ports, selector } from "../../config/names";
import type { Endpoint, Mailbox } from "../../config/types";

type Spec = types.input.networking.v1.NetworkPolicySpec;
type Peer = types.input.networking.v1.NetworkPolicyPeer;
type Port = types.input.networking.v1.NetworkPolicyPort;

export interface PolicyArgs {
  /** The provider's IMAP and SMTP servers. */
  readonly provider: { readonly imap: Endpoint; readonly smtp: Endpoint };
  /** Namespace of the ingress controller, which alone reaches the HTTP ports from outside the namespace. */
  readonly ingressNamespace: string;
  /** The https port of the controller's pods, if it is neither 443 nor 8443. */
  readonly ingressPort?: number;
  /** The port in the issuer's address. @default 443 */
  readonly issuerPort?: number;
  /** The controller. Cilium's does not run in a pod. */
  readonly controller?: Controller;
  /** Namespace of Prometheus; only its pods may read the fetchers' metrics. */
  readonly metricsNamespace: string;
  /** Whether they also read the mail server's metrics. @default false */
  readonly serverMetrics?: boolean | undefined;
  /** The port of the heartbeat's server. @default no heartbeat */
  readonly heartbeatPort?: number | undefined;
  /** Whether a CronJob requests snapshots from the API server. @default no pod may connect to it */
  readonly snapshots?: boolean;
  /** Mailboxes. Those with sources also connect to servers other than the provider's. @default none */
  readonly mailboxes?: readonly Pick<Mailbox, "name" | "sources">[];
  /** Migrations, whose pods connect to the servers that they copy from. @default none */
  readonly migrations?: readonly { readonly name: string; readonly from: Pick<Endpoint, "port"> }[];
  /** Namespaces whose pods may relay through port 25; empty means every namespace. */
  readonly relayNamespaces: readonly string[];
}

const tcp = (...numbers: number[]): Port[] => numbers.map((port) => ({ protocol: "TCP", port }));
const pods = (app: string): Peer => ({ podSelector: { matchLabels: { "app.kubernetes.io/name": app } } });
const namespace = (name: string): Peer => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});
const everyNamespace: Peer = { namespaceSelector: {} };

/** Port 53 at any address, because node-local caches and the cluster's DNS have different addresses. */
const dns = {
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/**
 * The identity provider. A policy matches addresses, not names, and the issuer is often behind this cluster's ingress,
 * whose pods listen on 443 (ingress-nginx), 8443 (Traefik, HAProxy, Contour) or another port behind a Service on 443. An issuer
 * with a port in its URL is reached on that port.
 */
const https = (...more: (number | undefined)[]): { ports: Port[] } => ({
  ports: tcp(...new Set([443, 8443, ...more.filter((port) => port !== undefined)])),
});

const acmeSolver = { "acme.cert-manager.io/http01-solver": "true" };
const acmePort = 8089;

const mailPorts = [ports.imaps, ports.submissions, ports.submission, ports.manageSieve];

/**
 * The policies by name. All traffic in the namespace is denied first, then each workload is allowed what it needs. Peers outside
 * the cluster are limited by port only: a NetworkPolicy cannot name a host.
 */
export function policies(args: PolicyArgs): Record<string, Spec> {
  return {
    "default-deny": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    [names.stalwart]: {
      podSelector: { matchLabels: selector(names.stalwart) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        // Users connect through the LoadBalancer from anywhere; `service.sourceRanges` narrows that at the Service.
        { ports: tcp(...mailPorts) },
        {
          from: args.relayNamespaces.length === 0 ? [everyNamespace] : args.relayNamespaces.map(namespace),
          ports: tcp(ports.smtp),
        },
        { from: [pods(names.fetchmail)], ports: tcp(ports.smtp, ports.junk) },
        { from: [namespace(args.ingressNamespace), pods(names.settings)], ports: tcp(ports.stalwartHttp) },
      ],
      egress: [dns, { ports: tcp(args.provider.smtp.port) }, https(args.ingressPort, args.issuerPort)],
    },
    // cert-manager answers HTTP-01 challenges from a pod in the Certificate's namespace, on port 8089
    // (https://cert-manager.io/docs/configuration/acme/http01/). Without this policy, no certificate would be issued.
    "acme-solver": {
      podSelector: { matchLabels: acmeSolver },
      policyTypes: ["Ingress"],
      ingress: [{ from: [namespace(args.ingressNamespace)], ports: tcp(acmePort) }],
    },
    [names.settings]: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": names.settings } },
      policyTypes: ["Ingress", "Egress"],
      egress: [dns, { to: [pods(names.stalwart)], ports: tcp(ports.stalwartHttp) }],
    },
    [names.fetchmail]: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": names.fetchmail } },
      policyTypes: ["Ingress", "Egress"],
      // /metrics has no addresses and no passwords, but shows which mailboxes exist and when mail arrives.
      ingress: [{ from: [namespace(args.metricsNamespace)], ports: tcp(ports.fetcherHttp) }],
      egress: [
        dns,
        { ports: tcp(args.provider.imap.port) },
        { to: [pods(names.stalwart)], ports: tcp(ports.smtp, ports.junk) },
      ],
    },
    [names.roundcube]: {
      podSelector: { matchLabels: selector(names.roundcube) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [namespace(args.ingressNamespace)], ports: tcp(ports.roundcubeHttp) }],
      egress: [
        dns,
        { to: [pods(names.stalwart)], ports: tcp(ports.imaps, ports.submissions, ports.manageSieve) },
        https(args.ingressPort, args.issuerPort),
      ],
    },
    ...watching(args),
    ...fetchingElsewhere(args.mailboxes ?? []),
    ...migrating(args.migrations ?? []),
    ...(args.snapshots && { [names.backup]: snapshotting }),
  };
}

/** In addition to the policy of all fetchers: only a mailbox's own fetcher reaches the ports of its sources. */
const fetchingElsewhere = (mailboxes: NonNullable<PolicyArgs["mailboxes"]>): Record<string, Spec> =>
  Object.fromEntries(
    mailboxes
      .filter(({ sources }) => sources.length > 0)
      .map(({ name, sources }): [string, Spec] => [
        fetcherName(name),
        {
          podSelector: { matchLabels: selector(names.fetchmail, fetcherName(name)) },
          policyTypes: ["Egress"],
          egress: [{ ports: tcp(...[...new Set(sources.map(({ imap }) => imap.port))].sort((a, b) => a - b)) }],
        },
      ]),
  );

/** Each migration reaches its own source's port, and the mail server, where its pods create and revoke their app passwords. */
function migrating(migrations: NonNullable<PolicyArgs["migrations"]>): Record<string, Spec> {
  if (migrations.length === 0) return {};
  const each = migrations.map(({ name, from }): [string, Spec] => [
    migrationName(name),
    {
      podSelector: { matchLabels: selector(names.migration, migrationName(name)) },
      policyTypes: ["Ingress", "Egress"],
      egress: [
        dns,
        { ports: tcp(from.port) },
        { to: [pods(names.stalwart)], ports: tcp(ports.imaps, ports.stalwartHttp) },
      ],
    },
  ]);
  return {
    ...Object.fromEntries(each),
    [names.migration]: {
      podSelector: { matchLabels: selector(names.stalwart) },
      policyTypes: ["Ingress"],
      ingress: [{ from: [pods(names.migration)], ports: tcp(ports.stalwartHttp) }],
    },
  };
}

/** The ports of API servers: hosted ones behind a Service on 443; kubeadm, k3s and k0s; minikube; MicroK8s. */
const apiServer = tcp(443, 6443, 8443, 16443);

const snapshotting: Spec = {
  podSelector: { matchLabels: selector(names.backup) },
  policyTypes: ["Ingress", "Egress"],
  egress: [dns, { ports: apiServer }],
};

/** Policies are additive: enabling monitoring adds these and changes no other policy. */
function watching({ metricsNamespace, serverMetrics, heartbeatPort, ingressPort }: PolicyArgs): Record<string, Spec> {
  return {
    ...(serverMetrics && {
      metrics: {
        podSelector: { matchLabels: selector(names.stalwart) },
        policyTypes: ["Ingress"],
        ingress: [{ from: [namespace(metricsNamespace)], ports: tcp(ports.stalwartHttp) }],
      },
    }),
    ...(heartbeatPort !== undefined && {
      heartbeat: {
        podSelector: { matchLabels: { "app.kubernetes.io/name": names.settings } },
        policyTypes: ["Egress"],
        // With port 443 it may be behind this cluster's ingress, as the issuer may.
        egress: [heartbeatPort === 443 ? https(ingressPort) : { ports: tcp(heartbeatPort) }],
      },
    }),
  };
}

/**
 * Cilium's Ingress and Gateway are its own Envoy on the nodes. Its requests have the identity `ingress`, which a NetworkPolicy
 * cannot name (https://docs.cilium.io/en/stable/network/servicemesh/ingress/).
 */
export function ciliumPolicies({ controller }: Pick<PolicyArgs, "controller">): Record<string, object> {
  if (controller !== "cilium") return {};
  const fromIngress = (matchLabels: Record<string, string>, port: number) => ({
    endpointSelector: { matchLabels },
    ingress: [{ fromEntities: ["ingress"], toPorts: [{ ports: [{ port: `${port}`, protocol: "TCP" }] }] }],
  });
  return {
    [names.stalwart]: fromIngress(selector(names.stalwart), ports.stalwartHttp),
    [names.roundcube]: fromIngress(selector(names.roundcube), ports.roundcubeHttp),
    "acme-solver": fromIngress(acmeSolver, acmePort),
  };
}
