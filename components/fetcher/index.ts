import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import { ComponentResource, type ComponentResourceOptions, type Input, type Resource, secret } from "@pulumi/pulumi";
import { addressKey, fetcherName, labels, names, passwordKey, ports, selector, sourceKey } from "../../config/names";
import type { Endpoint, Mailbox, Resources } from "../../config/types";
import { shortHash } from "../../lib/hash";
import { type CaBundle, caBundleParts } from "../shared/caBundle";
import { metadataFor } from "../shared/metadata";
import { renderFetchmailrc, renderSourceFetchmailrc } from "./fetchmailrc";
import { fetcherPod, programFiles, programs } from "./pod";

export interface FetcherArgs {
  /** Namespace that holds the whole stack. */
  readonly namespace: Input<string>;
  /** The mailboxes to fetch. Each has its own Deployment, `fetchmail-<name>`. */
  readonly mailboxes: readonly Mailbox[];
  /** The provider's IMAP server: implicit TLS, with a certificate of one of the image's CAs. */
  readonly provider: { readonly imap: Endpoint };
  /** The mail server's name inside the cluster; it accepts mail on ports 25 and 2525. */
  readonly mailServerHost: Input<string>;
  /**
   * What must exist before the first message is fetched: the mail server with its settings applied. Only the Deployments
   * depend on it; Secrets and the ConfigMap do not.
   * @default nothing
   */
  readonly waitFor?: Resource;
  /** Custom CAs, in addition to the public ones. @default none */
  readonly caBundle?: CaBundle | undefined;
  readonly images: { readonly fetchmail: string };
  readonly resources: { readonly fetchmail: Resources };
}

/** How long `pulumi up` waits for a fetcher's first contact with the provider. */
export const readyTimeouts = { create: "3m", update: "3m" };

/** The files that all fetchers share. They contain no addresses and no passwords, which are in Secrets. */
function sharedFiles(imap: Endpoint): Record<string, string> {
  return {
    ...programs,
    "inbox.fetchmailrc": renderFetchmailrc({ imap, folder: "INBOX" }),
    "junk.fetchmailrc": renderFetchmailrc({ imap, folder: "Junk" }),
    "source.fetchmailrc": renderSourceFetchmailrc(),
  };
}

/** The login of the mailbox at the provider, and those of its sources. */
function logins({ name, password, sources }: Mailbox): Record<string, Input<string>> {
  return {
    [passwordKey(name)]: password,
    ...Object.fromEntries(
      sources.flatMap((source) => [
        [sourceKey(name, source.name, "user"), source.user],
        [sourceKey(name, source.name, "password"), source.password],
      ]),
    ),
  };
}

/** Changes when a file that the mailbox's pod mounts changes. */
const revision = (mailbox: Mailbox, files: Record<string, string>): string =>
  shortHash(
    programFiles(mailbox)
      .map((file) => `${file}\0${files[file]}\0`)
      .join(""),
    16,
  );

/**
 * Fetches each mailbox from the provider and delivers every message to the mail server. Each mailbox has a pod of its own,
 * because an IMAP IDLE session, which reports new mail within a second, covers one folder of one account.
 */
export class Fetcher extends ComponentResource {
  constructor(name: string, args: FetcherArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:fetcher:Fetcher", name, {}, opts);
    const { namespace, mailboxes } = args;
    const childOpts = { parent: this };
    const metadata = metadataFor(namespace, labels(names.fetchmail));

    const credentials = new core.Secret(
      names.secrets.fetchCredentials,
      {
        metadata: metadata(names.secrets.fetchCredentials),
        stringData: Object.assign({}, ...mailboxes.map(logins)),
      },
      childOpts,
    );
    const addresses = new core.Secret(
      names.secrets.addresses,
      {
        metadata: metadata(names.secrets.addresses),
        stringData: Object.fromEntries(mailboxes.map((m) => [addressKey(m.name), secret(m.address)])),
      },
      childOpts,
    );
    const files = sharedFiles(args.provider.imap);
    const program = new core.ConfigMap(
      names.fetchmail,
      { metadata: metadata(names.fetchmail), data: files },
      childOpts,
    );

    const { fetchmail: image } = args.images;
    const { fetchmail: resources } = args.resources;
    const caBundle = caBundleParts(args.caBundle, { image, resources });

    for (const mailbox of mailboxes) {
      const object = fetcherName(mailbox.name);
      const podLabels = labels(names.fetchmail, object);
      const pod = fetcherPod({
        mailbox,
        imap: args.provider.imap,
        mailServerHost: args.mailServerHost,
        image,
        resources,
        caBundle,
        program: program.metadata.name,
        credentials: credentials.metadata.name,
        addresses: addresses.metadata.name,
      });
      new apps.Deployment(
        object,
        {
          metadata: { name: object, namespace, labels: podLabels },
          spec: {
            replicas: 1,
            strategy: { type: "Recreate" }, // two fetchers of one mailbox would deliver messages twice
            revisionHistoryLimit: 2,
            progressDeadlineSeconds: 180, // `kubectl rollout status` reports a refused login after three minutes
            selector: { matchLabels: selector(names.fetchmail, object) },
            template: {
              metadata: {
                labels: podLabels,
                annotations: {
                  ...caBundle.annotations,
                  // Only this mailbox's files, so that a change of another mailbox does not restart this fetcher. A new
                  // password is read from the mounted Secret without a restart.
                  "homelab-mail/revision": revision(mailbox, files),
                  "prometheus.io/scrape": "true",
                  "prometheus.io/port": String(ports.fetcherHttp),
                  "prometheus.io/path": "/metrics",
                },
              },
              spec: pod,
            },
          },
        },
        {
          parent: this,
          ...(args.waitFor && { dependsOn: args.waitFor }),
          // Pulumi's default is ten minutes. A fetcher that cannot log in has reported it by this time.
          customTimeouts: readyTimeouts,
        },
      );
    }
    this.registerOutputs();
  }
}
