import { createHmac } from "node:crypto";
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
import { exposeHttp } from "../exposure";
import type { ClusterAccess } from "../shared/kubectl";
import type { Trust } from "../shared/trust";
import { certificateTimeouts, explainWaiting, untilReady } from "./certificate";
import { deploymentSpec, serverConfig, serverConfigData } from "./deployment";
import { exposeDiscovery } from "./discovery";
import { senders } from "./planDelivery";
import { certificateSpec, clusterService, mailEndpoint, peopleService } from "./services";
import { Settings } from "./settingsJobs";

/** What of the stack's configuration the mail server is made of. */
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
  /** Claim that holds all mail. */
  readonly dataClaim: Input<string>;
  /** The provider's SMTP server, through which everything outbound goes. */
  readonly provider: Pick<StackConfig["provider"], "smtp" | "others" | "largestMessage">;
  /** Networks that relay with no login through port 25, and are never banned. */
  readonly cluster: Pick<StackConfig["cluster"], "networks">;
  readonly images: Pick<StackConfig["images"], "stalwart" | "stalwartCli" | "fetchmail">;
  readonly resources: Pick<StackConfig["resources"], "stalwart" | "settings">;
  /** Where to ask why a certificate is not issued. @default where kubectl asks by itself */
  readonly clusterAccess?: ClusterAccess;
  /** Private authorities, beside the public ones. @default none */
  readonly authorities?: Trust | undefined;
  /** What Prometheus reads its metrics with. @default nobody reads them */
  readonly metricsPassword?: Output<string> | undefined;
  /** Name of the Secret with the address that is asked after a settings run that went well. @default none is */
  readonly heartbeat?: Input<string> | undefined;
}

/** Readiness is the Deployment's business, and a cluster without a load balancer must not hold up the rest. */
const unawaited = { "pulumi.com/skipAwait": "true" };

/** Stalwart: stores mail, serves it to people, takes what fetchers bring and relays what people and apps send. */
export class MailServer extends ComponentResource {
  /** The server's name inside the cluster. */
  readonly host: Output<string>;
  /** Password of the administrator `admin`. Secret. */
  readonly adminPassword: Output<string>;
  /** Done once the settings are applied: whatever hands over mail waits for it. */
  readonly ready: Resource;

  constructor(name: string, args: MailServerArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:mailserver:MailServer", name, {}, opts);
    const own = { parent: this };
    const { namespace, hosts } = args;
    const meta = (objectName: string, annotations?: Record<string, string>) => ({
      name: objectName,
      namespace,
      labels: labels(names.stalwart),
      ...(annotations && { annotations }),
    });
    const tlsSecret = "secretName" in args.tls ? args.tls.secretName : names.secrets.mailTls;

    const generated = (logicalName: string): Output<string> =>
      secret(new random.RandomPassword(logicalName, { length: 32, special: false }, own).result);
    this.adminPassword = args.admin.password ?? args.generated.adminPassword ?? generated(names.secrets.admin);
    // The server reads its administrator's password at start only, so a new one must restart it. A keyed hash with a
    // secret key tells that it changed and nothing else. A generated password never changes.
    const revision = args.admin.password && adminRevision(args.admin.password, generated("stalwart-admin-revision"));

    const adminSecret = new core.Secret(
      names.secrets.admin,
      { metadata: meta(names.secrets.admin), stringData: { password: this.adminPassword } },
      own,
    );
    const relaySecret = new core.Secret(
      names.secrets.relay,
      {
        metadata: meta(names.secrets.relay),
        stringData: { username: args.relay.username, password: args.relay.password },
      },
      own,
    );
    // There with no login in it, too: the pod mounts it, and another `relay.mode` must not restart the server.
    const logins = new core.Secret(
      names.secrets.mailboxLogins,
      {
        metadata: meta(names.secrets.mailboxLogins),
        stringData: Object.fromEntries(senders(args).map(({ name, password }) => [name, password])),
      },
      own,
    );
    const config = new core.ConfigMap(
      serverConfig,
      { metadata: meta(serverConfig), data: serverConfigData(args.identity.issuer) },
      own,
    );

    const certificate = (logicalName: string, issuer: string, where: Input<string>, opts?: CustomResourceOptions) =>
      new CustomResource(
        logicalName,
        {
          apiVersion: "cert-manager.io/v1",
          kind: "Certificate",
          metadata: { ...meta(names.secrets.mailTls, opts ? untilReady : unawaited), namespace: where },
          spec: certificateSpec(issuer, hosts, tlsSecret),
        },
        { ...own, ...opts },
      );
    // The pod mounts what is issued: waited for by name, or a pod that never starts would be all there is to see.
    const awaited = () => ({
      customTimeouts: certificateTimeouts,
      hooks: { onError: [explainWaiting(args.clusterAccess ?? {})] },
    });
    const certificates =
      "issuer" in args.tls ? [certificate(names.secrets.mailTls, args.tls.issuer, namespace, awaited())] : [];
    // The server's own is mounted from the stack's namespace, so a Gateway that looks elsewhere gets one more.
    const elsewhere = args.ingress.gateway?.certificateNamespace;
    if ("issuer" in args.tls && elsewhere !== undefined) {
      certificate(`${names.secrets.mailTls}-gateway`, args.tls.issuer, elsewhere);
    }

    const service = new core.Service(
      names.stalwart,
      { metadata: meta(names.stalwart, unawaited), spec: clusterService() },
      own,
    );
    new core.Service(
      names.mailService,
      {
        metadata: meta(names.mailService, { ...unawaited, ...args.service.annotations }),
        spec: peopleService(args.service),
      },
      own,
    );
    exposeHttp(mailEndpoint(hosts, tlsSecret, sizeLimits(args.provider.largestMessage)), args.ingress, namespace, own);
    exposeDiscovery(args, namespace, own);

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
          authorities: args.authorities,
        }),
      },
      { ...own, dependsOn: [adminSecret, relaySecret, logins, config, ...certificates] },
    );

    const settings = new Settings(
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
      own,
    );

    this.host = output(namespace).apply(mailServerHost);
    this.ready = settings.applied;
    this.registerOutputs({ host: this.host, adminPassword: this.adminPassword });
  }
}

function adminRevision(password: Output<string>, key: Output<string>): Output<string> {
  return unsecret(
    output([password, key]).apply(([text, secretKey]) =>
      createHmac("sha256", secretKey as string)
        .update(text as string)
        .digest("hex")
        .slice(0, 10),
    ),
  );
}
