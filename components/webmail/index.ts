import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
  secret as secretValue,
} from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import { sizeLimits } from "../../config/limits";
import { labels, names, selector } from "../../config/names";
import type { Resources, StackConfig } from "../../config/types";
import { shortHash } from "../../lib/hash";
import { type CaBundle, caBundleParts, caBundlePath } from "../shared/caBundle";
import { metadataFor } from "../shared/metadata";
import { apacheConf } from "./apache";
import { webmailConfig, webmailUrl } from "./config";
import { expose } from "./exposure";
import { identities, identitiesFile } from "./identities";
import { phpIni } from "./limits";
import { apacheFile, configFile, iniFile, webmailPod } from "./workload";

export { webmailLogoutUri, webmailRedirectUri } from "./config";

export interface WebmailArgs {
  /** Namespace that holds the whole stack. */
  readonly namespace: Input<string>;
  /** Claim that keeps the webmail's small database: preferences, contacts, sessions. */
  readonly claim: Input<string>;
  /** The mail server's name inside the cluster. */
  readonly mailServerHost: Input<string>;
  /** Domain of the addresses. */
  readonly domain: string;
  /** Every mail domain, the main one first. */
  readonly domains: readonly string[];
  /** The mailboxes whose addresses can be used as senders in the webmail. */
  readonly mailboxes: StackConfig["mailboxes"];
  readonly hosts: {
    /** The name in the mail server's certificate. */
    readonly mail: string;
    readonly webmail: string;
  };
  /** The OIDC issuer that signs users in. */
  readonly identity: StackConfig["identity"];
  /** The source of the webmail host's certificate. */
  readonly tls: StackConfig["tls"];
  /** How HTTP is exposed. */
  readonly ingress: StackConfig["ingress"];
  /** CIDRs that the ingress controller's requests come from. */
  readonly cluster: { readonly networks: readonly string[] };
  /** The provider. Its largest message limits the size of attachments. */
  readonly provider: Pick<StackConfig["provider"], "largestMessage">;
  /** Custom CAs, in addition to the public ones. @default none */
  readonly caBundle?: CaBundle | undefined;
  /** The key of its sessions. @default generated */
  readonly generated: Pick<StackConfig["generated"], "desKey">;
  readonly images: { readonly roundcube: string };
  readonly resources: { readonly roundcube: Resources };
}

/** Roundcube 1.7 refuses an empty client secret, and the provider ignores the one that a public client sends. */
const NOT_A_SECRET = "public-client";

/** The webmail, Roundcube: users sign in at the identity provider, and their token opens their mailbox. */
export class Webmail extends ComponentResource {
  /** URL of the webmail. */
  readonly url: Output<string>;

  constructor(name: string, args: WebmailArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:webmail:Webmail", name, {}, opts);
    const { namespace, hosts, identity } = args;
    const childOpts = { parent: this };
    const metadata = metadataFor(namespace, labels(names.roundcube));

    const php = output(args.mailServerHost).apply((mailServerHost) =>
      webmailConfig({
        ...args,
        largestMessage: args.provider.largestMessage,
        mailServerHost,
        networks: args.cluster.networks,
        ...(args.caBundle && { caFile: caBundlePath }),
      }),
    );
    const limits = sizeLimits(args.provider.largestMessage);
    const ini = phpIni(limits);
    const apache = apacheConf();
    const config = new core.ConfigMap(
      "roundcube-config",
      { metadata: metadata("roundcube-config"), data: { [configFile]: php, [iniFile]: ini, [apacheFile]: apache } },
      childOpts,
    );

    const oidc = new core.Secret(
      names.secrets.oidc,
      {
        metadata: metadata(names.secrets.oidc),
        stringData: { client_id: identity.clientId, client_secret: NOT_A_SECRET },
      },
      childOpts,
    );
    // Stored in the state, because a new key would sign out every user. Roundcube's cipher needs 24 characters.
    const desKey =
      args.generated.desKey ??
      new RandomPassword("roundcube-des-key", { length: 24, special: false }, childOpts).result;
    const secret = new core.Secret(
      names.secrets.roundcube,
      { metadata: metadata(names.secrets.roundcube), stringData: { des_key: desKey } },
      childOpts,
    );

    const senders = new core.Secret(
      names.secrets.identities,
      {
        metadata: metadata(names.secrets.identities),
        stringData: { [identitiesFile]: secretValue(identities(args.domain, args.mailboxes)) },
      },
      childOpts,
    );

    const { roundcube: image } = args.images;
    const { roundcube: resources } = args.resources;
    const caBundle = caBundleParts(args.caBundle, { image, resources });
    new apps.Deployment(
      names.roundcube,
      {
        metadata: metadata(names.roundcube),
        spec: {
          replicas: 1,
          strategy: { type: "Recreate" }, // one writer: SQLite on a ReadWriteOnce volume
          selector: { matchLabels: selector(names.roundcube) },
          template: {
            metadata: {
              labels: labels(names.roundcube),
              annotations: {
                ...caBundle.annotations,
                // PHP reads configuration and environment when the pod starts.
                "homelab-mail/config-hash": php.apply((text) =>
                  shortHash(JSON.stringify([text, ini, apache, identity.clientId]), 16),
                ),
              },
            },
            spec: webmailPod({
              image,
              resources,
              caBundle,
              host: hosts.webmail,
              claim: args.claim,
              configMap: config.metadata.name,
              oidcSecret: oidc.metadata.name,
              secret: secret.metadata.name,
              identities: senders.metadata.name,
            }),
          },
        },
      },
      childOpts,
    );
    expose({ namespace, host: hosts.webmail, tls: args.tls, ingress: args.ingress, limits }, childOpts);

    this.url = output(webmailUrl(hosts.webmail));
    this.registerOutputs({ url: this.url });
  }
}
