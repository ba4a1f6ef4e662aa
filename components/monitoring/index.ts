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

export interface MonitoringArgs {
  /** Namespace that holds the whole stack. */
  readonly namespace: Input<string>;
  readonly monitoring: Pick<MonitoringConfig, "enabled" | "labels" | "dashboard" | "heartbeat">;
  readonly mailboxes: readonly Pick<Mailbox, "name">[];
  /** The password of the mail server's metrics. @default generated */
  readonly generatedPassword?: Output<string> | undefined;
}

/** Monitoring of the stack: PodMonitors, alerts, a dashboard, and the URL of the heartbeat. */
export class Monitoring extends ComponentResource {
  /** The password of the mail server's metrics; absent when monitoring is disabled. Secret. */
  readonly metricsPassword?: Output<string>;
  /** Name of the Secret with the heartbeat's URL; absent without a heartbeat. */
  readonly heartbeat?: Output<string>;

  constructor(name: string, args: MonitoringArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:monitoring:Monitoring", name, {}, opts);
    const childOpts = { parent: this };
    const { namespace, monitoring } = args;
    const meta = (objectName: string, more: Readonly<Record<string, string>> = {}, where = namespace) => ({
      name: objectName,
      namespace: where,
      labels: { ...labels(objectName), ...more },
    });

    if (monitoring.heartbeat) {
      this.heartbeat = new core.Secret(
        names.secrets.heartbeat,
        { metadata: meta(names.secrets.heartbeat), stringData: { url: monitoring.heartbeat.url } },
        childOpts,
      ).metadata.name;
    }

    if (monitoring.enabled) {
      const password = secret(
        args.generatedPassword ??
          new random.RandomPassword(names.secrets.metrics, { length: 32, special: false }, childOpts).result,
      );
      this.metricsPassword = password;
      const login = new core.Secret(
        names.secrets.metrics,
        { metadata: meta(names.secrets.metrics), stringData: { username: metricsUser, password } },
        childOpts,
      );
      const customObject = (kind: string, objectName: string, spec: object): CustomResource =>
        new CustomResource(
          `${objectName}-${kind.toLowerCase()}`,
          { apiVersion: `${GROUP}/v1`, kind, metadata: meta(objectName, monitoring.labels), spec },
          childOpts,
        );
      customObject("PodMonitor", names.fetchmail, fetcherMonitor());
      customObject("PodMonitor", names.stalwart, serverMonitor(login.metadata.name));

      const mailboxes = args.mailboxes.map((mailbox) => mailbox.name);
      const stack = output(namespace).apply((space) => ({ namespace: space, mailboxes }));
      customObject("PrometheusRule", names.alerts, { groups: stack.apply(ruleGroups) });

      const { label, labelValue, namespace: dashboardNamespace } = monitoring.dashboard;
      new core.ConfigMap(
        names.dashboard,
        {
          // Named after the stack, because Grafana's namespace may contain other dashboards.
          metadata: meta(names.dashboard, { [label]: labelValue }, dashboardNamespace ?? namespace),
          data: { [`${names.dashboard}.json`]: stack.apply((it) => `${JSON.stringify(dashboard(it))}\n`) },
        },
        childOpts,
      );
    }
    this.registerOutputs({ heartbeat: this.heartbeat });
  }
}
