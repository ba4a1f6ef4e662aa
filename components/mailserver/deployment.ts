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
  /** The claim with all mail. */
  readonly dataClaim: Input<string>;
  /** Custom CAs that may have issued the certificates of the OIDC issuer and the mail provider. @default none */
  readonly caBundle?: CaBundle | undefined;
  /** Secret with tls.crt and tls.key. */
  readonly tlsSecret: string;
  /** Changes with the administrator's password, which the server reads at start only; does not reveal it. */
  readonly adminRevision?: Input<string>;
}

const lowPortsReason = "25, 465, 587 and 993 are the ports that apps, clients and autoconfiguration expect";

/**
 * Runs inside the container, because a request of the kubelet has the node's address. If a Service hides client addresses,
 * every client has that address, and if it is banned, the server closes the connection before it reads the header.
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

/** The ConfigMap with the files that the server needs at start. */
export const serverConfig = `${names.stalwart}-config`;
const issuerKey = "issuer";

/** The file that configures the server's store, which contains all other settings, and the issuer that the start waits for. */
export const serverConfigData = (issuer: string): Record<string, string> => ({
  "config.json": `${JSON.stringify({ "@type": "RocksDb", path: `${paths.data}/data` }, undefined, 2)}\n`,
  [issuerKey]: issuer,
});

/**
 * How long, in seconds, the server's start waits for the identity provider: long enough for a network that is not ready yet, and
 * no longer. Mail must not depend on sign-in, and the CronJob `stalwart-reload` retries while the provider is unreachable.
 */
const ISSUER_LIMIT = 15;

/** The mail server's Deployment. It does not depend on mailboxes or on the provider's passwords. */
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
    // On SIGTERM, the server closes its store cleanly; after SIGKILL it would need a recovery. There is no second pod that
    // could take over, so a preStop delay would only prolong the downtime.
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
        // Any response shows that the network works. If the response is invalid, the server itself reports it.
        unanswered: networkErrors,
      }),
    ],
    containers: [
      {
        name: names.stalwart,
        image: args.image,
        args: ["--config", paths.config],
        resources: args.resources,
        // The binary has this file capability, so it cannot be executed when all capabilities are dropped. The sysctl allows
        // it to bind low ports; without the sysctl it would silently listen on random ports.
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
          // A file, not the folder: the folder contains the other mount points, which a ConfigMap volume cannot.
          { name: "config", mountPath: paths.config, subPath: "config.json", readOnly: true },
          { name: "tls", mountPath: paths.tls, readOnly: true },
          { name: "relay", mountPath: paths.secrets, readOnly: true },
          { name: "logins", mountPath: paths.logins, readOnly: true },
          { name: "tmp", mountPath: "/tmp" }, // the server unpacks the web UI here at every start
          { name: "logs", mountPath: "/var/log/stalwart" }, // used until the settings configure standard output
          ...caBundle.volumeMounts,
        ],
        // A mail port rather than the HTTP port, because that detects a server on random ports. Only at start, because the
        // server opens listeners only then, and each probe logs an aborted TLS handshake. With an empty store and without
        // DNS the start takes 17 s; two minutes are enough for slow disks.
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
      // The whole Secret, not single keys: a new mailbox adds a file without a new pod.
      { name: "logins", secret: { secretName: names.secrets.mailboxLogins, defaultMode: 0o440 } },
      { name: "tmp", emptyDir: { sizeLimit: "512Mi" } },
      { name: "logs", emptyDir: { sizeLimit: "64Mi" } },
      ...caBundle.volumes,
    ],
  });
}
