import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Input,
  type Output,
  output,
  type Resource,
  secret,
  unsecret,
} from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sizeLimits } from "../../config/limits";
import { labels, mailServerHost, names } from "../../config/names";
import type { StackConfig } from "../../config/types";
import { keyedHash } from "../../lib/hash";
import { exposeHttp } from "../exposure";
import type { CaBundle } from "../shared/caBundle";
import type { ClusterAccess } from "../shared/kubectl";
import { metadataFor, skipAwait } from "../shared/metadata";
import { certificateTimeouts, explainPendingCertificate, untilReady } from "./certificate";
import { deploymentSpec, serverConfig, serverConfigData } from "./deployment";
import { exposeDiscovery } from "./discovery";
import { senders } from "./planDelivery";
import { certificateSpec, clusterService, mailEndpoint, publicService } from "./services";
import { SettingsSync } from "./settingsSync";

/** The parts of the configuration that the mail server needs. */
type Slice = Pick<
  StackConfig,
  | "domain"
  | "domains"
  | "hosts"
  | "mailboxes"
  | "migrations"
  | "relay"
  | "identity"
  | "admin"
  | "generated"
  | "ingress"
  | "tls"
  | "service"
  | "trash"
>;

export interface MailServerArgs extends Slice {
  /** Namespace that holds the whole stack. */
  readonly namespace: Input<string>;
  /** The claim with all mail. */
  readonly dataClaim: Input<string>;
  /** The provider's SMTP server, which relays all outbound mail. */
  readonly provider: Pick<StackConfig["provider"], "smtp" | "others" | "largestMessage">;
  /** Networks that may relay through port 25 without a login, and are never banned. */
  readonly cluster: Pick<StackConfig["cluster"], "networks">;
  readonly images: Pick<StackConfig["images"], "stalwart" | "stalwartCli" | "fetchmail">;
  readonly resources: Pick<StackConfig["resources"], "stalwart" | "settings">;
  /** The cluster to query for the reason why a certificate is not issued. @default kubectl's own choice */
  readonly clusterAccess?: ClusterAccess;
  /** Custom CAs, in addition to the public ones. @default none */
  readonly caBundle?: CaBundle | undefined;
  /** The password for Prometheus to read the server's metrics. @default monitoring is disabled */
  readonly metricsPassword?: Output<string> | undefined;
  /** Name of the Secret with the URL that is pinged after a successful settings run. @default none */
  readonly heartbeat?: Input<string> | undefined;
}

/** Stalwart: stores mail, serves it to users, accepts what fetchers deliver, and relays what users and apps send. */
export class MailServer extends ComponentResource {
  /** The server's name inside the cluster. */
  readonly host: Output<string>;
  /** Password of the administrator `admin`. Secret. */
  readonly adminPassword: Output<string>;
  /** Completes when the settings are applied. Everything that delivers mail to the server depends on it. */
  readonly ready: Resource;

  constructor(name: string, args: MailServerArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:mailserver:MailServer", name, {}, opts);
    const childOpts = { parent: this };
    const { namespace, hosts } = args;
    const meta = metadataFor(namespace, labels(names.stalwart));
    const tlsSecret = "secretName" in args.tls ? args.tls.secretName : names.secrets.mailTls;

    const generated = (logicalName: string): Output<string> =>
      secret(new random.RandomPassword(logicalName, { length: 32, special: false }, childOpts).result);
    this.adminPassword = args.admin.password ?? args.generated.adminPassword ?? generated(names.secrets.admin);
    // The server reads its administrator's password at start only, so a new one must restart it. A hash with a secret key
    // changes with the password and does not reveal it. A generated password never changes.
    const revision = args.admin.password && adminRevision(args.admin.password, generated("stalwart-admin-revision"));

    const adminSecret = new core.Secret(
      names.secrets.admin,
      { metadata: meta(names.secrets.admin), stringData: { password: this.adminPassword } },
      childOpts,
    );
    const relaySecret = new core.Secret(
      names.secrets.relay,
      {
        metadata: meta(names.secrets.relay),
        stringData: { username: args.relay.username, password: args.relay.password },
      },
      childOpts,
    );
    // Created even when it is empty: the pod mounts it, and a change of `relay.mode` must not restart the server.
    const logins = new core.Secret(
      names.secrets.mailboxLogins,
      {
        metadata: meta(names.secrets.mailboxLogins),
        stringData: Object.fromEntries(senders(args).map(({ name, password }) => [name, password])),
      },
      childOpts,
    );
    const config = new core.ConfigMap(
      serverConfig,
      { metadata: meta(serverConfig), data: serverConfigData(args.identity.issuer) },
      childOpts,
    );

    const certificate = (logicalName: string, issuer: string, where: Input<string>, opts?: CustomResourceOptions) =>
      new CustomResource(
        logicalName,
        {
          apiVersion: "cert-manager.io/v1",
          kind: "Certificate",
          metadata: { ...meta(names.secrets.mailTls, opts ? untilReady : skipAwait), namespace: where },
          spec: certificateSpec(issuer, hosts, tlsSecret),
        },
        { ...childOpts, ...opts },
      );
    // The pod mounts the certificate. Without this wait, an update would only show a pod that does not start.
    const untilIssued = () => ({
      customTimeouts: certificateTimeouts,
      hooks: { onError: [explainPendingCertificate(args.clusterAccess ?? {})] },
    });
    const certificates =
      "issuer" in args.tls ? [certificate(names.secrets.mailTls, args.tls.issuer, namespace, untilIssued())] : [];
    // The server mounts the certificate in the stack's namespace, so a Gateway that reads another namespace needs a second one.
    const gatewayNamespace = args.ingress.gateway?.certificateNamespace;
    if ("issuer" in args.tls && gatewayNamespace !== undefined) {
      certificate(`${names.secrets.mailTls}-gateway`, args.tls.issuer, gatewayNamespace);
    }

    const service = new core.Service(
      names.stalwart,
      { metadata: meta(names.stalwart, skipAwait), spec: clusterService() },
      childOpts,
    );
    new core.Service(
      names.mailService,
      {
        metadata: meta(names.mailService, { ...skipAwait, ...args.service.annotations }),
        spec: publicService(args.service),
      },
      childOpts,
    );
    exposeHttp(
      mailEndpoint(hosts, tlsSecret, sizeLimits(args.provider.largestMessage)),
      args.ingress,
      namespace,
      childOpts,
    );
    exposeDiscovery(args, namespace, childOpts);

    const server = new apps.Deployment(
      names.stalwart,
      {
        metadata: meta(names.stalwart),
        spec: deploymentSpec({
          image: args.images.stalwart,
          resources: args.resources.stalwart,
          mailHost: hosts.mail,
          dataClaim: args.dataClaim,
          tlsSecret,
          ...(revision && { adminRevision: revision }),
          caBundle: args.caBundle,
        }),
      },
      { ...childOpts, dependsOn: [adminSecret, relaySecret, logins, config, ...certificates] },
    );

    const settings = new SettingsSync(
      names.settings,
      {
        namespace,
        server,
        service,
        plan: { ...args, metrics: args.metricsPassword !== undefined },
        metricsPassword: args.metricsPassword,
        heartbeat: args.heartbeat,
        image: args.images.stalwartCli,
        serverImage: args.images.stalwart,
        pythonImage: args.images.fetchmail,
        resources: args.resources.settings,
      },
      childOpts,
    );

    this.host = output(namespace).apply(mailServerHost);
    this.ready = settings.applied;
    this.registerOutputs({ host: this.host, adminPassword: this.adminPassword });
  }
}

function adminRevision(password: Output<string>, key: Output<string>): Output<string> {
  return unsecret(output([password, key]).apply(([text, secretKey]) => keyedHash(text as string, secretKey as string)));
}
