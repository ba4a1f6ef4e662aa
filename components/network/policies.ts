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
  /** Where the controller's pods take https, when that is neither 443 nor 8443. */
  readonly ingressPort?: number;
  /** The port in the issuer's address. @default 443 */
  readonly issuerPort?: number;
  /** What the controller is: Cilium's is no pod. */
  readonly controller?: Controller;
  /** Namespace of Prometheus, whose pods alone read the fetchers' metrics. */
  readonly metricsNamespace: string;
  /** Whether they also read the mail server's metrics. @default false */
  readonly serverMetrics?: boolean | undefined;
  /** Where the heartbeat's server takes it. @default nothing is asked */
  readonly heartbeatPort?: number | undefined;
  /** Whether a CronJob asks the API server for snapshots. @default nobody asks it for anything */
  readonly snapshots?: boolean;
  /** Mailboxes, of which those with sources fetch from other servers than the provider's, too. @default none */
  readonly mailboxes?: readonly Pick<Mailbox, "name" | "sources">[];
  /** From where mail is copied into mailboxes here. @default from nowhere */
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

/** Names are looked up at whatever answers port 53: node-local caches and cluster DNS live at different addresses. */
const dns = {
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/**
 * The identity provider. A policy knows addresses, not names, and the issuer is often this very cluster's ingress,
 * whose pods listen on 443 (ingress-nginx), 8443 (Traefik, HAProxy, Contour) or elsewhere behind a Service on 443. An issuer
 * with a port in its address is asked on that port.
 */
const https = (...more: (number | undefined)[]): { ports: Port[] } => ({
  ports: tcp(...new Set([443, 8443, ...more.filter((port) => port !== undefined)])),
});

const acmeSolver = { "acme.cert-manager.io/http01-solver": "true" };
const acmePort = 8089;

const mailPorts = [ports.imaps, ports.submissions, ports.submission, ports.manageSieve];

/**
 * Who may talk to whom, by policy name. Everything in the namespace is closed first, then each workload gets what its
 * work needs. Peers outside the cluster are limited by port only: a NetworkPolicy cannot name a host.
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
    // cert-manager answers HTTP-01 challenges from a pod of its own beside the Certificate, on port 8089
    // (https://cert-manager.io/docs/configuration/acme/http01/); closed, no certificate would ever be issued.
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
      // /metrics has no address and no password, but it tells who has a mailbox and when mail comes.
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

/** Beside the policy of all fetchers: a mailbox's fetcher, and no other one, reaches the ports of its sources. */
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

/** Each migration reaches its own source's port; the mail server lets their pods make and end their app passwords. */
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

/** Where API servers listen: behind a Service on 443 (hosted), or with kubeadm, k3s and k0s, minikube, MicroK8s. */
const apiServer = tcp(443, 6443, 8443, 16443);

const snapshotting: Spec = {
  podSelector: { matchLabels: selector(names.backup) },
  policyTypes: ["Ingress", "Egress"],
  egress: [dns, { ports: apiServer }],
};

/** Policies add up: these are there beside the others when somebody watches, and no other one changes. */
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
        // On 443 it may be behind this very cluster's ingress, as the issuer may.
        egress: [heartbeatPort === 443 ? https(ingressPort) : { ports: tcp(heartbeatPort) }],
      },
    }),
  };
}

/**
 * Cilium's Ingress and Gateway are its own Envoy on the nodes: what comes from there has the identity `ingress`, which
 * no NetworkPolicy can name (https://docs.cilium.io/en/stable/network/servicemesh/ingress/).
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
