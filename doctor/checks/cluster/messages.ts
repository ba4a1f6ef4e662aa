import { defineMessages } from "../../messages";

export const clusterMessages = defineMessages("cluster", {
  pods: {
    title: "pods",
    description: "that each workload has a ready pod, and how often it was restarted",
    ok: "ready{note}",
    failures: {
      server: {
        level: "failure",
        message: "is not ready: {reason}. Mail waits at the provider, and users can neither read nor send",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
        breaks: ["in", "out", "read"],
        row: 'Webmail: signed in, then "The mail server does not answer"',
      },
      fetcher: {
        level: "failure",
        message: "is not ready: {reason}. This mailbox is not fetched; its mail waits at the provider",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance={workload}`",
        breaks: ["in"],
      },
      webmail: {
        level: "failure",
        message: "is not ready: {reason}. Phones and mail programs still work",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance={workload}`",
        breaks: ["read"],
      },
      restarts: {
        level: "warning",
        message: "was restarted {count} times, last {ago} ago: {reason}",
        fix: "`kubectl -n {namespace} logs deploy/{workload} --previous`",
      },
    },
  },
  settings: {
    title: "settings runs",
    description: "that the CronJobs succeed that apply the settings and reload certificates",
    ok: "succeeded {ago} ago",
    failures: {
      failing: {
        level: "failure",
        message: "has not succeeded for {ago}: {reason}",
        fix: "`kubectl -n {namespace} logs -l app.kubernetes.io/name=stalwart-settings --all-containers --prefix`",
        obscures: ["read"],
        row: "The same, and it does not heal",
      },
      never: {
        level: "warning",
        message: "has never succeeded yet",
        fix: "Wait six minutes; then `kubectl -n {namespace} get jobs`",
      },
    },
  },
  volumes: {
    title: "volumes",
    description: "that each PersistentVolumeClaim is bound, and how full its volume is",
    ok: "{note}",
    failures: {
      unbound: {
        level: "failure",
        message: "is {phase}: it has no volume",
        fix: "`kubectl -n {namespace} describe pvc {claim}`",
        breaks: ["read"],
      },
      full: {
        level: "failure",
        message: "is {percent} % full; when it is full, mail stays at the provider",
        fix: "`pulumi config set --path {key} <more>`, then `pulumi up`",
      },
      filling: {
        level: "warning",
        message: "is {percent} % full",
        fix: "`pulumi config set --path {key} <more>`, then `pulumi up`",
      },
      untested: {
        level: "unknown",
        message: "is bound; the node does not report how full it is",
        fix: "`kubectl -n {namespace} exec deploy/{workload} -- df -h` shows it",
      },
    },
  },
  policies: {
    title: "network policies",
    description:
      "that they are enforced, tested with two short-lived pods that are removed again (`--no-pods` skips this)",
    ok: "{note}",
    failures: {
      open: {
        level: "warning",
        message: "are not enforced: a pod reached another one that the policies isolate",
        fix: "Use a network plugin that enforces them: [k3s, k0s, Calico and Cilium do](../reference/network.md)",
      },
      untested: {
        level: "unknown",
        message: "not tested because of --no-pods",
        fix: "`npm run doctor` without `--no-pods` tests them",
      },
      inconclusive: {
        level: "warning",
        message: "could not be tested: {reason}",
        fix: "`kubectl -n {namespace} get events` says why pods do not start",
      },
    },
  },
  service: {
    title: "mail ports",
    description:
      "that the Service for mail programs has an address, and that 993, 465, 587 and 4190 accept connections from this machine",
    ok: "{note}",
    failures: {
      none: {
        level: "failure",
        message: "the Service stalwart-mail has no address",
        fix: "`kubectl -n {namespace} get service stalwart-mail` must show one. Give the cluster a load balancer, or `pulumi config set --path service.type NodePort`",
        breaks: ["read"],
        row: "Cannot connect from outside",
      },
      untested: {
        level: "unknown",
        message: "not tested: the Service is of type {type} and has no address",
        fix: "Set up a mail program where your users are: [phones and desktop programs](../how-to/devices.md)",
      },
      closed: {
        level: "warning",
        message: "{ports} of {addresses} cannot be reached from this machine",
        fix: "From another network this may be intended. Otherwise check `service.sourceRanges` and the route to the address: `kubectl -n {namespace} get service stalwart-mail`",
      },
    },
  },
  names: {
    title: "names in the cluster",
    description: "that pods resolve the names of the provider and the issuer, as the fetchers' pods see them",
    ok: "{note}",
    failures: {
      missing: {
        level: "failure",
        message: "the cluster's DNS does not resolve {names}",
        fix: "Check the cluster's DNS: `kubectl -n kube-system logs -l k8s-app=kube-dns`",
        obscures: ["in", "out", "read"],
      },
      loopback: {
        level: "failure",
        message: "in the cluster {name} resolves to {address}, so outgoing mail bounces",
        fix: "Remove that name from the cluster's DNS or the nodes' /etc/hosts",
        breaks: ["out"],
      },
      notAsked: {
        level: "warning",
        message: "not tested, because no fetcher's pod responds: {reason}",
        fix: "`kubectl -n {namespace} get pods -l app.kubernetes.io/name=fetchmail`",
      },
    },
  },
});
