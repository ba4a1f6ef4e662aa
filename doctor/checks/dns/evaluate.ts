import type { DnsRecord } from "../../../components/outputs/dns";
import { zoneLine } from "../../../components/outputs/dns";
import type { Result } from "../../result";
import { type DnsObservation, isHost, type Lookup } from "./collect";
import type { ClusterView } from "./collectInCluster";
import { dnsMessages } from "./messages";

const { ok, fail } = dnsMessages;

const isPlaceholder = ({ value }: DnsRecord): boolean => value.includes("<");
const bare = (name: string): string => name.replace(/\.$/, "").toLowerCase();
const lines = (records: readonly DnsRecord[]): string =>
  records.map((record) => zoneLine(record).replace(/ ; .*$/, "")).join("`, `");
const targetOf = (value: string): string => bare(value.split(" ").at(-1) ?? "");

type Seen = (record: DnsRecord) => readonly string[];

function mx(domain: string, wanted: readonly DnsRecord[], found: readonly string[]): Result[] {
  const hosts = found.map(targetOf);
  const record = lines(wanted);
  if (wanted.every(isPlaceholder)) {
    return [hosts.length > 0 ? ok("mx", { domain }) : fail("mx", "missing", { domain, missing: "records", record })];
  }
  const wantedHosts = wanted.map(({ value }) => targetOf(value));
  const others = hosts.filter((host) => !wantedHosts.includes(host)).join(", ");
  const absent = wanted.filter(({ value }) => !hosts.includes(targetOf(value)));
  if (others && absent.length === wanted.length) return [fail("mx", "elsewhere", { domain, others, record })];
  const results = [
    ...(others ? [fail("mx", "two", { domain, others })] : []),
    ...(absent.length > 0
      ? [
          fail("mx", "missing", {
            domain,
            missing: absent.map(({ value }) => targetOf(value)).join(", "),
            record: lines(absent),
          }),
        ]
      : []),
  ];
  return results.length > 0 ? results : [ok("mx", { domain })];
}

function spf(wanted: DnsRecord, found: readonly string[]): Result {
  const domain = bare(wanted.name);
  const all = found.filter((text) => /^v=spf1( |$)/i.test(text));
  const record = lines([wanted]);
  if (all.length === 0) return fail("spf", "missing", { domain, record });
  if (all.length > 1) return fail("spf", "duplicate", { domain, count: all.length, record });
  const [, include] = /(include:\S+)/.exec(wanted.value) ?? [];
  const terms = (all[0] as string)
    .toLowerCase()
    .split(/\s+/)
    .map((term) => term.replace(/^\+/, ""));
  return include && !terms.includes(include) ? fail("spf", "wrong", { domain, record }) : ok("spf", { domain });
}

function dmarc(wanted: DnsRecord, found: readonly string[]): Result {
  const count = found.filter((text) => /^v=DMARC1/i.test(text)).length;
  const record = lines([wanted]);
  if (count === 1) return ok("dmarc", {}, bare(wanted.name));
  return count === 0
    ? fail("dmarc", "missing", { record }, bare(wanted.name))
    : fail("dmarc", "duplicate", { record, count }, bare(wanted.name));
}

function host(wanted: DnsRecord, { addresses, service, namespace }: DnsObservation): Result {
  const name = bare(wanted.name);
  const { values } = addresses[wanted.name] ?? { values: [] };
  const record = lines([wanted]);
  if (values.length === 0) {
    return fail("host", wanted.type === "CNAME" ? "autoconfig" : "missing", { record }, name);
  }
  const list = values.join(", ");
  const isForMail = wanted.purpose.startsWith("IMAP");
  if (!isForMail || service.length === 0) return ok("host", { addresses: list, note: "" }, name);
  if (values.some((value) => service.includes(value))) {
    return ok("host", { addresses: list, note: ", the cluster's address" }, name);
  }
  return fail("host", "differs", { addresses: list, service: service.join(", "), namespace }, name);
}

function single(check: "dkim" | "srv", wanted: DnsRecord, seen: Seen): Result[] {
  if (isPlaceholder(wanted)) return [];
  const found = seen(wanted);
  const name = bare(wanted.name);
  const record = lines([wanted]);
  if (found.length === 0) return [fail(check, "missing", { record }, name)];
  const right = found.some((value) => bare(value) === bare(wanted.value));
  return [right ? ok(check, {}, name) : fail(check, "wrong", { found: found.join(", "), record }, name)];
}

/** Compares the records with the stack's output `dnsRecords`. */
export function evaluateDns(observation: DnsObservation): Result[] {
  const { wanted, records, resolver } = observation;
  const key = ({ name, type }: DnsRecord): string => `${type} ${name}`;
  const lookupOf = (record: DnsRecord): Lookup | undefined => records[key(record)];
  const failed = [...Object.entries(records), ...Object.entries(observation.addresses)].filter(([, l]) => l.error);
  if (failed.length > 0) {
    const [name, { error }] = failed[0] as [string, Lookup];
    const result = fail("resolver", "silent", { name, resolver, reason: error ?? "" });
    // A resolver that does not respond is reported once; the records that did resolve are still evaluated.
    const rest = wanted.filter((r) => !failed.some(([n]) => n === key(r) || n === r.name));
    return rest.length === 0
      ? [result]
      : [
          result,
          ...evaluateDns({
            ...observation,
            wanted: rest,
            records: without(records),
            addresses: without(observation.addresses),
          }),
        ];
  }
  const seen: Seen = (record) => lookupOf(record)?.values ?? [];
  const of = (test: (record: DnsRecord) => boolean): DnsRecord[] => wanted.filter(test);
  const texts = of(({ type }) => type === "TXT");
  const wantedMx = of(({ type }) => type === "MX");
  return [
    ...[...new Set(wantedMx.map(({ name }) => name))].flatMap((name) => {
      const own = wantedMx.filter((record) => record.name === name);
      return mx(bare(name), own, seen(own[0] as DnsRecord));
    }),
    ...texts.filter(({ purpose }) => purpose.startsWith("SPF")).map((record) => spf(record, seen(record))),
    ...of(({ name }) => name.includes("._domainkey.")).flatMap((record) => single("dkim", record, seen)),
    ...texts.filter(({ name }) => name.startsWith("_dmarc.")).map((record) => dmarc(record, seen(record))),
    ...texts
      .filter(({ purpose }) => purpose.startsWith("proof"))
      .map((record) => {
        const [start = ""] = record.value.split("<");
        return seen(record).some((text) => text.startsWith(start))
          ? ok("proof", {}, bare(record.name))
          : fail("proof", "missing", { record: lines([record]) }, bare(record.name));
      }),
    ...of(isHost).map((record) => host(record, observation)),
    ...of(({ type }) => type === "SRV").flatMap((record) => single("srv", record, seen)),
  ];
}

/** Compares what pods resolve with what the public resolves. */
export function evaluateInside(world: DnsObservation, view: ClusterView): Result[] {
  const host = bare(world.wanted.find(isHost)?.name ?? world.domain);
  const untested = (reason: string): Result => fail("inside", "untested", { reason, host, namespace: world.namespace });
  if ("absent" in view) return [untested("kube-system has no Service kube-dns")];
  if ("reason" in view) return [fail("inside", "silent", { reason: view.reason })];
  const say = ({ values }: Lookup): string => [...values].map(bare).sort().join(", ") || "missing";
  const both = (inside: Readonly<Record<string, Lookup>>, outside: Readonly<Record<string, Lookup>>) =>
    Object.entries(inside).flatMap(([name, found]) => {
      const other = outside[name];
      return found.error || !other || other.error
        ? []
        : [{ name: bare(name), inside: say(found), outside: say(other) }];
    });
  const silent = [...Object.values(view.records), ...Object.values(view.addresses)].find(({ error }) => error);
  if (silent) return [fail("inside", "silent", { reason: silent.error ?? "" })];
  const records = both(view.records, world.records);
  const hosts = both(view.addresses, world.addresses);
  const differing = [
    ...records.filter(({ inside, outside }) => inside !== outside),
    ...hosts.filter(({ inside, outside }) => inside === "missing" && outside !== inside),
  ];
  if (differing.length > 0) {
    const domains = world.wanted.filter(({ type }) => type === "MX").map(({ name }) => bare(name));
    return differing.map((found) => {
      const domain = domains.find((one) => found.name.endsWith(one)) ?? world.domain;
      return fail("inside", "differs", { ...found, domain }, found.name);
    });
  }
  const nearer = hosts.filter(({ inside, outside }) => inside !== outside);
  const note = nearer.map(({ name, inside }) => `; there ${name} resolves to ${inside}`).join("");
  const count = records.length + hosts.length;
  return [
    count === 0 ? untested("nothing to compare") : ok("inside", { what: `the same records for ${count} names${note}` }),
  ];
}

const without = (lookups: Readonly<Record<string, Lookup>>): Record<string, Lookup> =>
  Object.fromEntries(Object.entries(lookups).filter(([, { error }]) => !error));
