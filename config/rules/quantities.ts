import type { Rule } from "./values";

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The size of a Kubernetes quantity (`10Gi`, `250m`, `1e3`); undefined when it is none. */
export function quantityValue(text: string): number | undefined {
  const match = /^(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})(?:([eE][+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i))?$/.exec(text);
  if (!match) return undefined;
  const [, digits, exponent, suffix] = match;
  return Number(`${digits}${exponent ?? ""}`) * (FACTORS[suffix ?? ""] ?? Number.NaN);
}

const SMALLEST_SIZE = 2 ** 20;
const LARGEST = 2 ** 63; // Kubernetes counts in 64 bits

/** Bytes. `10` and `128m` are quantities too, but nobody means ten bytes or an eighth of one. */
export const byteSize: Rule = (value) => {
  const bytes = quantityValue(value);
  if (bytes === undefined) return "is not a size; it looks like 512Mi or 10Gi";
  if (bytes < SMALLEST_SIZE) return "is less than a megabyte; a size needs its unit, as in 512Mi or 10Gi";
  return bytes < LARGEST ? undefined : "is more than Kubernetes can count";
};

/** CPU cores. */
export const cpuAmount: Rule = (value) => {
  const cores = quantityValue(value);
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
    (kind) => (quantityValue(resources.requests[kind]) ?? 0) > (quantityValue(resources.limits[kind]) ?? Infinity),
  );
}
