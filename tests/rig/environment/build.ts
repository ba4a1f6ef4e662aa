import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultImages } from "../../../config/images";
import type { Authority } from "../ca";
import type { KubeClient, KubeObject } from "../cluster/kube";
import type { Outside } from "../node";
import { beyondCluster } from "./externalHost";
import { follow, forward, type Kubectl } from "./forward";
import { ingressObjects } from "./ingress";
import { type IssuerChoice, pocketIdObjects, standInIssuerObjects } from "./issuer";
import { appsNamespace, hosts, services, stackNamespace, worldNamespace } from "./names";
import { providerObjects, providerUsers } from "./provider";
import type { Keys, World } from "./types";
import { Workload } from "./workload";

const FIELD_MANAGER = "?fieldManager=homelab-mail-sandbox&force=true";
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

export interface WorldArgs {
  readonly client: KubeClient;
  readonly kubectl: Kubectl;
  readonly authority: Authority;
  readonly keys: Keys;
  readonly issuer: IssuerChoice["kind"];
  readonly storageClass: string;
  /** An image with Dovecot and Python in it. */
  readonly providerImage: string;
  /** A machine beyond the cluster, for provider and stand-in. @default both are in the cluster */
  readonly outside: Outside | undefined;
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

/** The provider and the issuer as pods of the world's namespace. */
function inCluster({ authority, keys, issuer, providerImage, storageClass }: WorldArgs): KubeObject[] {
  const issuerObjects = {
    "stand-in": standInIssuerObjects,
    "pocket-id": () => pocketIdObjects({ keys, storageClass }),
    existing: () => [],
  };
  return [
    tlsSecret("provider-tls", worldNamespace, authority, services.provider),
    tlsSecret("issuer-tls", worldNamespace, authority, services.issuer),
    ...providerObjects(providerImage, keys.passwords),
    ...issuerObjects[issuer](),
  ];
}

/** The hands that one has on them through the cluster's API. */
async function handsOn({ client, kubectl, keys, issuer, signal }: WorldArgs): Promise<World> {
  const provider = new Workload(client, worldNamespace, "provider");
  const pod = new Workload(client, worldNamespace, "issuer");
  return {
    provider: {
      host: services.provider,
      passwords: keys.passwords,
      setPassword: async (mailbox, password) => {
        keys.passwords[mailbox] = password;
        await client.apply(providerUsers(keys.passwords), FIELD_MANAGER);
        await provider.away();
        await provider.back();
      },
      follow: (onLine, until) => {
        const where = { namespace: worldNamespace, workload: "deployment/provider", container: "smtp" };
        follow(kubectl, where, onLine, until);
      },
    },
    issuer:
      issuer === "existing"
        ? undefined
        : {
            url: `https://${services.issuer}`,
            at: {
              host: "127.0.0.1",
              port: await forward(kubectl, { namespace: worldNamespace, service: "issuer", port: 443 }, signal),
            },
            away: () => pod.away(),
            back: () => pod.back(),
          },
  };
}

/**
 * Puts up a provider, an issuer and a way in for browsers, and waits until they answer. All is in a namespace of its own,
 * but for those who are outside.
 */
export async function buildWorld(args: WorldArgs): Promise<World> {
  const { client, authority, outside, signal } = args;
  const objects = [
    namespace(worldNamespace),
    tlsSecret("ingress-tls", worldNamespace, authority, hosts.webmail, hosts.mail),
    ...ingressObjects(defaultImages.roundcube),
    ...(outside ? [] : inCluster(args)),
  ];
  for (const object of objects) await client.apply(object, FIELD_MANAGER);
  await untilReady(client, signal);
  return outside ? beyondCluster(outside, authority, args.keys.passwords) : handsOn(args);
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
