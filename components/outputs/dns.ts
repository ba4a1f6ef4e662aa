import { type DiscoveryHost, discoveryHosts } from "../../config/discovery";
import type { Endpoint, StackConfig } from "../../config/types";

/** One DNS record, in the form of a zone file or a DNS provider's web form. */
export interface DnsRecord {
  readonly name: string;
  readonly type: "MX" | "TXT" | "CNAME" | "SRV" | "A";
  readonly value: string;
  /** The purpose of the record, and what to consider. */
  readonly purpose: string;
}

export interface DnsArgs extends Pick<StackConfig, "domains" | "hosts"> {
  readonly provider: { readonly smtp: Endpoint };
}

/** The provider's records: it receives, filters, sends and signs, so MX, SPF, DKIM and DMARC belong to it. */
function providerRecords(domain: string, provider: Endpoint): DnsRecord[] {
  const zone = `${domain}.`;
  if (!provider.host.endsWith(".migadu.com")) {
    const value = `<from the provider of ${provider.host}>`;
    return [
      { name: zone, type: "MX", value, purpose: "the provider receives" },
      { name: zone, type: "TXT", value, purpose: "SPF: only the provider sends" },
      { name: `<selector>._domainkey.${zone}`, type: "CNAME", value, purpose: "DKIM: the provider signs" },
      { name: `_dmarc.${zone}`, type: "TXT", value: "v=DMARC1; p=quarantine;", purpose: "DMARC" },
    ];
  }
  return [
    { name: zone, type: "MX", value: "10 aspmx1.migadu.com.", purpose: "the provider receives" },
    { name: zone, type: "MX", value: "20 aspmx2.migadu.com.", purpose: "the provider receives" },
    { name: zone, type: "TXT", value: "v=spf1 include:spf.migadu.com -all", purpose: "SPF: only the provider sends" },
    ...[1, 2, 3].map(
      (n): DnsRecord => ({
        name: `key${n}._domainkey.${zone}`,
        type: "CNAME",
        value: `key${n}.${domain}._domainkey.migadu.com.`,
        purpose: "DKIM: the provider signs",
      }),
    ),
    { name: `_dmarc.${zone}`, type: "TXT", value: "v=DMARC1; p=quarantine;", purpose: "DMARC" },
    {
      name: zone,
      type: "TXT",
      value: "hosted-email-verify=<code shown by the provider>",
      purpose: "proof to the provider that the domain is yours",
    },
  ];
}

const discoveryPurpose: Readonly<Record<DiscoveryHost["kind"], string>> = {
  autoconfig: "mail programs find their settings",
  autodiscover: "Outlook finds its settings",
};

/** Records with which mail programs find a domain's servers: they know only the domain of the address. */
function services(domain: string, target: string): DnsRecord[] {
  const service = (label: string, value: string, purpose: string): DnsRecord => ({
    name: `${label}._tcp.${domain}.`,
    type: "SRV",
    value,
    purpose,
  });
  return [
    service("_imaps", `0 1 993 ${target}`, "mail programs find IMAP (RFC 6186)"),
    service("_submissions", `0 1 465 ${target}`, "mail programs find submission (RFC 8314)"),
    service("_submission", `1 1 587 ${target}`, "mail programs find submission with STARTTLS (RFC 6186)"),
    service("_imap", "0 0 0 .", "no IMAP without TLS"),
    service("_pop3s", "0 0 0 .", "no POP3"),
    service("_caldavs", `0 1 443 ${target}`, "programs find calendars (RFC 6764)"),
    service("_carddavs", `0 1 443 ${target}`, "programs find contacts (RFC 6764)"),
    service("_jmap", `0 1 443 ${target}`, "programs find JMAP (RFC 8620)"),
    service("_autodiscover", `0 1 443 ${target}`, "Outlook finds its settings"),
  ];
}

/** The records to set: the provider's own, and the hosts that users connect to. */
export function dnsRecords({ domains, hosts, provider }: DnsArgs): DnsRecord[] {
  const mail = `${hosts.mail}.`;
  const home = "<address of the cluster>";
  return [
    ...domains.flatMap((domain) => providerRecords(domain, provider.smtp)),
    { name: mail, type: "A", value: home, purpose: "IMAP, submission, mail admin" },
    { name: `${hosts.webmail}.`, type: "A", value: home, purpose: "webmail" },
    ...discoveryHosts({ domains, hosts }).map(
      ({ name, kind }): DnsRecord => ({
        name: `${name}.`,
        type: "CNAME",
        value: mail,
        purpose: discoveryPurpose[kind],
      }),
    ),
    ...domains.flatMap((domain) => services(domain, mail)),
  ];
}

/** A record as a line of a zone file. */
export const zoneLine = ({ name, type, value, purpose }: DnsRecord): string =>
  `${name} IN ${type} ${type === "TXT" ? `"${value}"` : value} ; ${purpose}`;
