import { amount } from "../quantity";
import type { Rule } from "./values";

const SMALLEST_SIZE = 2 ** 20;
const LARGEST = 2 ** 63; // Kubernetes counts in 64 bits

/** Bytes. `10` and `128m` are quantities too, but nobody means ten bytes or an eighth of one. */
export const byteSize: Rule = (value) => {
  const bytes = amount(value);
  if (bytes === undefined) return "is not a size; it looks like 512Mi or 10Gi";
  if (bytes < SMALLEST_SIZE) return "is less than a megabyte; a size needs its unit, as in 512Mi or 10Gi";
  return bytes < LARGEST ? undefined : "is more than Kubernetes can count";
};

/** CPU cores. */
export const cpuAmount: Rule = (value) => {
  const cores = amount(value);
  if (cores === undefined) return "is not an amount of CPU; it looks like 250m or 2";
  if (cores < 0.001) return "is less than 1m, the smallest amount of CPU";
  return cores <= 1024 ? undefined : "is more than a machine has; 250m is a quarter of a core";
};

/** Kubernetes refuses a pod that asks for more than it may use. */
export function requestsAboveLimits(resources: {
  readonly requests: Readonly<Record<"cpu" | "memory", string>>;
  readonly limits: Readonly<Record<"cpu" | "memory", string>>;
}): ("cpu" | "memory")[] {
  return (["cpu", "memory"] as const).filter(
    (kind) => (amount(resources.requests[kind]) ?? 0) > (amount(resources.limits[kind]) ?? Infinity),
  );
}
