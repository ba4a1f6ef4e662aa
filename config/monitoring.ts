import { secret } from "@pulumi/pulumi";
import type { z } from "zod";
import { flag, map, optionalPort, optionalText, section, text } from "./kinds";
import * as rule from "./rules/values";
import type { Monitoring } from "./types";

/** What people can set about being watched. */
export const monitoring = section(
  {
    enabled: flag(false, {
      description: "Whether Prometheus watches the stack; needs the Prometheus operator's kinds in the cluster",
      example: "true",
    }),
    labels: map(rule.labelKey, [rule.labelValue], {
      description: "Labels by which the Prometheus operator selects the PodMonitors and the PrometheusRule",
      example: "release=kube-prometheus-stack",
    }),
    namespace: text("monitoring", { description: "The namespace of Prometheus: only it reads the server's metrics" }, [
      rule.dnsLabel,
    ]),
    dashboard: section(
      {
        namespace: optionalText(
          {
            description: "The namespace of the ConfigMap with the Grafana dashboard",
            derived: "namespace",
            example: "monitoring",
          },
          [rule.dnsLabel],
        ),
        label: text("grafana_dashboard", { description: "The label by which Grafana's sidecar finds it" }, [
          rule.labelKey,
        ]),
        labelValue: text("1", { description: "That label's value" }, [rule.labelValue]),
      },
      { description: "The Grafana dashboard" },
    ),
    heartbeat: optionalText(
      {
        description:
          "An address that is asked after every settings run that went well, as healthchecks.io and Uptime Kuma want it; works without the rest",
        secret: true,
        derived: "none",
      },
      [rule.heartbeatUrl],
      { verbatim: true },
    ),
    heartbeatPort: optionalPort({
      description: "The port on which the heartbeat's server takes it, when it is a pod behind a Service of another",
      derived: "of the address",
      example: "3001",
    }),
  },
  { description: "What watches the stack when nobody looks" },
);

/** A port that the network policies need is no secret; the address, which alone lets one ring, stays one. */
export function watching({ heartbeat, heartbeatPort, dashboard, ...rest }: z.output<typeof monitoring>): Monitoring {
  const { namespace, ...label } = dashboard;
  return {
    ...rest,
    dashboard: { ...label, ...(namespace !== undefined && { namespace }) },
    ...(heartbeat !== undefined && {
      heartbeat: { url: secret(heartbeat), port: heartbeatPort ?? rule.portOf(heartbeat) },
    }),
  };
}
