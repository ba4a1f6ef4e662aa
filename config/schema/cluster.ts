import { defaultImages } from "../images";
import * as rule from "../rules/values";
import { boolean, list, listItem, map, object, optionalPort, optionalSecret, optionalText, text } from "./values";

const name = [rule.kubernetesName];

const labels = (what: string) =>
  map(rule.labelKey, [rule.labelValue], {
    description: `Labels on ${what} volume claim, for example a Longhorn backup group`,
    example: "recurring-job-group.longhorn.io/mail=enabled",
  });

const image = (reference: string, what: string, extra: readonly rule.Rule[] = []) =>
  text(reference, { description: `The image of ${what}, as repository:tag@sha256:digest` }, [
    rule.pinnedImage,
    ...extra,
  ]);

interface Amounts {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

const amounts = (defaults: Amounts, what: string) => {
  const group = (kind: "requests" | "limits", verb: string) =>
    object(
      {
        cpu: text(defaults[kind].cpu, { description: `CPU that ${what} ${verb}` }, [rule.cpuAmount]),
        memory: text(defaults[kind].memory, { description: `Memory that ${what} ${verb}` }, [rule.byteSize]),
      },
      { description: `What ${what} ${verb}` },
    );
  return object(
    { requests: group("requests", "is promised"), limits: group("limits", "may use") },
    { description: `CPU and memory of ${what}` },
  );
};

export const storage = object(
  {
    className: optionalText(
      {
        description: "The storage class of the mail volume, chosen once: a volume keeps its class",
        derived: "the cluster's default class",
        example: "longhorn",
      },
      name,
    ),
    size: text("10Gi", { description: "The size of the mail volume; it can grow and never shrink" }, [rule.byteSize]),
    labels: labels("the mail"),
    webmail: object(
      {
        className: optionalText(
          {
            description: "The storage class of the webmail's volume",
            derived: "storage.className",
            example: "longhorn-ssd",
          },
          name,
        ),
        size: text("1Gi", { description: "The size of the webmail's volume; it can grow and never shrink" }, [
          rule.byteSize,
        ]),
        labels: labels("the webmail's"),
      },
      { description: "The webmail's volume, for its small database" },
    ),
  },
  { description: "The volumes" },
);

export const cluster = object(
  {
    networks: list(
      listItem([rule.cidr, rule.notDefaultRoute, rule.notUnspecified, rule.atLeastSlash8]),
      ["10.0.0.0/8", "192.168.0.0/16"],
      {
        description: "Networks whose hosts may relay on port 25 with no login, and are never banned",
        example: "10.42.0.0/16",
      },
    ),
    relayNamespaces: list(listItem([rule.dnsLabel]), [], {
      description: "Namespaces whose pods may reach port 25; empty means every namespace",
      example: "nextcloud",
    }),
  },
  { description: "Which of the cluster's apps may send" },
);

export const monitoring = object(
  {
    enabled: boolean(false, {
      description: "Whether Prometheus monitors the stack; needs the Prometheus operator's CRDs in the cluster",
      example: "true",
    }),
    labels: map(rule.labelKey, [rule.labelValue], {
      description: "Labels by which the Prometheus operator selects the PodMonitors and the PrometheusRule",
      example: "release=kube-prometheus-stack",
    }),
    namespace: text(
      "monitoring",
      { description: "The namespace of Prometheus: only its pods read the stack's metrics" },
      [rule.dnsLabel],
    ),
    dashboard: object(
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
    heartbeat: optionalSecret(
      "A URL that is pinged after each successful settings run, as healthchecks.io and Uptime Kuma expect it; works without the rest",
      "none",
      [rule.heartbeatUrl],
    ),
    heartbeatPort: optionalPort({
      description: "The port of the heartbeat's server, when it is a pod behind a Service with another port",
      derived: "of the URL",
      example: "3001",
    }),
  },
  { description: "Monitoring" },
);

export const images = object(
  {
    stalwart: image(defaultImages.stalwart, "the mail server (only 0.16 works)", [rule.supportedStalwart]),
    stalwartCli: image(defaultImages.stalwartCli, "its command line, which applies the settings (only 1.x works)", [
      rule.supportedStalwartCli,
    ]),
    fetchmail: image(defaultImages.fetchmail, "the fetchers (any with fetchmail 6.4 and Python 3)"),
    roundcube: image(defaultImages.roundcube, "the webmail (Roundcube 1.7, nonroot)"),
    imapsync: image(defaultImages.imapsync, "migrations (any with imapsync 2 and a shell)"),
  },
  { description: "The images, each pinned by tag and digest" },
);

export const resources = object(
  {
    stalwart: amounts(
      { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "2", memory: "1Gi" } },
      "the mail server",
    ),
    settings: amounts(
      { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
      "each settings Job",
    ),
    fetchmail: amounts(
      { requests: { cpu: "5m", memory: "32Mi" }, limits: { cpu: "1", memory: "128Mi" } },
      "each fetcher",
    ),
    roundcube: amounts(
      { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
      "the webmail",
    ),
    imapsync: amounts(
      { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "1Gi" } },
      "each migration",
    ),
  },
  { description: "CPU and memory" },
);
