import type { DnsRecord } from "../../components/outputs/dns";
import { zoneLine } from "../../components/outputs/dns";
import type { DnsObservation, Lookup } from "../observe/dns";
import { type Catalogue, speaker, type Verdict } from "../verdict";

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
      missing: { level: "warning", meaning: "is missing, so Thunderbird and others do not find the server", mend: set },
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
} as const satisfies Catalogue;

const { fine, trouble } = speaker("dns", dnsTexts);

const isPlaceholder = ({ value }: DnsRecord): boolean => value.includes("<");
const bare = (name: string): string => name.replace(/\.$/, "").toLowerCase();
const lines = (records: readonly DnsRecord[]): string =>
  records.map((record) => zoneLine(record).replace(/ ; .*$/, "")).join("`, `");
const targetOf = (value: string): string => bare(value.split(" ").at(-1) ?? "");

type Seen = (record: DnsRecord) => readonly string[];

function mx(domain: string, wanted: readonly DnsRecord[], found: readonly string[]): Verdict[] {
  const hosts = found.map(targetOf);
  const record = lines(wanted);
  if (wanted.every(isPlaceholder)) {
    return [
      hosts.length > 0 ? fine("mx", { domain }) : trouble("mx", "missing", { domain, missing: "records", record }),
    ];
  }
  const wantedHosts = wanted.map(({ value }) => targetOf(value));
  const others = hosts.filter((host) => !wantedHosts.includes(host)).join(", ");
  const absent = wanted.filter(({ value }) => !hosts.includes(targetOf(value)));
  if (others && absent.length === wanted.length) return [trouble("mx", "elsewhere", { domain, others, record })];
  const verdicts = [
    ...(others ? [trouble("mx", "two", { domain, others })] : []),
    ...(absent.length > 0
      ? [
          trouble("mx", "missing", {
            domain,
            missing: absent.map(({ value }) => targetOf(value)).join(", "),
            record: lines(absent),
          }),
        ]
      : []),
  ];
  return verdicts.length > 0 ? verdicts : [fine("mx", { domain })];
}

function spf(domain: string, wanted: DnsRecord, found: readonly string[]): Verdict {
  const all = found.filter((text) => /^v=spf1( |$)/i.test(text));
  const record = lines([wanted]);
  if (all.length === 0) return trouble("spf", "missing", { domain, record });
  if (all.length > 1) return trouble("spf", "duplicate", { domain, count: all.length, record });
  const [, include] = /(include:\S+)/.exec(wanted.value) ?? [];
  const terms = (all[0] as string)
    .toLowerCase()
    .split(/\s+/)
    .map((term) => term.replace(/^\+/, ""));
  return include && !terms.includes(include) ? trouble("spf", "wrong", { domain, record }) : fine("spf", { domain });
}

function dmarc(wanted: DnsRecord, found: readonly string[]): Verdict {
  const count = found.filter((text) => /^v=DMARC1/i.test(text)).length;
  const record = lines([wanted]);
  if (count === 1) return fine("dmarc", {}, bare(wanted.name));
  return count === 0
    ? trouble("dmarc", "missing", { record }, bare(wanted.name))
    : trouble("dmarc", "duplicate", { record, count }, bare(wanted.name));
}

function host(wanted: DnsRecord, { addresses, service, namespace }: DnsObservation): Verdict {
  const name = bare(wanted.name);
  const { values } = addresses[wanted.name] ?? { values: [] };
  const record = lines([wanted]);
  if (values.length === 0) {
    return trouble("host", wanted.type === "CNAME" ? "autoconfig" : "missing", { record }, name);
  }
  const list = values.join(", ");
  const isForMail = wanted.purpose.startsWith("IMAP");
  if (!isForMail || service.length === 0) return fine("host", { addresses: list, note: "" }, name);
  if (values.some((value) => service.includes(value))) {
    return fine("host", { addresses: list, note: ", which is the cluster's" }, name);
  }
  return trouble("host", "differs", { addresses: list, service: service.join(", "), namespace }, name);
}

function single(check: "dkim" | "srv", wanted: DnsRecord, seen: Seen): Verdict[] {
  if (isPlaceholder(wanted)) return [];
  const found = seen(wanted);
  const name = bare(wanted.name);
  const record = lines([wanted]);
  if (found.length === 0) return [trouble(check, "missing", { record }, name)];
  const right = found.some((value) => bare(value) === bare(wanted.value));
  return [right ? fine(check, {}, name) : trouble(check, "wrong", { found: found.join(", "), record }, name)];
}

/** What the records say, against what the stack's output `dnsRecords` asks for. */
export function judgeDns(observation: DnsObservation): Verdict[] {
  const { wanted, records, domain, resolver } = observation;
  const key = ({ name, type }: DnsRecord): string => `${type} ${name}`;
  const lookupOf = (record: DnsRecord): Lookup | undefined => records[key(record)];
  const failed = [...Object.entries(records), ...Object.entries(observation.addresses)].filter(([, l]) => l.error);
  if (failed.length > 0) {
    const [name, { error }] = failed[0] as [string, Lookup];
    const verdict = trouble("resolver", "silent", { name, resolver, reason: error ?? "" });
    // One silence is told once; what was answered is judged all the same.
    const rest = wanted.filter((r) => !failed.some(([n]) => n === key(r) || n === r.name));
    return rest.length === 0
      ? [verdict]
      : [
          verdict,
          ...judgeDns({
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
    ...(wantedMx[0] ? mx(domain, wantedMx, seen(wantedMx[0])) : []),
    ...texts.filter(({ purpose }) => purpose.startsWith("SPF")).map((record) => spf(domain, record, seen(record))),
    ...of(({ name }) => name.includes("._domainkey.")).flatMap((record) => single("dkim", record, seen)),
    ...texts.filter(({ name }) => name.startsWith("_dmarc.")).map((record) => dmarc(record, seen(record))),
    ...texts
      .filter(({ purpose }) => purpose.startsWith("proof"))
      .map((record) => {
        const [start = ""] = record.value.split("<");
        return seen(record).some((text) => text.startsWith(start))
          ? fine("proof", {}, bare(record.name))
          : trouble("proof", "missing", { record: lines([record]) }, bare(record.name));
      }),
    ...of(isHost).map((record) => host(record, observation)),
    ...of(({ type }) => type === "SRV").flatMap((record) => single("srv", record, seen)),
  ];
}

const without = (lookups: Readonly<Record<string, Lookup>>): Record<string, Lookup> =>
  Object.fromEntries(Object.entries(lookups).filter(([, { error }]) => !error));

/** Records whose address counts, and not whether they are an A or a CNAME. */
export const isHost = ({ type, name }: DnsRecord): boolean =>
  type === "A" || (type === "CNAME" && !name.includes("._domainkey."));
