import type { Input } from "@pulumi/pulumi";
import { names, selector } from "../../config/names";

/** The Prometheus operator's group. */
export const GROUP = "monitoring.coreos.com";

/** Names of the CustomResourceDefinitions of the kinds that the stack creates. */
export const definitions = [`podmonitors.${GROUP}`, `prometheusrules.${GROUP}`] as const;

const INTERVAL = "30s";

/** All fetchers; their metrics carry a label `mailbox`. */
export const fetcherMonitor = () => ({
  selector: { matchLabels: { "app.kubernetes.io/name": names.fetchmail } },
  podMetricsEndpoints: [{ port: "http", path: "/metrics", interval: INTERVAL }],
});

/** The server's endpoint is on the port of its web pages, so it requires a login. */
export const serverMonitor = (login: Input<string>) => ({
  selector: { matchLabels: selector(names.stalwart) },
  podMetricsEndpoints: [
    {
      port: "http",
      path: "/metrics/prometheus",
      interval: INTERVAL,
      basicAuth: { username: { name: login, key: "username" }, password: { name: login, key: "password" } },
    },
  ],
});
