import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../../lib/kubectl";
import {
  type ApiServerHost,
  applyManifests,
  commonFlags,
  controllerFlags,
  runApiServer,
  startApiServer,
  until,
} from "../cluster/controlplane";
import type { KubeClient } from "../cluster/kube";
import type { ProcessFolder } from "../cluster/processes";
import type { ImageArchive } from "../images/archive";
import type { Log } from "../tools/log";
import { type ExternalHost, startExternalHost } from "./externalHost";
import {
  containerdSocket,
  NODE_NAME,
  POD_RANGE,
  SERVICE_RANGE,
  writeContainerdConfig,
  writeCorefile,
  writeKubeletConfig,
} from "./files";
import { namesOf, pauseImage } from "./image";
import { type NodeNamespace, startNodeNamespace } from "./namespace";
import { findPrograms } from "./programs";
import { assignLoadBalancerIPs, createLocalVolumes } from "./simulated";
import { ThrottledProcess } from "./throttle";

export type { ExternalHost } from "./externalHost";
export { whyNoNode } from "./namespace";
export { prepareNode } from "./programs";

export interface NodeOptions {
  /** Everything lives in it, and ends with it. */
  readonly folder: ProcessFolder;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Names that resolve to a host outside the cluster. @default there is no such host */
  readonly externalHost?: readonly string[];
}

export interface PowerOn {
  /** Milliseconds until the network's rules and the cluster's DNS are there, when all else is started. @default 0 */
  readonly lateMs?: number;
}

/** A whole Kubernetes node on this machine: real kubelet, real containers, real network policies. */
export class LiveNode {
  private readonly services: NodeJS.Timeout;
  private readonly policies: ThrottledProcess;

  private constructor(
    private readonly machine: NodeNamespace,
    private readonly tools: Readonly<Record<string, string>>,
    private readonly place: ApiServerHost,
    private readonly log: Log,
    /** Leads to the API server from this machine. */
    readonly kubeconfig: string,
    readonly client: KubeClient,
    /** The host outside the cluster, if names were given for it. */
    readonly externalHost: ExternalHost | undefined,
  ) {
    this.services = setInterval(() => void assignLoadBalancerIPs(client, machine.address).catch(() => {}), 1_000);
    this.services.unref();
    this.policies = new ThrottledProcess(machine, "kube-router");
  }

  static async start({ folder, log, signal, externalHost: names = [] }: NodeOptions): Promise<LiveNode> {
    const tools = await findPrograms(log);
    const pauseArchive = await pauseImage(folder, log);
    signal?.throwIfAborted();
    log("Starting a node: control plane, kubelet, containerd, kube-proxy, kube-router and CoreDNS");
    const machine = await startNodeNamespace(folder);
    const place: ApiServerHost = {
      start: (program, args) => machine.start(program, args),
      address: machine.address,
      ports: [2379, 2380, 6443],
      serviceRange: SERVICE_RANGE,
    };
    const { kubeconfig, client } = await startApiServer(folder, tools, place);
    await applyManifests(client, path.join(__dirname, "..", "cluster", "homelab.yaml"));
    const externalHost = names.length > 0 ? await startExternalHost(folder, machine) : undefined;
    const node = new LiveNode(machine, tools, place, log, kubeconfig, client, externalHost);
    writeContainerdConfig(machine);
    writeKubeletConfig(machine);
    writeCorefile(machine, kubeconfig, externalHost && { names, address: externalHost.address });
    node.startPods();
    await node.untilContainerdAnswers();
    node.importImages(pauseArchive);
    await createLocalVolumes(client, folder);
    await node.untilReady();
    node.startNetwork(); // kube-router ends itself while the kubelet has not told the node's address
    return node;
  }

  get address(): string {
    return this.machine.address;
  }

  private program(name: string): string {
    const file = this.tools[name];
    if (!file) throw new Error(`${name} is missing`);
    return file;
  }

  /** Controllers, scheduler, container runtime, kubelet. */
  private startPods(): void {
    const { machine, kubeconfig } = this;
    const { folder } = machine;
    machine.start(this.program("kube-controller-manager"), [
      ...controllerFlags(folder, kubeconfig),
      "--allocate-node-cidrs",
      `--cluster-cidr=${POD_RANGE}`,
      "--node-cidr-mask-size=16",
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
    ]);
    machine.start(this.program("kube-scheduler"), commonFlags(kubeconfig));
    const bin = path.dirname(this.program("containerd"));
    machine.start(this.program("containerd"), ["--config", folder.file("containerd.toml")], {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}:/usr/sbin:/sbin`,
    });
    machine.keepStarting(this.program("kubelet"), [
      `--config=${folder.file("kubelet.yaml")}`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${folder.file("kubelet")}`,
      `--cert-dir=${folder.file("kubelet-certs")}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${machine.address}`,
    ]);
  }

  /** Services, network policies, names. */
  private startNetwork(): void {
    const { machine, kubeconfig } = this;
    machine.start(this.program("kube-proxy"), [
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${NODE_NAME}`,
      `--cluster-cidr=${POD_RANGE}`,
      "--proxy-mode=iptables",
      // What these would set belongs to the machine outside.
      "--conntrack-max-per-core=0",
      "--conntrack-tcp-timeout-established=0",
      "--conntrack-tcp-timeout-close-wait=0",
    ]);
    this.startPolicies();
    machine.start(this.program("coredns"), ["-conf", machine.folder.file("Corefile")]);
  }

  private startPolicies(): void {
    this.machine.keepStarting(this.program("kube-router"), [
      `--kubeconfig=${this.kubeconfig}`,
      `--hostname-override=${NODE_NAME}`,
      "--run-firewall=true",
      "--run-router=false",
      "--run-service-proxy=false",
      "--run-loadbalancer=false",
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
    ]);
  }

  private ctr(...args: string[]): string {
    const socket = `--address=${containerdSocket(this.machine)}`;
    return this.machine.run(this.program("ctr"), socket, "-n", "k8s.io", ...args);
  }

  private untilContainerdAnswers(): Promise<void> {
    return until("containerd", this.machine.folder, async () => {
      this.ctr("version");
      return true;
    });
  }

  private untilReady(): Promise<void> {
    return until("the node", this.machine.folder, async () => {
      const node = await this.client.read({ apiVersion: "v1", kind: "Node", metadata: { name: NODE_NAME } });
      const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } };
      const ready = node?.status?.conditions?.some((c: KubeObject) => c.type === "Ready" && c.status === "True");
      return ready === true && (await this.client.read(account)) !== undefined;
    });
  }

  /** Makes images known under their names, for pods that ask for just these. */
  importImages({ archive, images }: ImageArchive): void {
    this.ctr("images", "import", "--local", archive);
    for (const { name, reference } of images) {
      const [imported = name, ...aliases] = namesOf(reference);
      for (const alias of aliases) this.ctr("images", "tag", "--force", imported, alias);
    }
  }

  /** Everything ends at once; what is on the disk stays. */
  async powerCut(): Promise<void> {
    await this.policies.resume();
    const { folder } = this.machine;
    await this.machine.killAll(Object.keys(this.tools));
    // What is in a machine's memory: mounts, addresses, rules, sockets.
    const mounts = `grep -F ' ${folder.path}/' /proc/mounts | cut -d' ' -f2 | sort -r | xargs -r -n 50 umount -l`;
    this.machine.run("sh", "-c", mounts);
    this.machine.run("sh", "-c", `rm -rf '${folder.file("containerd-state")}' '${folder.file("ipam")}'`);
    this.machine.run(
      "sh",
      "-c",
      "ip link delete cni0 || true; for t in filter nat mangle; do iptables -t $t -F; iptables -t $t -X; done; ipset destroy || true",
    );
  }

  async powerOn({ lateMs = 0 }: PowerOn = {}): Promise<void> {
    runApiServer(this.machine.folder, this.tools, this.place);
    await until("the API server", this.machine.folder, async () => {
      await this.client.request("GET", "/readyz");
      return true;
    });
    this.startPods();
    await sleep(lateMs);
    this.startNetwork();
    await this.untilReady();
  }

  /**
   * From now on a new pod's address enters the policies' rules later by up to this time, half of it on average, on top of
   * kube-router's own. 0 ends it.
   */
  setPolicyDelay(ms: number): Promise<void> {
    return ms === 0 ? this.policies.resume() : this.policies.throttle(ms);
  }

  async stop(): Promise<void> {
    clearInterval(this.services);
    await this.policies.resume();
    this.log("Taking the node down");
    await this.machine.folder.stop();
  }
}

export const startNode = (options: NodeOptions): Promise<LiveNode> => LiveNode.start(options);
