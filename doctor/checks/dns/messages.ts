import { defineMessages } from "../../messages";

const set = "Set at your DNS provider: `{record}`";

export const dnsMessages = defineMessages("dns", {
  mx: {
    title: "MX",
    description: "that mail to the domain goes to the provider only",
    ok: "mail to {domain} goes to the provider",
    failures: {
      missing: {
        level: "failure",
        message:
          "{domain} has no MX {missing}, so mail to it does not reach the provider, or not while one of its servers is down",
        fix: set,
        breaks: ["in"],
      },
      two: {
        level: "failure",
        message: "{domain} has MX {others} besides the provider's: part of the mail goes there",
        fix: "Remove the MX records to {others} at your DNS provider",
        breaks: ["in"],
      },
      elsewhere: {
        level: "failure",
        message: "{domain} has MX {others} and none of the provider's: all mail goes there",
        fix: "Remove those at your DNS provider, and set: `{record}`",
        breaks: ["in"],
      },
    },
  },
  spf: {
    title: "SPF",
    description: "that there is one SPF record, which includes the provider",
    ok: "the provider may send for {domain}",
    failures: {
      missing: {
        level: "failure",
        message: "{domain} has no SPF record, so receivers distrust its mail",
        fix: set,
      },
      duplicate: {
        level: "failure",
        message: "{domain} has {count} SPF records; receivers treat more than one as an error",
        fix: "Keep only one: `{record}`",
      },
      wrong: {
        level: "failure",
        message: "the SPF record of {domain} does not include the provider, so receivers treat its mail as forged",
        fix: set,
      },
    },
  },
  dkim: {
    title: "DKIM",
    description: "that each of the provider's signing keys is published",
    ok: "points to the provider's key",
    failures: {
      missing: { level: "failure", message: "is missing, so receivers cannot verify signatures of that key", fix: set },
      wrong: { level: "failure", message: "points to {found}, which is not the provider's key", fix: set },
    },
  },
  dmarc: {
    title: "DMARC",
    description: "that there is one DMARC record",
    ok: "policy is published",
    failures: {
      missing: { level: "warning", message: "is missing: large providers require it", fix: set },
      duplicate: {
        level: "failure",
        message: "is published {count} times, so none counts",
        fix: "Keep only one: `{record}`",
      },
    },
  },
  proof: {
    title: "proof of ownership",
    description: "that the record exists by which the provider verifies that the domain is yours",
    ok: "exists",
    failures: {
      missing: { level: "warning", message: "is missing; the provider may require it", fix: set },
    },
  },
  host: {
    title: "host",
    description: "that each host resolves, and whether to the cluster's address",
    ok: "resolves to {addresses}{note}",
    failures: {
      missing: {
        level: "failure",
        message: "does not resolve, so nothing can connect to it",
        fix: set,
        breaks: ["read"],
      },
      autoconfig: {
        level: "warning",
        message: "does not resolve, so mail programs cannot configure themselves",
        fix: set,
      },
      differs: {
        level: "warning",
        message: "resolves to {addresses}, but the Service for mail programs has {service}",
        fix: "Set the record to {service}, or let your router forward 993, 465, 587 and 4190 there: `kubectl -n {namespace} get service stalwart-mail`",
        row: "Cannot connect from outside",
      },
    },
  },
  srv: {
    title: "SRV",
    description: "that SRV records name the right server",
    ok: "is correct",
    failures: {
      missing: {
        level: "warning",
        message: "is missing, so programs that use it do not find the server",
        fix: set,
      },
      wrong: { level: "warning", message: "is {found}", fix: set },
    },
  },
  resolver: {
    title: "resolver",
    description: "that the public resolver responds (`--resolver` sets another)",
    ok: "responds",
    failures: {
      silent: {
        level: "failure",
        message: "{resolver} does not answer for {name} ({reason}), so these records were not checked",
        fix: "Use one that this machine reaches: `npm run doctor -- --resolver 9.9.9.9`",
        obscures: ["in"],
      },
    },
  },
  inside: {
    title: "names from inside the cluster",
    description: "that pods get the same records as the public; a host may resolve to an internal address there",
    ok: "{what}",
    failures: {
      untested: {
        level: "unknown",
        message: "not tested: {reason}",
        fix: "`kubectl -n {namespace} exec deploy/roundcube -- getent hosts {host}` shows what a pod resolves",
      },
      differs: {
        level: "warning",
        message: "{name} is {inside} in the cluster, and {outside} in public",
        fix: "The cluster's DNS has its own zone for {domain}, or forwards to a server that has one: make both return the same. `kubectl -n kube-system get configmap coredns -o yaml` shows where it forwards to",
      },
      silent: {
        level: "warning",
        message: "the cluster's DNS does not respond to this machine: {reason}",
        fix: "`kubectl -n kube-system get pods -l k8s-app=kube-dns` shows whether it runs",
      },
    },
  },
});
