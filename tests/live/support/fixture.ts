import { globSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { EngineEvent, PulumiFn } from "@pulumi/pulumi/automation";
import type { KubeObject } from "../../../lib/kubectl";
import { kubectlFor } from "../../../sandbox/client";
import { type LiveSandbox, startLiveSandbox } from "../../../sandbox/live/stack";
import { KubeClient } from "../../rig/cluster/kube";
import { ProcessFolder, sweep } from "../../rig/cluster/processes";
import { appsNamespace, externalNames, stackNamespace, testUser } from "../../rig/environment/names";
import { Workload } from "../../rig/environment/workload";
import { buildImages } from "../../rig/images";
import { type LiveNode, startNode } from "../../rig/node";
import { eventually } from "../../support/wait";
import { MailProgram } from "./mail";
import type { Options } from "./options";
import { type Probe, startProbe } from "./probe";
import { signIn } from "./signIn";

/** The stack that all scenarios share, and what they do to it. */
export class LiveFixture {
  readonly options: Options = JSON.parse(process.env.HOMELAB_MAIL_LIVE ?? '{"issuer":{"kind":"fake"},"config":{}}');
  /** A pod of somebody else's app. */
  readonly app: Probe = { namespace: appsNamespace, name: "probe" };
  live!: LiveSandbox;
  /** The user's programs. */
  programs!: MailProgram;
  token!: string;
  mailServer!: Workload;
  /** Undefined on the user's cluster. */
  node: LiveNode | undefined;
  private readonly said: string[] = [];
  private readonly closing = new AbortController();
  private place!: ProcessFolder;

  /** Where the project, its state and the CA are. */
  get folder(): string {
    return this.place.path;
  }

  /** Puts everything up. */
  async open(): Promise<void> {
    const { kubeconfig, issuer, config, providerImage } = this.options;
    const log = (line: string): void => {
      this.said.push(line);
    };
    if (kubeconfig === undefined) await sweep();
    this.place = ProcessFolder.temporary();
    if (kubeconfig === undefined) {
      const images = await buildImages(log);
      const externalHost = this.options.inCluster ? [] : Object.values(externalNames);
      this.node = await startNode({ folder: this.place, log, externalHost });
      this.node.importImages(images);
    }
    const client =
      kubeconfig === undefined
        ? (this.node as LiveNode).client
        : await KubeClient.throughKubectl(await kubectlFor(kubeconfig, log), this.closing.signal);
    this.live = await startLiveSandbox(
      {
        issuer,
        ...(providerImage !== undefined && { providerImage }),
        ...(this.node?.externalHost && { externalHost: this.node.externalHost }),
        // The node simulates a load balancer; the user's cluster needs no further address.
        config: { ...(this.node && { "service.type": "LoadBalancer" }), ...config },
        folder: this.place.path,
        kubeconfig: kubeconfig ?? (this.node as LiveNode).kubeconfig,
        client,
        fakes: kubeconfig === undefined,
        clusterStays: kubeconfig !== undefined,
        signal: new AbortController().signal,
      },
      log,
    );
    this.mailServer = new Workload(this.live.client, stackNamespace, "stalwart");
    await this.probe(this.app);
    this.programs = new MailProgram(this.live, this.app);
    this.token = await signIn(this.live, testUser.name);
  }

  async close(): Promise<void> {
    await this.live?.close();
    this.closing.abort();
    await this.place?.stop();
  }

  /** Starts a pod from which things are tried. */
  probe(probe: Probe, labels: Record<string, string> = {}): Promise<Probe> {
    const image = this.options.config["images.fetchmail"];
    return startProbe(this.live.client, probe, { labels, ...(image && { image }) });
  }

  /** What the provider told of a message that left through it. */
  left(subject: string): string | undefined {
    return this.said.find((line) => line.startsWith("MAIL LEFT") && line.includes(subject));
  }

  /** What the provider told of a message to an address that only it has. */
  keptAtProvider(subject: string): string | undefined {
    return this.said.find((line) => line.startsWith("MAIL KEPT") && line.includes(subject));
  }

  /** The stack's pods that stay, by what they belong to: uid and restarts. */
  async pods(): Promise<Record<string, string>> {
    const found = await this.live.client.list("v1", "Pod", stackNamespace);
    return Object.fromEntries(
      found
        .filter(({ metadata }) => !metadata.labels?.["job-name"] && !metadata.deletionTimestamp)
        .map(({ metadata, status }) => [
          metadata.labels["app.kubernetes.io/instance"] ?? metadata.name,
          `${metadata.uid} restarts=${status.containerStatuses?.[0]?.restartCount}`,
        ]),
    );
  }

  /** `pulumi up`, by another release's program where one is given: what it changed, by kind of step. Fails with all that it said. */
  async up(program?: PulumiFn): Promise<Record<string, number>> {
    let changes: Record<string, number> = {};
    let text = "";
    const onEvent = ({ summaryEvent }: EngineEvent): void => {
      if (summaryEvent) changes = { ...summaryEvent.resourceChanges };
    };
    const onOutput = (piece: string): void => {
      text += piece;
    };
    await this.live.stack.up({ onEvent, onOutput, ...(program && { program }) }).catch((error: Error) => {
      throw new Error(`${text}\n${error.message}`);
    });
    return changes;
  }

  /** Sets a key of the stack's configuration. */
  async set(key: string, value: string, { secret = false } = {}): Promise<void> {
    await this.live.stack.setConfig(key, { value, secret }, true);
  }

  async readyMailServer(): Promise<KubeObject> {
    const found = await this.live.client.list("v1", "Pod", stackNamespace);
    const ready = found.find(
      ({ metadata, status }) =>
        metadata.labels?.["app.kubernetes.io/name"] === "stalwart" &&
        !metadata.deletionTimestamp &&
        status.conditions?.some((c: KubeObject) => c.type === "Ready" && c.status === "True"),
    );
    if (!ready) throw new Error("no mail server is ready");
    return ready;
  }

  /** Kills a pod without letting it end. */
  async kill(namespace: string, name: string): Promise<void> {
    await this.live.client.request("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 0 });
  }

  inInbox(subject: string, seconds = 120): Promise<string[]> {
    return eventually(
      `"${subject}" in the inbox`,
      async () => {
        const subjects = await this.programs.subjects(testUser.name, this.token);
        return subjects.includes(subject) ? subjects : undefined;
      },
      { seconds },
    );
  }

  /**
   * Everything is killed at once and comes back in the worst order: the mail server before the network's rules and the
   * cluster's names, and the issuer not until it is started. The provider is not at home: it stays. On the user's cluster
   * the stack's pods are killed, and the issuer is unreachable.
   */
  async powerCut(): Promise<void> {
    const { issuer } = this.live.environment;
    await issuer?.kill();
    if (this.node) {
      await this.node.powerCut();
      this.giveNumbersAway();
      await this.node.powerOn({ lateMs: 10_000 });
    } else {
      const pods = await this.live.client.list("v1", "Pod", stackNamespace);
      await Promise.all(pods.map(({ metadata }) => this.kill(stackNamespace, metadata.name)));
    }
  }

  /**
   * What pods have written of their processes' numbers outlives a power cut. In a new container the number is anybody's;
   * here it is the first process's, so that who believes the file fails each time, not one time in ten.
   */
  private giveNumbersAway(): void {
    for (const file of globSync(path.join(this.folder, "kubelet/pods/*/volumes/kubernetes.io~empty-dir/**/*.pid"))) {
      writeFileSync(file, "1\n");
    }
  }
}
