import type { ClusterObservation } from "../observe/cluster";
import { type Catalogue, speaker, type Verdict } from "../verdict";
import { span } from "./span";

export const clusterTexts = {
  pods: {
    title: "pods",
    looks: "that each workload has its pod, ready, and how often it was restarted",
    ok: "ready{note}",
    troubles: {
      server: {
        level: "failure",
        meaning: "is not ready: {reason}. Mail waits at the provider, and nobody reads or sends",
        mend: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
        stops: ["in", "out", "read"],
        row: 'Webmail: signed in, then "The mail server does not answer"',
      },
      fetcher: {
        level: "failure",
        meaning: "is not ready: {reason}. This mailbox is not fetched; its mail waits at the provider",
        mend: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance={workload}`",
        stops: ["in"],
      },
      webmail: {
        level: "failure",
        meaning: "is not ready: {reason}. Phones and mail programs go on",
        mend: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance={workload}`",
        stops: ["read"],
      },
      restarts: {
        level: "warning",
        meaning: "was restarted {count} times, last {ago} ago: {reason}",
        mend: "`kubectl -n {namespace} logs deploy/{workload} --previous`",
      },
    },
  },
  settings: {
    title: "settings runs",
    looks: "that the CronJobs which keep the settings applied and the certificates fresh succeed",
    ok: "succeeded {ago} ago",
    troubles: {
      failing: {
        level: "failure",
        meaning: "has not succeeded for {ago}: {reason}",
        mend: "`kubectl -n {namespace} logs -l app.kubernetes.io/name=stalwart-settings --all-containers --prefix`",
        hides: ["read"],
        row: "The same, and it does not heal",
      },
      never: {
        level: "warning",
        meaning: "has never succeeded yet",
        mend: "Wait six minutes; then `kubectl -n {namespace} get jobs`",
      },
    },
  },
  volumes: {
    title: "volumes",
    looks: "that each claim is bound, and how full its volume is",
    ok: "{note}",
    troubles: {
      unbound: {
        level: "failure",
        meaning: "is {phase}: there is no volume for it",
        mend: "`kubectl -n {namespace} describe pvc {claim}`",
        stops: ["read"],
      },
      full: {
        level: "failure",
        meaning: "is {percent} % full; when it is full, mail stays at the provider",
        mend: "`pulumi config set --path {key} <more>`, then `pulumi up`",
      },
      filling: {
        level: "warning",
        meaning: "is {percent} % full",
        mend: "`pulumi config set --path {key} <more>`, then `pulumi up`",
      },
      untested: {
        level: "unknown",
        meaning: "is bound; the node does not say how full it is",
        mend: "`kubectl -n {namespace} exec deploy/{workload} -- df -h` shows it",
      },
    },
  },
  policies: {
    title: "network policies",
    looks:
      "that what is closed is closed, tried from two short-lived pods that are removed again (`--no-pods` leaves them out)",
    ok: "{note}",
    troubles: {
      open: {
        level: "warning",
        meaning: "are not enforced: a pod reached another one that every policy closes",
        mend: "Use a network plugin that enforces them: [k3s, k0s, Calico and Cilium do](../reference/network.md)",
      },
      untested: {
        level: "unknown",
        meaning: "not tested, because of --no-pods",
        mend: "`npm run doctor` without `--no-pods` tests them",
      },
      unproved: {
        level: "warning",
        meaning: "could not be tried: {reason}",
        mend: "`kubectl -n {namespace} get events` says why pods do not start",
      },
    },
  },
  service: {
    title: "mail ports",
    looks:
      "that the Service for mail programs has an address, and that 993, 465, 587 and 4190 take connections from here",
    ok: "{note}",
    troubles: {
      none: {
        level: "failure",
        meaning: "the Service stalwart-mail has no address",
        mend: "`kubectl -n {namespace} get service stalwart-mail` must show one. Give the cluster a load balancer, or `pulumi config set --path service.type NodePort`",
        stops: ["read"],
        row: "Cannot connect from outside",
      },
      untested: {
        level: "unknown",
        meaning: "not tested: the Service is of type {type} and has no address",
        mend: "Set up a mail program where your users are: [phones and desktop programs](../how-to/devices.md) ",
      },
      closed: {
        level: "warning",
        meaning: "{ports} of {addresses} cannot be reached from here",
        mend: "From another network that may be right; otherwise look at service.sourceRanges and the way there: `kubectl -n {namespace} get service stalwart-mail`",
      },
    },
  },
  names: {
    title: "names in the cluster",
    looks: "that pods find the provider and the issuer by name, as the fetchers' pods see them",
    ok: "{note}",
    troubles: {
      missing: {
        level: "failure",
        meaning: "the cluster's DNS does not know {names}",
        mend: "Look at the cluster's DNS: `kubectl -n kube-system logs -l k8s-app=kube-dns`",
        hides: ["in", "out", "read"],
      },
      loopback: {
        level: "failure",
        meaning: "in the cluster {name} leads to {address}: what is to leave there bounces",
        mend: "Take that name out of the cluster's DNS or the nodes' /etc/hosts",
        stops: ["out"],
      },
      unseen: {
        level: "warning",
        meaning: "no fetcher's pod could be asked: {reason}",
        mend: "`kubectl -n {namespace} get pods -l app.kubernetes.io/name=fetchmail`",
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("cluster", clusterTexts);

const MINUTE = 60_000;
const failingAfter = 15 * MINUTE; // three runs
const filling = 80;
const full = 95;
const recently = 24 * 60 * MINUTE;

function pods({ workloads, namespace, now }: ClusterObservation): Verdict[] {
  return workloads.map(({ name: workload, ready, reason, restarts, lastRestart, lastReason }) => {
    const kind = workload === "stalwart" ? "server" : workload === "roundcube" ? "webmail" : "fetcher";
    if (!ready) return trouble("pods", kind, { reason, workload, namespace }, workload);
    const ago = lastRestart === undefined ? Number.POSITIVE_INFINITY : now - lastRestart;
    if (restarts > 2 && ago < recently) {
      const holes = { count: restarts, ago: span(ago), reason: lastReason, workload, namespace };
      return trouble("pods", "restarts", holes, workload);
    }
    return fine("pods", { note: restarts === 0 ? "" : `, restarted ${restarts} times in all` }, workload);
  });
}

function settings({ runs, namespace, now }: ClusterObservation): Verdict[] {
  return runs.map(({ name, created, succeeded, reason }) => {
    const ago = span(now - (succeeded ?? created));
    if (now - (succeeded ?? created) > failingAfter) {
      return trouble("settings", "failing", { ago, reason, namespace }, name);
    }
    return succeeded === undefined
      ? trouble("settings", "never", { namespace }, name)
      : fine("settings", { ago }, name);
  });
}

function volumes({ claims, namespace }: ClusterObservation): Verdict[] {
  return claims.map(({ name: claim, phase, used, capacity }) => {
    if (phase !== "Bound") return trouble("volumes", "unbound", { phase, claim, namespace }, claim);
    if (used === undefined || !capacity) {
      return trouble("volumes", "untested", { namespace, workload: claim.replace(/-data$/, "") }, claim);
    }
    const percent = Math.round((100 * used) / capacity);
    const key = claim === "roundcube-data" ? "storage.webmail.size" : "storage.size";
    if (percent >= full) return trouble("volumes", "full", { percent, key }, claim);
    return percent >= filling
      ? trouble("volumes", "filling", { percent, key }, claim)
      : fine("volumes", { note: `${percent} % full` }, claim);
  });
}

function policies({ policies, namespace }: ClusterObservation): Verdict[] {
  if ("skipped" in policies) return [trouble("policies", "untested", {})];
  if ("reason" in policies) return [trouble("policies", "unproved", { reason: policies.reason, namespace })];
  return [
    policies.enforced
      ? fine("policies", { note: "are enforced; two pods tried it and are gone again" })
      : trouble("policies", "open", {}),
  ];
}

function service({ service, namespace }: ClusterObservation): Verdict[] {
  const addresses = service.addresses.join(", ");
  if (service.addresses.length === 0 && /^(NodePort|ClusterIP)$/.test(service.type)) {
    return [trouble("service", "untested", { type: service.type })];
  }
  if (service.addresses.length === 0) return [trouble("service", "none", { namespace })];
  return service.closed.length > 0
    ? [trouble("service", "closed", { ports: service.closed.join(", "), addresses, namespace })]
    : [fine("service", { note: `open from here at ${addresses}` })];
}

const loopback = (address: string): boolean => /^(127\.|::1$|0\.0\.0\.0$)/.test(address);

function namesInside({ inside, sendsTo, namespace }: ClusterObservation): Verdict[] {
  if ("reason" in inside) return [trouble("names", "unseen", { reason: inside.reason, namespace })];
  const missing = Object.entries(inside.addresses).filter(([, found]) => found.length === 0);
  if (missing.length > 0) return [trouble("names", "missing", { names: missing.map(([name]) => name).join(", ") })];
  const address = inside.addresses[sendsTo]?.find(loopback);
  if (address !== undefined) return [trouble("names", "loopback", { name: sendsTo, address })];
  const list = Object.entries(inside.addresses).map(([name, found]) => `${name} ${found.join(" ")}`);
  return [fine("names", { note: list.join(", ") })];
}

export const judgeCluster = (seen: ClusterObservation): Verdict[] =>
  [pods, settings, volumes, policies, service, namesInside].flatMap((judge) => judge(seen));
