import type { KubeObject } from "../kube";

export type Change = "add" | "delete" | "update";

export interface Difference {
  readonly path: readonly (string | number)[];
  readonly change: Change;
}

// biome-ignore lint/suspicious/noExplicitAny: compares values of every shape
type Value = any;

const isMap = (value: Value): value is KubeObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Values that the API server's typed objects leave out, so that asking for them is asking for nothing. */
function isEmpty(value: Value): boolean {
  if (value === null || value === undefined || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/**
 * Keeps of the live object what the program had asked for: what the server filled in besides is no difference.
 * The plugin does the same (pulumi-kubernetes, provider/pkg/provider/util.go, pruneMap).
 */
export function prune(live: Value, asked: Value): Value {
  if (isMap(live) && isMap(asked)) {
    return Object.fromEntries(
      Object.entries(live)
        .filter(([key]) => key in asked)
        .map(([key, value]) => [key, prune(value, asked[key])]),
    );
  }
  if (Array.isArray(live) && Array.isArray(asked)) {
    return live.slice(0, asked.length).map((item, n) => prune(item, asked[n]));
  }
  return live;
}

const SUFFIXES: Record<string, number> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

function quantity(value: Value): number | undefined {
  const match = /^([0-9.]+)([A-Za-z]*)$/.exec(String(value));
  const factor = match?.[2] === "" ? 1 : SUFFIXES[match?.[2] ?? ""];
  return match && factor ? Number(match[1]) * factor : undefined;
}

/** The server writes quantities in their shortest form: `1024Mi` comes back as `1Gi`. */
function sameQuantity(path: readonly (string | number)[], a: Value, b: Value): boolean {
  if (!path.some((part) => part === "requests" || part === "limits" || part === "sizeLimit")) return false;
  const left = quantity(a);
  return left !== undefined && left === quantity(b);
}

/** Everything in which the wanted object differs from the one that is there. */
export function differences(there: Value, wanted: Value, path: readonly (string | number)[] = []): Difference[] {
  if (there === undefined && wanted === undefined) return [];
  if (wanted === undefined) return isEmpty(there) ? [] : [{ path, change: "delete" }];
  if (there === undefined) return isEmpty(wanted) ? [] : [{ path, change: "add" }];
  if (isMap(there) && isMap(wanted)) {
    const keys = new Set([...Object.keys(there), ...Object.keys(wanted)]);
    return [...keys].flatMap((key) => differences(there[key], wanted[key], [...path, key]));
  }
  if (Array.isArray(there) && Array.isArray(wanted)) {
    const length = Math.max(there.length, wanted.length);
    return Array.from({ length }, (_, n) => differences(there[n], wanted[n], [...path, n])).flat();
  }
  if (there === wanted || sameQuantity(path, there, wanted)) return [];
  return [{ path, change: "update" }];
}

/** What cannot be changed in place (pulumi-kubernetes, provider/pkg/provider/diff.go), for the kinds this stack uses. */
const FIXED: Record<string, readonly string[]> = {
  "apps/v1 Deployment": ["spec.selector"],
  "batch/v1 Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "v1 PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  "v1 Secret": ["type"],
  "v1 Service": ["spec.clusterIP"],
  "rbac.authorization.k8s.io/v1 RoleBinding": ["roleRef"],
};

export interface Mutability {
  readonly secrets: boolean;
  readonly configMaps: boolean;
}

/** The property paths of an object whose change means a new object. */
export function fixedPaths(object: KubeObject, isPatch: boolean, mutable: Mutability): string[] {
  const identity = ["metadata.name", "metadata.namespace"];
  const kind = `${object.apiVersion} ${object.kind}`;
  if (isPatch) return identity;
  if (kind === "v1 Secret" && (!mutable.secrets || object.immutable))
    return [...identity, "type", "data", "stringData"];
  if (kind === "v1 ConfigMap" && (!mutable.configMaps || object.immutable)) return [...identity, "data", "binaryData"];
  return [...identity, ...(FIXED[kind] ?? [])];
}

export function touches(difference: Difference, fixed: string): boolean {
  const path = `${difference.path.filter((part) => typeof part === "string").join(".")}.`;
  return path.startsWith(`${fixed}.`) || `${fixed}.`.startsWith(path);
}

export function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part, n) => {
      if (typeof part === "number") return `[${part}]`;
      if (/[."[\]]/.test(part)) return `["${part.replaceAll('"', '\\"')}"]`;
      return n ? `.${part}` : part;
    })
    .join("");
}
