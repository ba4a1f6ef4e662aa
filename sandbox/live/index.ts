import * as fs from "node:fs";
import { request } from "node:https";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "@pulumi/pulumi/automation";
import { type Engine, findEngine, openStack, projectFolder } from "../engine";
import { KubeClient, type KubeObject } from "../kube";
import type { Log } from "../log";
import { findTools } from "../tools/find";
import { Authority, spki } from "./authority";
import { follow, forward, type Kubectl } from "./forward";
import { type Ask, furnishPocketId, issuerUrl } from "./issuer";
import { domain, hosts, people, person, services, stackNamespace, worldNamespace } from "./names";
import { buildWorld, type Keys, newKeys, removeWorld, tlsSecret } from "./world";

const STACK = "live";
const TLS_SECRET = "family-tls";

export interface LiveArgs {
  /** Where the project, its state and the throwaway authority go. */
  readonly folder: string;
  readonly kubeconfig: string;
  /** One's own cluster, which pulls the real images and is tidied up; otherwise a node that ends as a whole. */
  readonly ownCluster: boolean;
  /** Further configuration keys, for example storage.className. */
  readonly config: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** The whole stack with everything that it needs around it, on a cluster. */
export interface LiveSandbox {
  /** How a browser gets in. */
  readonly browser: { readonly ports: { readonly ingress: number; readonly issuer: number }; readonly spki: string[] };
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

async function configure(
  stack: Stack,
  client: KubeClient,
  keys: Keys,
  authority: Authority,
  extra: LiveArgs["config"],
) {
  const plain: Record<string, string> = {
    domain,
    namespace: stackNamespace,
    "storage.className": await defaultStorageClass(client),
    "storage.size": "1Gi",
    "identity.issuer": issuerUrl,
    "tls.secretName": TLS_SECRET,
    "ingress.className": "nginx",
    "ingress.namespace": worldNamespace,
    "service.type": "ClusterIP",
    "provider.imap.host": services.provider,
    "provider.smtp.host": services.provider,
    "mailboxes.kinga.displayName": person.display,
    "trust.certificates[0]": fs.readFileSync(authority.cert, "utf8"),
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

const pocketId =
  (port: number, apiKey: string, authority: Authority): Ask =>
  (method, target, body) =>
    new Promise((resolve, reject) => {
      const call = request(
        {
          host: "127.0.0.1",
          port,
          path: target,
          method,
          servername: services.issuer,
          ca: fs.readFileSync(authority.cert),
          headers: { host: services.issuer, "X-API-Key": apiKey, "Content-Type": "application/json" },
        },
        async (response) => {
          let text = "";
          for await (const chunk of response) text += chunk;
          resolve({ status: response.statusCode ?? 0, body: text ? JSON.parse(text) : {} });
        },
      );
      call.on("error", reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });

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
  const ca = path.join(args.folder, "authority");
  fs.mkdirSync(ca, { mode: 0o700 });
  const authority = new Authority(ca);

  let stack: Stack | undefined;
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
  };
  try {
    log(`Putting up a make-believe provider, an issuer and a way in, in namespace ${worldNamespace}`);
    if (!args.ownCluster) log("NOTE: no image can be pulled here. Stand-ins play Stalwart and Pocket ID.");
    await buildWorld({ client, authority, keys, realIssuer: args.ownCluster, signal });

    const project = projectFolder(args.folder);
    fs.mkdirSync(project, { recursive: true });
    fs.writeFileSync(path.join(project, `Pulumi.${STACK}.yaml`), ""); // not the sample's
    stack = await openStack(engine, { folder: args.folder, stack: STACK, kubeconfig: args.kubeconfig });
    await configure(stack, client, keys, authority, args.config);
    log("\npulumi up");
    const upEnds = new AbortController();
    const certificate = issueCertificate(client, authority, AbortSignal.any([signal, upEnds.signal]));
    try {
      await stack.up({ onOutput: (text) => process.stdout.write(text), signal: args.signal });
    } finally {
      upEnds.abort();
      await certificate;
    }

    const at = (service: string) => ({ namespace: worldNamespace, service, port: 443 });
    const ports = {
      ingress: await forward(kubectl, at("ingress"), signal),
      issuer: await forward(kubectl, at("issuer"), signal),
    };
    tellOfMail(kubectl, log, signal);
    const start = args.ownCluster
      ? await furnishPocketId(pocketId(ports.issuer, keys.api, authority))
      : `https://${hosts.webmail}/`;
    const certificates = ["webmail", "issuer"] as const;
    const files = { webmail: `${hosts.webmail}.pem`, issuer: `${services.issuer}.pem` };
    return {
      browser: { ports, spki: certificates.map((name) => spki(path.join(ca, files[name]))) },
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
    `MAP ${services.issuer}:443 127.0.0.1:${ports.issuer}`,
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
