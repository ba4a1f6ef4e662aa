import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { labels, names, ports, selector } from "../../config/names";
import type { Resources } from "../../config/types";
import { type CaBundle, type CaBundleParts, caBundleParts } from "../shared/caBundle";
import { hardenedPod } from "../shared/pod";
import { networkErrors, waitForUrl } from "../shared/waitForUrl";
import { listeners } from "./listeners";
import { paths } from "./paths";

export interface MailServerPodArgs {
  readonly image: string;
  readonly resources: Resources;
  /** Public name of the mail host. */
  readonly mailHost: string;
  /** Claim that holds all mail. */
  readonly dataClaim: Input<string>;
  /** Custom CAs that may have issued the certificates of the OIDC issuer and the mail provider. @default none */
  readonly caBundle?: CaBundle | undefined;
  /** Secret with tls.crt and tls.key. */
  readonly tlsSecret: string;
  /** Changes with the administrator's password, which the server reads at start only, and reveals nothing about it. */
  readonly adminRevision?: Input<string>;
}

const lowPortsReason = "25, 465, 587 and 993 are the ports that apps, clients and autoconfiguration expect";

/**
 * Runs inside the container. The kubelet's own request would come from the node's address. Where a Service hides client
 * addresses, every client has that address, and a ban of it closes the connection before the server reads the header.
 * 127.0.0.1 is never banned (crates/common/src/network/security.rs).
 */
const health = (path: string) => ({
  exec: {
    command: [
      "curl",
      "-fsS",
      "-o",
      "/dev/null",
      "--max-time",
      "4",
      "-H",
      "X-Forwarded-For: 127.0.0.1",
      `http://127.0.0.1:${ports.stalwartHttp}${path}`,
    ],
  },
});

/** The ConfigMap that the pod starts with. */
export const serverConfig = `${names.stalwart}-config`;
const issuerKey = "issuer";

/** The file that names the server's store, which holds every other setting, and the issuer that the start waits for. */
export const serverConfigData = (issuer: string): Record<string, string> => ({
  "config.json": `${JSON.stringify({ "@type": "RocksDb", path: `${paths.data}/data` }, undefined, 2)}\n`,
  [issuerKey]: issuer,
});

/**
 * How long, in seconds, the server's start waits for the identity provider: only as long as the network may be late. Mail does
 * not wait for sign-in, and the CronJob `stalwart-reload` retries while the provider is unreachable.
 */
const ISSUER_LIMIT = 15;

/** The mail server's Deployment. Nothing in it depends on mailboxes or the provider's passwords. */
export function deploymentSpec(args: MailServerPodArgs): types.input.apps.v1.DeploymentSpec {
  const caBundle = caBundleParts(args.caBundle, args);
  const annotations = {
    ...caBundle.annotations,
    ...(args.adminRevision && { "homelab-mail/admin-revision": args.adminRevision }),
  };
  return {
    replicas: 1,
    revisionHistoryLimit: 3,
    strategy: { type: "Recreate" }, // RocksDB: one process per volume
    selector: { matchLabels: selector(names.stalwart) },
    template: {
      metadata: {
        labels: labels(names.stalwart),
        ...(Object.keys(annotations).length > 0 && { annotations }),
      },
      spec: podSpec(args, caBundle),
    },
  };
}

function podSpec(args: MailServerPodArgs, caBundle: CaBundleParts): types.input.core.v1.PodSpec {
  return hardenedPod({
    user: 2000,
    group: 2000,
    // SIGTERM closes the store in order; SIGKILL would leave it to recovery. There is no second pod to drain towards,
    // so a preStop pause would only lengthen the outage.
    terminationGracePeriodSeconds: 60,
    lowPorts: { reason: lowPortsReason },
    initContainers: [
      ...caBundle.initContainers,
      waitForUrl({
        name: "network",
        image: args.image,
        resources: args.resources,
        // Not in the template: a change of the identity provider must not restart the mail server.
        env: [{ name: "ISSUER", valueFrom: { configMapKeyRef: { name: serverConfig, key: issuerKey } } }],
        url: '"$ISSUER/.well-known/openid-configuration"',
        limit: ISSUER_LIMIT,
        // Any response shows that the network works; the server itself reports what it does not accept.
        unanswered: networkErrors,
      }),
    ],
    containers: [
      {
        name: names.stalwart,
        image: args.image,
        args: ["--config", paths.config],
        resources: args.resources,
        // The binary carries this as a file capability: with everything dropped it cannot even be executed. The sysctl is
        // what lets it bind; without that it would silently listen on random ports.
        netBindService: { reason: lowPortsReason },
        env: [
          {
            name: "ADMIN_PASSWORD",
            valueFrom: { secretKeyRef: { name: names.secrets.admin, key: "password" } },
          },
          { name: "STALWART_RECOVERY_ADMIN", value: "admin:$(ADMIN_PASSWORD)" },
          { name: "STALWART_PUBLIC_URL", value: `https://${args.mailHost}` },
          ...caBundle.env,
        ],
        ports: listeners().map(({ name, port }) => ({ name, containerPort: port, protocol: "TCP" })),
        volumeMounts: [
          { name: "data", mountPath: paths.data },
          // A file, not the folder: the other mounts lie in it, and a ConfigMap's folder cannot hold mount points.
          { name: "config", mountPath: paths.config, subPath: "config.json", readOnly: true },
          { name: "tls", mountPath: paths.tls, readOnly: true },
          { name: "relay", mountPath: paths.secrets, readOnly: true },
          { name: "logins", mountPath: paths.logins, readOnly: true },
          { name: "tmp", mountPath: "/tmp" }, // the web UI is unpacked here at every start
          { name: "logs", mountPath: "/var/log/stalwart" }, // until the settings say standard output
          ...caBundle.volumeMounts,
        ],
        // A real mail port, not the HTTP one: this is what notices a server on random ports. Only at start, for listeners
        // are opened then and never again, and each check is an aborted TLS handshake in the log. With an empty store and
        // no DNS the start takes 17 s; two minutes cover slow disks.
        startupProbe: { tcpSocket: { port: ports.imaps }, periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 60 },
        livenessProbe: { ...health("/healthz/live"), periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
        readinessProbe: { ...health("/healthz/ready"), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: args.dataClaim } },
      { name: "config", configMap: { name: serverConfig } },
      { name: "tls", secret: { secretName: args.tlsSecret, defaultMode: 0o440 } },
      {
        name: "relay",
        secret: {
          secretName: names.secrets.relay,
          defaultMode: 0o440,
          items: [{ key: "password", path: paths.relayPassword.slice(paths.secrets.length + 1) }],
        },
      },
      // Whole, not by key: a new mailbox is a new file in it, and no new pod.
      { name: "logins", secret: { secretName: names.secrets.mailboxLogins, defaultMode: 0o440 } },
      { name: "tmp", emptyDir: { sizeLimit: "512Mi" } },
      { name: "logs", emptyDir: { sizeLimit: "64Mi" } },
      ...caBundle.volumes,
    ],
  });
}
