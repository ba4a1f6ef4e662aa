import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "@pulumi/pulumi/automation";
import { defaultImages } from "../../config/images";
import { type KubeObject, keepPortForward, type TimedKubectl } from "../../lib/kubectl";
import { kubectlFor } from "../client";
import { type Engine, findEngine, openStack, projectFolder } from "../engine";
import {
  type Address,
  accounts,
  connectIssuer,
  createEnvironment,
  deleteEnvironment,
  domain,
  type ExternalHost,
  environmentNamespace,
  hosts,
  type IssuerChoice,
  type IssuerClient,
  type KubeClient,
  type Log,
  newKeys,
  PrivateCa,
  spki,
  stackNamespace,
  type TestEnvironment,
  testUser,
  tlsSecret,
} from "../rig";

const STACK = "live";
const TLS_SECRET = "family-tls";

export interface LiveSandboxArgs {
  /** The folder for the project, its state and the throwaway CA. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly client: KubeClient;
  /** Whether Stalwart and Pocket ID are fakes, because the cluster's node pulls no images. */
  readonly fakes: boolean;
  /** Whether the cluster is kept; then everything is removed from it at the end. */
  readonly clusterStays: boolean;
  readonly issuer: IssuerChoice;
  /** An image with Dovecot and Python in it, for the fake mail provider. @default the fetchers' image */
  readonly providerImage?: string;
  /** The host for the mail provider and the issuer, if they do not run in the cluster. */
  readonly externalHost?: ExternalHost;
  /** Further configuration keys, for example storage.className. */
  readonly config: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** The whole stack on a cluster, with everything in its environment that it needs. */
export interface LiveSandbox {
  /** The access for a browser. */
  readonly browser: { readonly ingress: number; readonly issuer?: Address; readonly spki: string[] };
  readonly issuer: IssuerClient;
  readonly stack: Stack;
  readonly client: KubeClient;
  readonly kubectl: TimedKubectl & { readonly kubeconfig: string };
  readonly ca: PrivateCa;
  readonly environment: TestEnvironment;
  /** The first page: Pocket ID's sign-in link, or the webmail itself. */
  readonly start: string;
  close(): Promise<void>;
}

async function defaultStorageClass(client: KubeClient): Promise<string> {
  const classes = await client.list("storage.k8s.io/v1", "StorageClass");
  const isDefault = ({ metadata }: KubeObject): boolean =>
    metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
  const chosen = classes.find(isDefault) ?? classes[0];
  if (!chosen) throw new Error("The cluster has no storage class: the mail needs a volume");
  return chosen.metadata.name;
}

interface StackSettings {
  readonly environment: TestEnvironment;
  readonly issuer: Pick<IssuerClient, "url" | "clientId">;
  readonly customCAs: readonly string[];
  readonly storageClass: string;
  readonly extra: LiveSandboxArgs["config"];
}

async function configure(
  stack: Stack,
  { environment: { provider }, issuer, customCAs, storageClass, extra }: StackSettings,
) {
  const plain: Record<string, string> = {
    domain,
    namespace: stackNamespace,
    "storage.className": storageClass,
    "storage.size": "1Gi",
    "identity.issuer": issuer.url,
    "identity.clientId": issuer.clientId,
    "tls.secretName": TLS_SECRET,
    "ingress.className": "nginx",
    "ingress.namespace": environmentNamespace,
    "service.type": "ClusterIP",
    "provider.imap.host": provider.host,
    "provider.smtp.host": provider.host,
    "mailboxes.kinga.displayName": testUser.display,
    ...Object.fromEntries(customCAs.map((text, n) => [`trust.certificates[${n}]`, text])),
    ...extra,
  };
  for (const [key, value] of Object.entries(plain)) await stack.setConfig(key, { value }, true);
  for (const name of accounts) {
    await stack.setConfig(
      `mailboxes.${name}.password`,
      { value: provider.passwords[name] as string, secret: true },
      true,
    );
  }
  await stack.setConfig("relay.password", { value: provider.passwords.service as string, secret: true }, true);
}

/** Issues the certificates instead of cert-manager once the namespace exists, because the stack's pods need them. */
async function issueCertificate(client: KubeClient, ca: PrivateCa, until: AbortSignal): Promise<void> {
  const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: stackNamespace } };
  while (!until.aborted && !(await client.read(space))) await sleep(300);
  if (until.aborted) return;
  await client.apply(
    tlsSecret(TLS_SECRET, stackNamespace, ca, hosts.mail, hosts.webmail),
    "?fieldManager=homelab-mail-sandbox&force=true",
  );
}

/** Logs each outbound message. */
function logMail({ provider }: TestEnvironment, log: Log, signal: AbortSignal): void {
  const onLine = (line: string): void => {
    try {
      const { event, from, to, subject, login } = JSON.parse(line);
      if (event === "left")
        log(`MAIL LEFT the provider: from ${from} to ${to}, "${subject}" (sent with the login ${login})`);
      if (event === "kept") log(`MAIL KEPT at the provider: from ${from} to ${to}, "${subject}", which nobody fetches`);
    } catch {
      // not a line about mail
    }
  };
  provider.followLog(onLine, signal);
}

/** Creates the environment, then deploys the stack into it. */
export async function startLiveSandbox(args: LiveSandboxArgs, log: Log): Promise<LiveSandbox> {
  const { client } = args;
  for (const name of [environmentNamespace, stackNamespace]) {
    if (await client.read({ apiVersion: "v1", kind: "Namespace", metadata: { name } })) {
      throw new Error(
        `The cluster has a namespace ${name} from an earlier try: remove it first, with: npm run sandbox -- --live --stop --kubeconfig ${args.kubeconfig}`,
      );
    }
  }
  const engine: Engine = await findEngine(args.folder, log);
  const kubectl = await kubectlFor(args.kubeconfig, log);
  const ending = new AbortController();
  const signal = AbortSignal.any([args.signal, ending.signal]);
  const keys = newKeys();
  const caFolder = path.join(args.folder, "ca");
  fs.mkdirSync(caFolder, { mode: 0o700 });
  const ca = new PrivateCa(caFolder);

  let stack: Stack | undefined;
  let issuer: IssuerClient | undefined;
  const close = async (): Promise<void> => {
    ending.abort();
    if (!args.clusterStays) return;
    if (stack) {
      log("pulumi destroy");
      await stack
        .destroy({ onOutput: (text) => process.stdout.write(text) })
        .catch((error: Error) => log(error.message));
    }
    log(`Removing the namespaces ${stackNamespace} and ${environmentNamespace}, with all that is in them`);
    await deleteEnvironment(client);
    await issuer?.cleanup().catch((error: Error) => log(error.message));
  };
  try {
    const { externalHost } = args;
    const place = externalHost ? "outside the cluster; browser access" : "and browser access";
    log(`Creating a fake mail provider and an OIDC issuer ${place} in namespace ${environmentNamespace}`);
    if (args.fakes) log("NOTE: no image can be pulled here. Stalwart and Pocket ID are replaced by fakes.");
    const { issuer: choice, providerImage = defaultImages.fetchmail } = args;
    const storageClass = args.config["storage.className"] ?? (await defaultStorageClass(client));
    const environment = await createEnvironment({
      ...{ client, kubectl, ca, keys, externalHost, providerImage, storageClass, signal },
      issuer: choice.kind,
    });
    const caText = fs.readFileSync(ca.cert, "utf8");
    issuer = await connectIssuer(choice, environment.issuer, { ca: caText, apiKey: keys.api });

    const project = projectFolder(args.folder);
    fs.mkdirSync(project, { recursive: true });
    fs.writeFileSync(path.join(project, `Pulumi.${STACK}.yaml`), ""); // replaces the sample configuration
    stack = await openStack(engine, { folder: args.folder, stack: STACK, kubeconfig: args.kubeconfig });
    const customCAs = [caText, ...(choice.kind === "existing" && choice.ca !== undefined ? [choice.ca] : [])];
    await configure(stack, { environment, issuer, customCAs, storageClass, extra: args.config });
    log("\npulumi up");
    const upEnds = new AbortController();
    const certificate = issueCertificate(client, ca, AbortSignal.any([signal, upEnds.signal]));
    try {
      await stack.up({ onOutput: (text) => process.stdout.write(text), signal: args.signal });
    } finally {
      upEnds.abort();
      await certificate;
    }

    const ingress = await keepPortForward(
      kubectl,
      { namespace: environmentNamespace, target: "service/ingress", port: 443 },
      signal,
    );
    logMail(environment, log, signal);
    const start = (await issuer.link?.()) ?? `https://${hosts.webmail}/`;
    const names = [hosts.webmail, ...(environment.issuer ? [new URL(environment.issuer.url).hostname] : [])];
    return {
      browser: {
        ingress,
        ...(environment.issuer && { issuer: environment.issuer.at }),
        spki: names.map((name) => spki(path.join(caFolder, `${name}.pem`))),
      },
      issuer,
      stack,
      client,
      kubectl,
      ca,
      environment,
      start,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
