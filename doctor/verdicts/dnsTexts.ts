import type { Catalogue } from "../verdict";

const set = "Set at your DNS provider: `{record}`";

export const dnsTexts = {
  mx: {
    title: "MX",
    looks: "that mail to the domain goes to the provider, and nowhere else",
    ok: "mail to {domain} goes to the provider",
    troubles: {
      missing: {
        level: "failure",
        meaning:
          "{domain} lacks MX {missing}, so mail to it does not reach the provider, or not when one server is away",
        mend: set,
        stops: ["in"],
      },
      two: {
        level: "failure",
        meaning: "besides the provider's, {domain} has MX {others}: part of the mail goes there",
        mend: "Remove at your DNS provider the MX records to {others}",
        stops: ["in"],
      },
      elsewhere: {
        level: "failure",
        meaning: "{domain} has MX {others} and none of the provider's: all of the mail goes there",
        mend: "Remove those at your DNS provider, and set: `{record}`",
        stops: ["in"],
      },
    },
  },
  spf: {
    title: "SPF",
    looks: "that there is one SPF record, and that it names the provider",
    ok: "the provider may send for {domain}",
    troubles: {
      missing: {
        level: "failure",
        meaning: "{domain} has no SPF record, so others judge its mail as unproven",
        mend: set,
      },
      duplicate: {
        level: "failure",
        meaning: "{domain} has {count} SPF records; with more than one, receivers treat all as an error",
        mend: "Leave one: `{record}`",
      },
      wrong: {
        level: "failure",
        meaning: "the SPF record of {domain} does not name the provider, so its mail counts as forged",
        mend: set,
      },
    },
  },
  dkim: {
    title: "DKIM",
    looks: "that each of the provider's signing keys is found",
    ok: "leads to the provider's key",
    troubles: {
      missing: { level: "failure", meaning: "is missing, so signatures of that key cannot be checked", mend: set },
      wrong: { level: "failure", meaning: "leads to {found}, which is not the provider's key", mend: set },
    },
  },
  dmarc: {
    title: "DMARC",
    looks: "that there is one DMARC record",
    ok: "says what becomes of forged mail",
    troubles: {
      missing: { level: "warning", meaning: "is missing: large providers ask for it", mend: set },
      duplicate: { level: "failure", meaning: "is there {count} times, so none counts", mend: "Leave one: `{record}`" },
    },
  },
  proof: {
    title: "proof of ownership",
    looks: "that the provider's own record is there, by which it knows the domain for yours",
    ok: "is there",
    troubles: {
      missing: { level: "warning", meaning: "is missing; the provider may ask for it", mend: set },
    },
  },
  host: {
    title: "host",
    looks: "that each host has an address, and whether it is the cluster's",
    ok: "leads to {addresses}{note}",
    troubles: {
      missing: { level: "failure", meaning: "has no address, so nobody finds it", mend: set, stops: ["read"] },
      autoconfig: { level: "warning", meaning: "has no address, so mail programs do not set themselves up", mend: set },
      differs: {
        level: "warning",
        meaning: "leads to {addresses}, and the Service for mail programs has {service}",
        mend: "Set the record to {service}, or let your router forward 993, 465, 587 and 4190 there: `kubectl -n {namespace} get service stalwart-mail`",
        row: "Cannot connect from outside",
      },
    },
  },
  srv: {
    title: "SRV",
    looks: "that mail programs which look for SRV records find the right server",
    ok: "is as it should be",
    troubles: {
      missing: {
        level: "warning",
        meaning: "is missing, so programs that look for it do not find the server",
        mend: set,
      },
      wrong: { level: "warning", meaning: "says {found}", mend: set },
    },
  },
  resolver: {
    title: "resolver",
    looks: "that the resolver that stands for the world answers (`--resolver` sets another)",
    ok: "answers",
    troubles: {
      silent: {
        level: "failure",
        meaning: "no answer about {name} from {resolver} ({reason}), so its records were not looked at",
        mend: "Name one that this machine reaches: `npm run doctor -- --resolver 9.9.9.9`",
        hides: ["in"],
      },
    },
  },
  inside: {
    title: "as the cluster sees it",
    looks: "that pods are told the same of these names as the world; a host may lead them somewhere nearer",
    ok: "{what}",
    troubles: {
      untested: {
        level: "unknown",
        meaning: "not tested: {reason}",
        mend: "`kubectl -n {namespace} exec deploy/roundcube -- getent hosts {host}` shows what a pod is told",
      },
      differs: {
        level: "warning",
        meaning: "in the cluster {name} is {inside}, and for the world {outside}",
        mend: "The cluster's DNS has a zone of its own for {domain}, or asks a server that has one: make them say the same. `kubectl -n kube-system get configmap coredns -o yaml` shows whom it asks",
      },
      silent: {
        level: "warning",
        meaning: "the cluster's DNS does not answer from here: {reason}",
        mend: "`kubectl -n kube-system get pods -l k8s-app=kube-dns` says whether it runs",
      },
    },
  },
} as const satisfies Catalogue;
