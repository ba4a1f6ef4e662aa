import { fetcher, type MonitoredStack } from "./metrics";

/** A recorded series that other rules use. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
}

/** The labels of a mailbox's series. */
export const PER_MAILBOX = "namespace, mailbox";

/** When mail last arrived for a mailbox, by any of its pods; and the longest pause between two deliveries so far. */
export const LAST_DELIVERY = "homelab_mail:last_delivery:timestamp_seconds";
export const LONGEST_PAUSE = "homelab_mail:longest_pause:seconds";

/** A recorded series of this stack. */
export const recorded = ({ namespace }: MonitoredStack, series: string): string =>
  `${series}{namespace="${namespace}"}`;

/**
 * Both include their own previous value, so that it survives a restart of a fetcher, which begins at 0, and a day without
 * Prometheus. A pause counts only when it is over, because the current one must not be compared with itself. It is measured
 * between deliveries that are at least ten minutes apart, so it may be up to ten minutes too long, but never too short.
 */
export function recordings(stack: MonitoredStack): Recording[] {
  const last = recorded(stack, LAST_DELIVERY);
  const longest = recorded(stack, LONGEST_PAUSE);
  const told = (expr: string, by: string): string => `label_replace(${expr}, "of", "${by}", "", "")`;
  return [
    {
      record: LAST_DELIVERY,
      expr:
        `max by (${PER_MAILBOX}) ((${fetcher(stack)("last_delivery_timestamp_seconds")} > 0) ` +
        `or last_over_time(${last}[1d]))`,
    },
    {
      record: LONGEST_PAUSE,
      expr:
        `max by (${PER_MAILBOX}) (${told(`${last} - (${last} offset 10m) > 0`, "now")} ` +
        `or ${told(`last_over_time(${longest}[1d])`, "before")})`,
    },
  ];
}
