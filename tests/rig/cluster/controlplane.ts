import { generateKeyPairSync, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, parseAllDocuments, stringify } from "yaml";
import type { KubeObject } from "../../../lib/kubectl";
import { findTools } from "../tools/find";
import type { Log } from "../tools/log";
import { KubeClient } from "./kube";
import { freePorts, type ProcessFolder } from "./processes";

const START_LIMIT_MS = 90_000;

/** A running control plane: an API server with everything behind it, on loopback ports. */
export interface ControlPlane {
  readonly folder: ProcessFolder;
  readonly kubeconfig: string;
  readonly client: KubeClient;
}

export async function until(what: string, folder: ProcessFolder, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await check().catch(() => false))) {
    folder.assertAlive();
    if (Date.now() > deadline)
      throw new Error(`${what} did not come up within ${START_LIMIT_MS / 1000} s; logs are in ${folder.path}`);
    await sleep(100);
  }
}

function kubeconfigText(server: string, token: string, ca: string): string {
  const name = "homelab-mail-sandbox";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
    users: [{ name, user: { token } }],
  });
}

/** The client for a kubeconfig that this file wrote. */
export function clientOf(kubeconfig: string): KubeClient {
  const { clusters, users } = parse(fs.readFileSync(kubeconfig, "utf8"));
  const { server, "certificate-authority-data": ca } = clusters[0].cluster;
  return KubeClient.direct({ server, token: users[0].user.token, ca: Buffer.from(ca, "base64").toString() });
}

/** Where a control plane runs, and for whom. */
export interface ApiServerHost {
  /** Starts a program there. */
  start(program: string, args: readonly string[]): void;
  /** The address that everybody finds the API server at. */
  readonly address: string;
  readonly ports: readonly [etcd: number, peer: number, api: number];
  readonly serviceRange: string;
}

/** This machine's loopback interface, for a control plane whose pods are simulated. */
const onLoopback = async (folder: ProcessFolder): Promise<ApiServerHost> => ({
  start: (program, args) => void folder.start(program, args),
  address: "127.0.0.1",
  ports: (await freePorts(3)) as [number, number, number],
  serviceRange: "10.96.0.0/16",
});

/** Keys and tokens of a cluster, made once for its folder. */
function writeSecrets(folder: ProcessFolder): string {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const privatePem = privateKey.export({ type: "pkcs8", format: "pem" });
  fs.writeFileSync(folder.file("service-accounts.key"), privatePem, { mode: 0o600 });
  fs.writeFileSync(folder.file("service-accounts.pub"), publicKey.export({ type: "spki", format: "pem" }));
  const token = randomBytes(24).toString("hex");
  fs.writeFileSync(folder.file("tokens.csv"), `${token},sandbox,sandbox,system:masters\n`, { mode: 0o600 });
  return token;
}

/** etcd and the API server, of a folder that has its keys; started again, they find what they knew. */
export function runApiServer(folder: ProcessFolder, tools: Record<string, string>, place: ApiServerHost): void {
  const [etcdPort, peerPort, apiPort] = place.ports;
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  place.start(tools.etcd as string, [
    `--data-dir=${folder.file("etcd")}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    "--unsafe-no-fsync", // throwaway: speed over surviving a power cut
    "--log-level=warn",
  ]);

  place.start(tools["kube-apiserver"] as string, [
    `--etcd-servers=${etcdUrl}`,
    `--cert-dir=${folder.file("certs")}`,
    `--secure-port=${apiPort}`,
    `--bind-address=${place.address}`,
    `--advertise-address=${place.address}`,
    // It refuses to publish a loopback address.
    ...(place.address.startsWith("127.") ? ["--endpoint-reconciler-type=none"] : []),
    `--token-auth-file=${folder.file("tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${folder.file("service-accounts.pub")}`,
    `--service-account-signing-key-file=${folder.file("service-accounts.key")}`,
    `--service-cluster-ip-range=${place.serviceRange}`,
    "--kubelet-preferred-address-types=InternalIP", // nobody outside knows a node's name
    "--allow-privileged=true", // as every distribution sets it: what refuses such pods is the namespace
    "--profiling=false",
  ]);
}

/** The API server for the first time, with keys of its own; gives the kubeconfig that leads to it. */
export async function startApiServer(
  folder: ProcessFolder,
  tools: Record<string, string>,
  place: ApiServerHost,
): Promise<{ kubeconfig: string; client: KubeClient }> {
  const token = writeSecrets(folder);
  runApiServer(folder, tools, place);
  const certificate = folder.file("certs", "apiserver.crt");
  await until("the API server's certificate", folder, async () => fs.existsSync(certificate));
  const kubeconfig = folder.file("kubeconfig");
  const server = `https://${place.address}:${place.ports[2]}`;
  fs.writeFileSync(kubeconfig, kubeconfigText(server, token, fs.readFileSync(certificate, "utf8")), { mode: 0o600 });
  const client = clientOf(kubeconfig);
  await until("the API server", folder, async () => {
    await client.request("GET", "/readyz");
    return true;
  });
  return { kubeconfig, client };
}

/** Flags that controllers and scheduler share. */
export const commonFlags = (kubeconfig: string): string[] => [
  `--kubeconfig=${kubeconfig}`,
  "--leader-elect=false",
  "--secure-port=0",
  "--profiling=false",
];

/** Flags of the controllers. */
export const controllerFlags = (folder: ProcessFolder, kubeconfig: string): string[] => [
  ...commonFlags(kubeconfig),
  `--service-account-private-key-file=${folder.file("service-accounts.key")}`,
  `--root-ca-file=${folder.file("certs", "apiserver.crt")}`,
  "--kube-api-qps=200",
  "--kube-api-burst=400",
];

/** Applies a file of manifests as one would on a new homelab; done again, it changes nothing. */
export async function applyManifests(client: KubeClient, file: string): Promise<void> {
  const objects = parseAllDocuments(fs.readFileSync(file, "utf8")).map((document) => document.toJS() as KubeObject);
  for (const object of objects) await client.apply(object, "?fieldManager=homelab-mail-sandbox&force=true");
}

/** What a control plane is started from. Building it takes minutes, and the internet. */
export const programs = ["controlPlane", "etcd", "kwok"] as const;

/** Starts a control plane in the folder and waits until it schedules pods and knows what a homelab knows. */
export async function startControlPlane(folder: ProcessFolder, log: Log, signal?: AbortSignal): Promise<ControlPlane> {
  const tools = await findTools([...programs], log);
  signal?.throwIfAborted();
  log("Starting etcd, the API server, the controllers, the scheduler and kwok");
  const { kubeconfig, client } = await startApiServer(folder, tools, await onLoopback(folder));
  await applyManifests(client, path.join(__dirname, "homelab.yaml"));

  folder.start(tools["kube-controller-manager"] as string, controllerFlags(folder, kubeconfig));
  // kwok ends itself when a kind that its stages name has no schema yet.
  await until("cert-manager's schema", folder, async () => {
    await client.request("GET", "/openapi/v3/apis/cert-manager.io/v1");
    return true;
  });
  folder.start(tools["kube-scheduler"] as string, [
    ...commonFlags(kubeconfig),
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ]);
  folder.start(tools.kwok as string, [
    `--kubeconfig=${kubeconfig}`,
    "--manage-all-nodes",
    "--node-lease-duration-seconds=40",
    "--node-port=0",
    `--config=${path.join(__dirname, "stages.yaml")}`,
  ]);
  await until("the node", folder, async () => {
    const [node] = await client.list("v1", "Node");
    const ready = node?.status?.conditions?.some((c: KubeObject) => c.type === "Ready" && c.status === "True");
    const account = await client.read({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "default" },
    });
    return ready && account !== undefined;
  });
  folder.assertAlive();
  return { folder, kubeconfig, client };
}
