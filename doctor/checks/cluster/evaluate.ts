import { formatDuration } from "../../duration";
import type { Result } from "../../result";
import type { ClusterObservation } from "./collect";
import { clusterMessages } from "./messages";

const { ok, fail } = clusterMessages;

const MINUTE = 60_000;
const failingAfter = 15 * MINUTE; // three runs
const filling = 80;
const full = 95;
const recently = 24 * 60 * MINUTE;

function pods({ workloads, namespace, now }: ClusterObservation): Result[] {
  return workloads.map(({ name: workload, ready, reason, restarts, lastRestart, lastReason }) => {
    const kind = workload === "stalwart" ? "server" : workload === "roundcube" ? "webmail" : "fetcher";
    if (!ready) return fail("pods", kind, { reason, workload, namespace }, workload);
    const ago = lastRestart === undefined ? Number.POSITIVE_INFINITY : now - lastRestart;
    if (restarts > 2 && ago < recently) {
      const params = { count: restarts, ago: formatDuration(ago), reason: lastReason, workload, namespace };
      return fail("pods", "restarts", params, workload);
    }
    return ok("pods", { note: restarts === 0 ? "" : `, restarted ${restarts} times in total` }, workload);
  });
}

function settings({ runs, namespace, now }: ClusterObservation): Result[] {
  return runs.map(({ name, created, succeeded, reason }) => {
    const ago = formatDuration(now - (succeeded ?? created));
    if (now - (succeeded ?? created) > failingAfter) {
      return fail("settings", "failing", { ago, reason, namespace }, name);
    }
    return succeeded === undefined ? fail("settings", "never", { namespace }, name) : ok("settings", { ago }, name);
  });
}

function volumes({ claims, namespace }: ClusterObservation): Result[] {
  return claims.map(({ name: claim, phase, used, capacity }) => {
    if (phase !== "Bound") return fail("volumes", "unbound", { phase, claim, namespace }, claim);
    if (used === undefined || !capacity) {
      return fail("volumes", "untested", { namespace, workload: claim.replace(/-data$/, "") }, claim);
    }
    const percent = Math.round((100 * used) / capacity);
    const key = claim === "roundcube-data" ? "storage.webmail.size" : "storage.size";
    if (percent >= full) return fail("volumes", "full", { percent, key }, claim);
    return percent >= filling
      ? fail("volumes", "filling", { percent, key }, claim)
      : ok("volumes", { note: `${percent} % full` }, claim);
  });
}

function policies({ policies, namespace }: ClusterObservation): Result[] {
  if ("skipped" in policies) return [fail("policies", "untested", {})];
  if ("reason" in policies) return [fail("policies", "inconclusive", { reason: policies.reason, namespace })];
  return [
    policies.enforced
      ? ok("policies", { note: "are enforced, as two pods tested that are removed again" })
      : fail("policies", "open", {}),
  ];
}

function service({ service, namespace }: ClusterObservation): Result[] {
  const addresses = service.addresses.join(", ");
  if (service.addresses.length === 0 && /^(NodePort|ClusterIP)$/.test(service.type)) {
    return [fail("service", "untested", { type: service.type })];
  }
  if (service.addresses.length === 0) return [fail("service", "none", { namespace })];
  return service.closed.length > 0
    ? [fail("service", "closed", { ports: service.closed.join(", "), addresses, namespace })]
    : [ok("service", { note: `open from this machine at ${addresses}` })];
}

const loopback = (address: string): boolean => /^(127\.|::1$|0\.0\.0\.0$)/.test(address);

function namesInside({ inside, sendsTo, namespace }: ClusterObservation): Result[] {
  if ("reason" in inside) return [fail("names", "notAsked", { reason: inside.reason, namespace })];
  const missing = Object.entries(inside.addresses).filter(([, found]) => found.length === 0);
  if (missing.length > 0) return [fail("names", "missing", { names: missing.map(([name]) => name).join(", ") })];
  const address = inside.addresses[sendsTo]?.find(loopback);
  if (address !== undefined) return [fail("names", "loopback", { name: sendsTo, address })];
  const list = Object.entries(inside.addresses).map(([name, found]) => `${name} ${found.join(" ")}`);
  return [ok("names", { note: list.join(", ") })];
}

export const evaluateCluster = (seen: ClusterObservation): Result[] =>
  [pods, settings, volumes, policies, service, namesInside].flatMap((judge) => judge(seen));
