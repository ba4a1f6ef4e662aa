import { Resolver } from "node:dns/promises";
import type { DnsRecord } from "../../../components/outputs/dns";

/** An answer: values in the format of a zone file; empty if there is no such record. */
export interface Lookup {
  readonly values: readonly string[];
  /** Why there is no answer. */
  readonly error?: string;
}

export interface DnsObservation {
  readonly domain: string;
  readonly namespace: string;
  readonly resolver: string;
  readonly wanted: readonly DnsRecord[];
  /** By "TYPE name". */
  readonly records: Readonly<Record<string, Lookup>>;
  /** Hosts' addresses, by name, after following CNAMEs. */
  readonly addresses: Readonly<Record<string, Lookup>>;
  /** Addresses of the Service for mail programs. */
  readonly service: readonly string[];
}

/** The resolvers for public DNS. */
export const publicResolvers = ["1.1.1.1", "9.9.9.9"] as const;

const nothing = new Set(["ENOTFOUND", "ENODATA"]);

async function lookup(ask: () => Promise<readonly string[]>): Promise<Lookup> {
  try {
    return { values: await ask() };
  } catch (problem) {
    const { code = "", message } = problem as NodeJS.ErrnoException;
    return nothing.has(code) ? { values: [] } : { values: [], error: code || message };
  }
}

function asker(resolver: Resolver): (record: DnsRecord) => Promise<readonly string[]> {
  return async ({ name, type }) => {
    const host = name.replace(/\.$/, "");
    if (type === "MX") return (await resolver.resolveMx(host)).map((mx) => `${mx.priority} ${mx.exchange}.`);
    if (type === "TXT") return (await resolver.resolveTxt(host)).map((pieces) => pieces.join(""));
    if (type === "SRV") {
      const records = await resolver.resolveSrv(host);
      return records.map((srv) => `${srv.priority} ${srv.weight} ${srv.port} ${srv.name}.`);
    }
    return (await resolver.resolveCname(host)).map((target) => `${target}.`);
  };
}

async function addressesOf(resolver: Resolver, name: string): Promise<Lookup> {
  const host = name.replace(/\.$/, "");
  const [four, six] = await Promise.all([lookup(() => resolver.resolve4(host)), lookup(() => resolver.resolve6(host))]);
  const values = [...four.values, ...six.values];
  const error = values.length === 0 ? (four.error ?? six.error) : undefined;
  return { values, ...(error !== undefined && { error }) };
}

export interface DnsArgs {
  readonly domain: string;
  readonly namespace: string;
  readonly wanted: readonly DnsRecord[];
  readonly resolvers: readonly string[];
  readonly service: readonly string[];
  /** Milliseconds until a query is repeated. @default three seconds */
  readonly timeout?: number;
}

/** Queries the resolvers for every record that the stack needs. */
export async function collectDns({ resolvers, wanted, timeout = 3000, ...rest }: DnsArgs): Promise<DnsObservation> {
  const resolver = new Resolver({ timeout: timeout, tries: 2 });
  resolver.setServers(resolvers);
  const ask = asker(resolver);
  const distinct = new Map(wanted.filter((r) => !isHost(r)).map((record) => [`${record.type} ${record.name}`, record]));
  const named = [...distinct].filter(([, { name }]) => !name.includes("<"));
  const hosts = wanted.filter(isHost).map(({ name }) => name);
  const pairs = <T>(keys: readonly string[], values: readonly T[]): Record<string, T> =>
    Object.fromEntries(keys.map((key, n) => [key, values[n] as T]));
  const [records, addresses] = await Promise.all([
    Promise.all(named.map(([, record]) => lookup(() => ask(record)))),
    Promise.all(hosts.map((name) => addressesOf(resolver, name))),
  ]);
  return {
    ...rest,
    wanted,
    resolver: resolvers.join(", "),
    records: pairs(
      named.map(([key]) => key),
      records,
    ),
    addresses: pairs(hosts, addresses),
  };
}

/** Records whose address is compared, whether they are an A or a CNAME. */
export const isHost = ({ type, name }: DnsRecord): boolean =>
  type === "A" || (type === "CNAME" && !name.includes("._domainkey."));
