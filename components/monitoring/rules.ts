import { type Alert, alerts } from "./alerts";
import type { MonitoredStack } from "./metrics";
import { recordings } from "./recordings";

/** A rule as Prometheus reads it. */
export type Rule =
  | { readonly record: string; readonly expr: string }
  | {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    };

export interface RuleGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly Rule[];
}

/** What to do first, whatever the alert: the line that a notification shows. */
export const runbook = ({ name, doctor }: Pick<Alert, "name" | "doctor">): string =>
  `npm run doctor, and there the group ${doctor}; docs/reference/alerts.md#${name.toLowerCase()} tells the rest`;

function rule(alert: Alert): Rule {
  const { name, expr, severity, summary } = alert;
  return {
    alert: name,
    expr,
    ...(alert.for && { for: alert.for }),
    labels: { severity },
    annotations: { summary, runbook: runbook(alert) },
  };
}

/** The alerts of one stack, in the form that Prometheus' rule files and the operator's PrometheusRule share. */
export const ruleGroups = (stack: MonitoredStack): RuleGroup[] => [
  { name: "homelab-mail", interval: "1m", rules: [...recordings(stack), ...alerts(stack).map(rule)] },
];
