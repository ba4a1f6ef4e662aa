import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "@pulumi/pulumi/automation";
import { defaultImages } from "../../config/images";
import { KubeClient, type KubeObject } from "../cluster/kube";
import { type Engine, findEngine, openStack, projectFolder } from "../engine";
import { findTools } from "../tools/find";
import type { Log } from "../tools/log";
import { Authority, spki } from "./authority";
import { follow, forward, type Kubectl } from "./forward";
import type { IssuerChoice } from "./issuer";
import { domain, hosts, people, person, services, stackNamespace, worldNamespace } from "./names";
import { type IssuerDoor, openIssuer } from "./signIn";
import { buildWorld, type Keys, newKeys, removeWorld, tlsSecret } from "./world";

const STACK = "live";
const TLS_SECRET = "family-tls";

export interface LiveArgs {
  /** Where the project, its state and the throwaway authority go. */
  readonly folder: string;
  readonly kubeconfig: string;
  /** One's own cluster, which pulls the real images and is tidied up; otherwise a node that ends as a whole. */
  readonly ownCluster: boolean;
  readonly issuer: IssuerChoice;
  /** An image with Dovecot and Python in it, for the make-believe provider. @default the fetchers' image */
  readonly providerImage?: string;
  /** Further configuration keys, for example storage.className. */
  readonly config: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** The whole stack with everything that it needs around it, on a cluster. */
export interface LiveSandbox {
  /** How a browser gets in. */
  readonly browser: { readonly ports: { readonly ingress: number; readonly issuer?: number }; readonly spki: string[] };
  readonly issuer: IssuerDoor;
  readonly stack: Stack;
  readonly client: KubeClient;
  readonly kubectl: Kubectl;
  readonly authority: Authority;
  readonly keys: Keys;
  /** Where the person begins: Pocket ID's link that signs in, or the webmail itself. */
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

interface Written {
  readonly keys: Keys;
  readonly issuer: Pick<IssuerDoor, "url" | "clientId">;
  readonly authorities: readonly string[];
  readonly storageClass: string;
  readonly extra: LiveArgs["config"];
}

async function configure(stack: Stack, { keys, issuer, authorities, storageClass, extra }: Written) {
  const plain: Record<string, string> = {
    domain,
    namespace: stackNamespace,
    "storage.className": storageClass,
    "storage.size": "1Gi",
    "identity.issuer": issuer.url,
    "identity.clientId": issuer.clientId,
    "tls.secretName": TLS_SECRET,
    "ingress.className": "nginx",
    "ingress.namespace": worldNamespace,
    "service.type": "ClusterIP",
    "provider.imap.host": services.provider,
    "provider.smtp.host": services.provider,
    "mailboxes.kinga.displayName": person.display,
    ...Object.fromEntries(authorities.map((text, n) => [`trust.certificates[${n}]`, text])),
    ...extra,
  };
  for (const [key, value] of Object.entries(plain)) await stack.setConfig(key, { value }, true);
  for (const name of people) {
    await stack.setConfig(`mailboxes.${name}.password`, { value: keys.passwords[name] as string, secret: true }, true);
  }
  await stack.setConfig("relay.password", { value: keys.passwords.service as string, secret: true }, true);
}

/** Plays cert-manager: the stack's pods wait for their certificate, and its namespace is the stack's own to make. */
async function issueCertificate(client: KubeClient, authority: Authority, until: AbortSignal): Promise<void> {
  const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: stackNamespace } };
  while (!until.aborted && !(await client.read(space))) await sleep(300);
  if (until.aborted) return;
  await client.apply(
    tlsSecret(TLS_SECRET, stackNamespace, authority, hosts.mail, hosts.webmail),
    "?fieldManager=homelab-mail-sandbox&force=true",
  );
}

/** Tells of each message that leaves. */
function tellOfMail(kubectl: Kubectl, log: Log, signal: AbortSignal): void {
  const where = { namespace: worldNamespace, workload: "deployment/provider", container: "smtp" };
  const onLine = (line: string): void => {
    try {
      const { event, from, to, subject, login } = JSON.parse(line);
      if (event === "left")
        log(`MAIL LEFT the provider: from ${from} to ${to}, "${subject}" (sent with the login ${login})`);
    } catch {
      // not of the mail's
    }
  };
  follow(kubectl, where, onLine, signal);
}

/** Puts up the world, then the stack in it. */
export async function openLive(args: LiveArgs, log: Log): Promise<LiveSandbox> {
  const client = KubeClient.fromFile(args.kubeconfig);
  for (const name of [worldNamespace, stackNamespace]) {
    if (await client.read({ apiVersion: "v1", kind: "Namespace", metadata: { name } })) {
      throw new Error(
        `The cluster has a namespace ${name} from an earlier try: remove it first, with: npm run sandbox -- --live --stop --kubeconfig ${args.kubeconfig}`,
      );
    }
  }
  const tools = (await findTools(["kubectl"], log)) as { kubectl: string };
  const engine: Engine = await findEngine(args.folder, log);
  const kubectl = { command: tools.kubectl, kubeconfig: args.kubeconfig };
  const ending = new AbortController();
  const signal = AbortSignal.any([args.signal, ending.signal]);
  const keys = newKeys();
  const authorityFolder = path.join(args.folder, "authority");
  fs.mkdirSync(authorityFolder, { mode: 0o700 });
  const authority = new Authority(authorityFolder);

  let stack: Stack | undefined;
  let issuer: IssuerDoor | undefined;
  const close = async (): Promise<void> => {
    ending.abort();
    if (!args.ownCluster) return;
    if (stack) {
      log("pulumi destroy");
      await stack
        .destroy({ onOutput: (text) => process.stdout.write(text) })
        .catch((error: Error) => log(error.message));
    }
    log(`Removing the namespaces ${stackNamespace} and ${worldNamespace}, with all that is in them`);
    await removeWorld(client);
    await issuer?.clear().catch((error: Error) => log(error.message));
  };
  try {
    log(`Putting up a make-believe provider, an issuer and a way in, in namespace ${worldNamespace}`);
    if (!args.ownCluster) log("NOTE: no image can be pulled here. Stand-ins play Stalwart and Pocket ID.");
    const { issuer: choice, providerImage = defaultImages.fetchmail } = args;
    const storageClass = args.config["storage.className"] ?? (await defaultStorageClass(client));
    await buildWorld({ client, authority, keys, issuer: choice.kind, providerImage, storageClass, signal });
    const at = (service: string) => ({ namespace: worldNamespace, service, port: 443 });
    const ca = fs.readFileSync(authority.cert, "utf8");
    const issuerPort = choice.kind === "outside" ? {} : { port: await forward(kubectl, at("issuer"), signal) };
    issuer = await openIssuer(choice, { ca, apiKey: keys.api, ...issuerPort });

    const project = projectFolder(args.folder);
    fs.mkdirSync(project, { recursive: true });
    fs.writeFileSync(path.join(project, `Pulumi.${STACK}.yaml`), ""); // not the sample's
    stack = await openStack(engine, { folder: args.folder, stack: STACK, kubeconfig: args.kubeconfig });
    const authorities = [ca, ...(choice.kind === "outside" && choice.ca !== undefined ? [choice.ca] : [])];
    await configure(stack, { keys, issuer, authorities, storageClass, extra: args.config });
    log("\npulumi up");
    const upEnds = new AbortController();
    const certificate = issueCertificate(client, authority, AbortSignal.any([signal, upEnds.signal]));
    try {
      await stack.up({ onOutput: (text) => process.stdout.write(text), signal: args.signal });
    } finally {
      upEnds.abort();
      await certificate;
    }

    const ports = {
      ingress: await forward(kubectl, at("ingress"), signal),
      ...(issuerPort.port !== undefined && { issuer: issuerPort.port }),
    };
    tellOfMail(kubectl, log, signal);
    const start = (await issuer.link?.()) ?? `https://${hosts.webmail}/`;
    const files = [hosts.webmail, ...(choice.kind === "outside" ? [] : [services.issuer])];
    return {
      browser: { ports, spki: files.map((name) => spki(path.join(authorityFolder, `${name}.pem`))) },
      issuer,
      stack,
      client,
      kubectl,
      authority,
      keys,
      start,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The options that let Chromium, Chrome, Brave or Edge find and trust the throwaway names, and nothing else. */
export function browserOptions({ ports, spki: keys }: LiveSandbox["browser"]): string[] {
  const rules = [
    `MAP ${hosts.webmail}:443 127.0.0.1:${ports.ingress}`,
    `MAP ${hosts.mail}:443 127.0.0.1:${ports.ingress}`,
    ...(ports.issuer === undefined ? [] : [`MAP ${services.issuer}:443 127.0.0.1:${ports.issuer}`]),
  ];
  return [
    "--user-data-dir=/tmp/homelab-mail-browser",
    `--host-resolver-rules=${rules.join(", ")}`,
    `--ignore-certificate-errors-spki-list=${keys.join(",")}`,
  ];
}

/** What to do next, for a person at a terminal. */
export function whatToTry(live: LiveSandbox): string {
  const options = browserOptions(live.browser).map((option) => `'${option}'`);
  const signIn =
    live.start === `https://${hosts.webmail}/`
      ? `The stand-in for Pocket ID asks for a name: type ${person.name}.`
      : `This link signs ${person.display} in at Pocket ID, once; then open https://${hosts.webmail}/ in the same window.`;
  return `
The stack is up, and mail flows. Its names and certificates are made up, so a browser must be told of them:

  chromium ${options.join(" \\\n    ")} \\
    '${live.start}'

${signIn}
A first message is in the inbox. Write to friend@elsewhere.test: here you see it leave, and an answer comes back.
`;
}

export { removeWorld };
