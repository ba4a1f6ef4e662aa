import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import * as core from "@pulumi/kubernetes/core/v1";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { labels, metricsUser, names } from "../../config/names";
import type { Mailbox, Monitoring as MonitoringConfig } from "../../config/types";
import { dashboard } from "./dashboard";
import { fetcherMonitor, GROUP, serverMonitor } from "./monitors";
import { ruleGroups } from "./rules";

export interface MonitoringArgs extends MonitoringConfig {
  /** Namespace that holds the whole stack. */
  readonly stackNamespace: Input<string>;
  readonly mailboxes: readonly Pick<Mailbox, "name">[];
  /** What the metrics are read with. @default generated */
  readonly generatedPassword?: Output<string> | undefined;
}

/** What watches the stack: PodMonitors, alerts and a dashboard, and the heartbeat's address. */
export class Monitoring extends ComponentResource {
  /** What the mail server's metrics are read with; absent when nobody reads them. Secret. */
  readonly metricsPassword?: Output<string>;
  /** Name of the Secret with the heartbeat's address; absent when there is none. */
  readonly heartbeat?: Output<string>;

  constructor(name: string, args: MonitoringArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:monitoring:Monitoring", name, {}, opts);
    const own = { parent: this };
    const namespace = args.stackNamespace;
    const meta = (objectName: string, more: Readonly<Record<string, string>> = {}, where = namespace) => ({
      name: objectName,
      namespace: where,
      labels: { ...labels(objectName), ...more },
    });

    if (args.heartbeat) {
      this.heartbeat = new core.Secret(
        names.secrets.heartbeat,
        { metadata: meta(names.secrets.heartbeat), stringData: { url: args.heartbeat.url } },
        own,
      ).metadata.name;
    }

    if (args.enabled) {
      const password = secret(
        args.generatedPassword ??
          new random.RandomPassword(names.secrets.metrics, { length: 32, special: false }, own).result,
      );
      this.metricsPassword = password;
      const login = new core.Secret(
        names.secrets.metrics,
        { metadata: meta(names.secrets.metrics), stringData: { username: metricsUser, password } },
        own,
      );
      const operators = (kind: string, objectName: string, spec: object): CustomResource =>
        new CustomResource(
          `${objectName}-${kind.toLowerCase()}`,
          { apiVersion: `${GROUP}/v1`, kind, metadata: meta(objectName, args.labels), spec },
          own,
        );
      operators("PodMonitor", names.fetchmail, fetcherMonitor());
      operators("PodMonitor", names.stalwart, serverMonitor(login.metadata.name));

      const mailboxes = args.mailboxes.map((mailbox) => mailbox.name);
      const watched = output(namespace).apply((space) => ({ namespace: space, mailboxes }));
      operators("PrometheusRule", names.alerts, { groups: watched.apply(ruleGroups) });

      const { label, labelValue, namespace: elsewhere } = args.dashboard;
      new core.ConfigMap(
        names.dashboard,
        {
          // Named for the stack: Grafana's namespace may hold those of others.
          metadata: meta(names.dashboard, { [label]: labelValue }, elsewhere ?? namespace),
          data: { [`${names.dashboard}.json`]: watched.apply((stack) => `${JSON.stringify(dashboard(stack))}\n`) },
        },
        own,
      );
    }
    this.registerOutputs({ heartbeat: this.heartbeat });
  }
}
