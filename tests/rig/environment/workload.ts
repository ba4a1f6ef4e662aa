import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../cluster/kube";

/** A Deployment of one pod, which can be stopped and started. */
export class Workload {
  constructor(
    private readonly client: KubeClient,
    private readonly namespace: string,
    private readonly name: string,
  ) {}

  /** Waits until its pod is deleted: a terminating one still answers. */
  async stop(): Promise<void> {
    await this.scale(0);
    const own = new RegExp(`^${this.name}-[0-9a-f]+-[0-9a-z]{5}$`);
    const left = async (): Promise<boolean> =>
      (await this.client.list("v1", "Pod", this.namespace)).some(({ metadata }) => own.test(metadata.name));
    while (await left()) await sleep(200);
  }

  /** Waits until it is ready. Fails after `seconds`. */
  async start(seconds = 300): Promise<void> {
    await this.scale(1);
    const { namespace, name } = this;
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace } };
    const deadline = Date.now() + seconds * 1000;
    while ((await this.client.read(deployment))?.status?.readyReplicas !== 1) {
      if (Date.now() > deadline) throw new Error(`${name} is not ready within ${seconds} s`);
      await sleep(500);
    }
  }

  private async scale(replicas: number): Promise<void> {
    const target = `/apis/apps/v1/namespaces/${this.namespace}/deployments/${this.name}`;
    await this.client.request("PATCH", target, { spec: { replicas } }, "application/merge-patch+json");
  }
}
