import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultImages } from "../../../config/images";
import { followLog, type KubeObject, keepPortForward, portForward, type TimedKubectl } from "../../../lib/kubectl";
import type { PrivateCa } from "../ca";
import type { KubeClient } from "../cluster/kube";
import { FaultyProxyTunnel } from "../fakes/provider/faultyProxyTunnel";
import type { ExternalHost } from "../node";
import { startOnExternalHost } from "./externalHost";
import { ingressObjects } from "./ingress";
import { fakeIssuerObjects, type IssuerChoice, pocketIdObjects } from "./issuer";
import { appsNamespace, environmentNamespace, hosts, services, stackNamespace } from "./names";
import { dovecotPorts, providerObjects, providerUsers, TUNNEL_PORT } from "./provider";
import type { EnvironmentKeys, Provider, TestEnvironment } from "./types";
import { Workload } from "./workload";

const FIELD_MANAGER = "?fieldManager=homelab-mail-sandbox&force=true";
const READY_LIMIT_MS = 600_000; // images may have to be pulled

const namespace = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

/** A certificate of the throwaway CA, as the Secret that pods mount. */
export function tlsSecret(name: string, space: string, ca: PrivateCa, ...names: [string, ...string[]]): KubeObject {
  const { cert, key } = ca.issue(...names);
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name, namespace: space },
    stringData: { "tls.crt": readFileSync(cert, "utf8"), "tls.key": readFileSync(key, "utf8") },
  };
}

export interface EnvironmentArgs {
  readonly client: KubeClient;
  readonly kubectl: TimedKubectl;
  readonly ca: PrivateCa;
  readonly keys: EnvironmentKeys;
  readonly issuer: IssuerChoice["kind"];
  readonly storageClass: string;
  /** An image with Dovecot and Python in it. */
  readonly providerImage: string;
  /** A host outside the cluster, for mail provider and issuer. @default both are in the cluster */
  readonly externalHost: ExternalHost | undefined;
  readonly signal: AbortSignal;
}

/** A program that is not in its image never starts, however long one waits. */
const HOPELESS = /executable file not found|no such file or directory/;

/** What keeps pods from starting, in the kubelet's words. */
async function troubles(client: KubeClient): Promise<string[]> {
  const pods = await client.list("v1", "Pod", environmentNamespace);
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
    const deployments = await client.list("apps/v1", "Deployment", environmentNamespace);
    const waiting = deployments.filter(({ status }) => !status?.readyReplicas).map(({ metadata }) => metadata.name);
    if (waiting.length === 0) return;
    const said = await troubles(client);
    if (Date.now() > deadline || said.some((text) => HOPELESS.test(text))) {
      throw new Error(
        [
          `${waiting.join(", ")} did not come up`,
          ...said,
          `See: kubectl -n ${environmentNamespace} describe pods; kubectl -n ${environmentNamespace} logs deploy/${waiting[0]} --all-containers`,
        ].join("\n"),
      );
    }
    await sleep(500);
  }
}

/** The provider and the issuer as pods of the environment's namespace. */
function inCluster({ ca, keys, issuer, providerImage, storageClass }: EnvironmentArgs): KubeObject[] {
  const issuerObjects = {
    fake: fakeIssuerObjects,
    "pocket-id": () => pocketIdObjects({ keys, storageClass }),
    existing: () => [],
  };
  return [
    tlsSecret("provider-tls", environmentNamespace, ca, services.provider),
    tlsSecret("issuer-tls", environmentNamespace, ca, services.issuer),
    ...providerObjects(providerImage, keys.passwords),
    ...issuerObjects[issuer](),
  ];
}

/** Puts the faulty proxy, which runs on this machine, in front of the provider as long as there are faults. */
function faultInjector({ kubectl, ca, signal }: EnvironmentArgs): Provider["injectFaults"] {
  const certificate = ca.issue(services.provider);
  let end: () => Promise<void> = async () => {};
  return async (switched) => {
    await end();
    end = async () => {};
    if (Object.keys(switched).length === 0) return;
    const over = new AbortController();
    const forward = (port: number): Promise<number> => {
      const target = { namespace: environmentNamespace, target: "deployment/provider", port };
      return portForward(kubectl, target, AbortSignal.any([signal, over.signal]));
    };
    const tunnel = await FaultyProxyTunnel.open(certificate, {
      tunnel: await forward(TUNNEL_PORT),
      dovecot: await forward(dovecotPorts.imap),
    });
    tunnel.inject(switched);
    end = async () => {
      await tunnel.close();
      over.abort();
    };
  };
}

/** What tests can do to them through the cluster's API. */
async function controlsInCluster(args: EnvironmentArgs): Promise<TestEnvironment> {
  const { client, kubectl, keys, issuer, signal } = args;
  const provider = new Workload(client, environmentNamespace, "provider");
  const pod = new Workload(client, environmentNamespace, "issuer");
  return {
    provider: {
      host: services.provider,
      passwords: keys.passwords,
      setPassword: async (mailbox, password) => {
        keys.passwords[mailbox] = password;
        await client.apply(providerUsers(keys.passwords), FIELD_MANAGER);
        await provider.stop();
        await provider.start();
      },
      injectFaults: faultInjector(args),
      followLog: (onLine, until) => {
        const where = { namespace: environmentNamespace, workload: "deployment/provider", container: "smtp" };
        followLog(kubectl, where, onLine, until);
      },
    },
    issuer:
      issuer === "existing"
        ? undefined
        : {
            url: `https://${services.issuer}`,
            at: {
              host: "127.0.0.1",
              port: await keepPortForward(
                kubectl,
                { namespace: environmentNamespace, target: "service/issuer", port: 443 },
                signal,
              ),
            },
            stop: () => pod.stop(),
            kill: () => pod.stop(), // the kubelet ends every container with SIGTERM first
            start: () => pod.start(),
          },
  };
}

/**
 * Creates a mail provider, an issuer and browser access, and waits until they are ready. All of it is in one namespace,
 * except for what runs outside the cluster.
 */
export async function createEnvironment(args: EnvironmentArgs): Promise<TestEnvironment> {
  const { client, ca, externalHost, signal } = args;
  const objects = [
    namespace(environmentNamespace),
    tlsSecret("ingress-tls", environmentNamespace, ca, hosts.webmail, hosts.mail),
    ...ingressObjects(defaultImages.roundcube),
    ...(externalHost ? [] : inCluster(args)),
  ];
  for (const object of objects) await client.apply(object, FIELD_MANAGER);
  await untilReady(client, signal);
  return externalHost ? startOnExternalHost(externalHost, ca, args.keys.passwords) : controlsInCluster(args);
}

/** Deletes all namespaces of a run, and all that is in them. Waits until they are gone. */
export async function deleteEnvironment(client: KubeClient): Promise<boolean> {
  const spaces = [environmentNamespace, stackNamespace, appsNamespace].map(namespace);
  const there: KubeObject[] = [];
  for (const space of spaces) if (await client.read(space)) there.push(space);
  for (const space of there) await client.delete(space);
  for (const space of there) while (await client.read(space)) await sleep(500);
  return there.length > 0;
}
