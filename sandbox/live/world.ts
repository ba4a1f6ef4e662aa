import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultImages } from "../../config/images";
import type { KubeClient, KubeObject } from "../cluster/kube";
import type { Authority } from "./authority";
import { ingressObjects } from "./ingress";
import { type IssuerChoice, pocketIdObjects, standInIssuerObjects } from "./issuer";
import { appsNamespace, hosts, providerMailboxes, services, stackNamespace, worldNamespace } from "./names";
import { providerObjects } from "./provider";

const READY_LIMIT_MS = 600_000; // images may have to be pulled

const namespace = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

/** A certificate of the throwaway authority, as the Secret that pods mount. */
export function tlsSecret(
  name: string,
  space: string,
  authority: Authority,
  ...names: [string, ...string[]]
): KubeObject {
  const { cert, key } = authority.issue(...names);
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name, namespace: space },
    stringData: { "tls.crt": readFileSync(cert, "utf8"), "tls.key": readFileSync(key, "utf8") },
  };
}

/** What the make-believe world is furnished with, new at each start. */
export interface Keys {
  /** The provider's passwords, by mailbox. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly api: string;
  readonly encryption: string;
}

export const newKeys = (): Keys => {
  const text = (): string => randomBytes(24).toString("base64url");
  return {
    passwords: Object.fromEntries(providerMailboxes.map((name) => [name, text()])),
    api: text(),
    encryption: text(),
  };
};

export interface WorldArgs {
  readonly client: KubeClient;
  readonly authority: Authority;
  readonly keys: Keys;
  readonly issuer: IssuerChoice["kind"];
  readonly storageClass: string;
  /** An image with Dovecot and Python in it. */
  readonly providerImage: string;
  readonly signal: AbortSignal;
}

/** A program that is not in its image never starts, however long one waits. */
const HOPELESS = /executable file not found|no such file or directory/;

/** What keeps pods from starting, in the kubelet's words. */
async function troubles(client: KubeClient): Promise<string[]> {
  const pods = await client.list("v1", "Pod", worldNamespace);
  return pods.flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).flatMap(({ name, state, lastState }: KubeObject) => {
      const said = state?.waiting?.message ?? lastState?.terminated?.message;
      return said ? [`${metadata.labels.app}, container ${name}: ${said}`] : [];
    }),
  );
}

async function untilReady(client: KubeClient, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  for (;;) {
    signal.throwIfAborted();
    const deployments = await client.list("apps/v1", "Deployment", worldNamespace);
    const waiting = deployments.filter(({ status }) => !status?.readyReplicas).map(({ metadata }) => metadata.name);
    if (waiting.length === 0) return;
    const said = await troubles(client);
    if (Date.now() > deadline || said.some((text) => HOPELESS.test(text))) {
      throw new Error(
        [
          `${waiting.join(", ")} did not come up`,
          ...said,
          `See: kubectl -n ${worldNamespace} describe pods; kubectl -n ${worldNamespace} logs deploy/${waiting[0]} --all-containers`,
        ].join("\n"),
      );
    }
    await sleep(500);
  }
}

/** Puts a provider, an issuer and a way in for browsers into a namespace of their own, and waits until they answer. */
export async function buildWorld(args: WorldArgs): Promise<void> {
  const { client, authority, keys, issuer, providerImage, storageClass, signal } = args;
  const issuerObjects = {
    "stand-in": standInIssuerObjects,
    "pocket-id": () => pocketIdObjects({ keys, storageClass }),
    outside: () => [],
  };
  const objects = [
    namespace(worldNamespace),
    tlsSecret("provider-tls", worldNamespace, authority, services.provider),
    tlsSecret("issuer-tls", worldNamespace, authority, services.issuer),
    tlsSecret("ingress-tls", worldNamespace, authority, hosts.webmail, hosts.mail),
    ...providerObjects(providerImage, keys.passwords),
    ...issuerObjects[issuer](),
    ...ingressObjects(defaultImages.roundcube),
  ];
  for (const object of objects) await client.apply(object, "?fieldManager=homelab-mail-sandbox&force=true");
  await untilReady(client, signal);
}

/** All namespaces of a try, and all that is in them. Waits until they are gone. */
export async function removeWorld(client: KubeClient): Promise<boolean> {
  const spaces = [worldNamespace, stackNamespace, appsNamespace].map(namespace);
  const there: KubeObject[] = [];
  for (const space of spaces) if (await client.read(space)) there.push(space);
  for (const space of there) await client.delete(space);
  for (const space of there) while (await client.read(space)) await sleep(500);
  return there.length > 0;
}
