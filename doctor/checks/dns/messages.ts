import { defineMessages } from "../../messages";

const set = "Set at your DNS provider: `{record}`";

export const dnsMessages = defineMessages("dns", {
  mx: {
    title: "MX",
    description: "that mail to the domain goes to the provider, and nowhere else",
    ok: "mail to {domain} goes to the provider",
    failures: {
      missing: {
        level: "failure",
        message:
          "{domain} lacks MX {missing}, so mail to it does not reach the provider, or not when one server is away",
        fix: set,
        breaks: ["in"],
      },
      two: {
        level: "failure",
        message: "besides the provider's, {domain} has MX {others}: part of the mail goes there",
        fix: "Remove at your DNS provider the MX records to {others}",
        breaks: ["in"],
      },
      elsewhere: {
        level: "failure",
        message: "{domain} has MX {others} and none of the provider's: all of the mail goes there",
        fix: "Remove those at your DNS provider, and set: `{record}`",
        breaks: ["in"],
      },
    },
  },
  spf: {
    title: "SPF",
    description: "that there is one SPF record, and that it names the provider",
    ok: "the provider may send for {domain}",
    failures: {
      missing: {
        level: "failure",
        message: "{domain} has no SPF record, so others judge its mail as unproven",
        fix: set,
      },
      duplicate: {
        level: "failure",
        message: "{domain} has {count} SPF records; with more than one, receivers treat all as an error",
        fix: "Leave one: `{record}`",
      },
      wrong: {
        level: "failure",
        message: "the SPF record of {domain} does not name the provider, so its mail counts as forged",
        fix: set,
      },
    },
  },
  dkim: {
    title: "DKIM",
    description: "that each of the provider's signing keys is found",
    ok: "leads to the provider's key",
    failures: {
      missing: { level: "failure", message: "is missing, so signatures of that key cannot be checked", fix: set },
      wrong: { level: "failure", message: "leads to {found}, which is not the provider's key", fix: set },
    },
  },
  dmarc: {
    title: "DMARC",
    description: "that there is one DMARC record",
    ok: "says what becomes of forged mail",
    failures: {
      missing: { level: "warning", message: "is missing: large providers ask for it", fix: set },
      duplicate: { level: "failure", message: "is there {count} times, so none counts", fix: "Leave one: `{record}`" },
    },
  },
  proof: {
    title: "proof of ownership",
    description: "that the provider's own record is there, by which it knows the domain for yours",
    ok: "is there",
    failures: {
      missing: { level: "warning", message: "is missing; the provider may ask for it", fix: set },
    },
  },
  host: {
    title: "host",
    description: "that each host has an address, and whether it is the cluster's",
    ok: "leads to {addresses}{note}",
    failures: {
      missing: { level: "failure", message: "has no address, so nobody finds it", fix: set, breaks: ["read"] },
      autoconfig: { level: "warning", message: "has no address, so mail programs do not set themselves up", fix: set },
      differs: {
        level: "warning",
        message: "leads to {addresses}, and the Service for mail programs has {service}",
        fix: "Set the record to {service}, or let your router forward 993, 465, 587 and 4190 there: `kubectl -n {namespace} get service stalwart-mail`",
        row: "Cannot connect from outside",
      },
    },
  },
  srv: {
    title: "SRV",
    description: "that mail programs which look for SRV records find the right server",
    ok: "is as it should be",
    failures: {
      missing: {
        level: "warning",
        message: "is missing, so programs that look for it do not find the server",
        fix: set,
      },
      wrong: { level: "warning", message: "says {found}", fix: set },
    },
  },
  resolver: {
    title: "resolver",
    description: "that the resolver that stands for the world answers (`--resolver` sets another)",
    ok: "answers",
    failures: {
      silent: {
        level: "failure",
        message: "no answer about {name} from {resolver} ({reason}), so its records were not looked at",
        fix: "Name one that this machine reaches: `npm run doctor -- --resolver 9.9.9.9`",
        obscures: ["in"],
      },
    },
  },
  inside: {
    title: "as the cluster sees it",
    description: "that pods are told the same of these names as the world; a host may lead them somewhere nearer",
    ok: "{what}",
    failures: {
      untested: {
        level: "unknown",
        message: "not tested: {reason}",
        fix: "`kubectl -n {namespace} exec deploy/roundcube -- getent hosts {host}` shows what a pod is told",
      },
      differs: {
        level: "warning",
        message: "in the cluster {name} is {inside}, and for the world {outside}",
        fix: "The cluster's DNS has a zone of its own for {domain}, or asks a server that has one: make them say the same. `kubectl -n kube-system get configmap coredns -o yaml` shows whom it asks",
      },
      silent: {
        level: "warning",
        message: "the cluster's DNS does not answer from here: {reason}",
        fix: "`kubectl -n kube-system get pods -l k8s-app=kube-dns` says whether it runs",
      },
    },
  },
});
