import { type DiscoveryHost, discoveryHosts } from "../../../config/discovery";
import type { StackConfig } from "../../../config/types";
import { type HttpOptions, type HttpResponse, httpRequest } from "../../../lib/http";
import { reasonOf } from "../../../lib/reason";

/** A server that a mail program is told to use: `993 SSL mail.newjoy.ro`. */
export type Offer = string;

export type SettingsAnswer = { readonly reason: string } | { readonly offers: readonly Offer[] };

export type FoundService =
  | { readonly reason: string }
  /** The target of the redirect, and its response to a request without a password. */
  | { readonly path: string; readonly status: number; readonly basic: boolean };

export interface DevicesObservation {
  readonly mailHost: string;
  /** The responses for Thunderbird and Outlook, by host. */
  readonly settings: readonly {
    readonly host: string;
    readonly kind: DiscoveryHost["kind"];
    readonly answer: SettingsAnswer;
  }[];
  /** The responses for an iPhone under /.well-known. */
  readonly services: Readonly<Record<"caldav" | "carddav" | "jmap", FoundService>>;
}

/** The servers that a device must be told to use. */
export const wantedOffers = (mailHost: string): Offer[] => [`imap 993 ${mailHost}`, `smtp 465 ${mailHost}`];

const element = (xml: string, name: string): string =>
  new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`, "i").exec(xml)?.[1]?.toLowerCase() ?? "";

/** The servers with implicit TLS in Thunderbird's format (https://www.bucksch.org/1/projects/thunderbird/autoconfiguration/). */
export function offersOfAutoconfig(xml: string): Offer[] {
  const servers = xml.matchAll(/<(?:incoming|outgoing)Server type="(\w+)">(.*?)<\/(?:incoming|outgoing)Server>/gs);
  return [...servers]
    .filter(([, , body = ""]) => element(body, "socketType") === "ssl")
    .map(([, type = "", body = ""]) => `${type.toLowerCase()} ${element(body, "port")} ${element(body, "hostname")}`);
}

/** The same in Outlook's format ([MS-OXDSCLI]). */
export function offersOfAutodiscover(xml: string): Offer[] {
  return [...xml.matchAll(/<Protocol>(.*?)<\/Protocol>/gs)]
    .filter(([, body = ""]) => element(body, "SSL") === "on")
    .map(([, body = ""]) => `${element(body, "Type")} ${element(body, "Port")} ${element(body, "Server")}`);
}

const outlookSchema = "http://schemas.microsoft.com/exchange/autodiscover/outlook";

const outlookQuestion = (address: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${outlookSchema}/requestschema/2006"><Request>` +
  `<EMailAddress>${address}</EMailAddress>` +
  `<AcceptableResponseSchema>${outlookSchema}/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`;

/** Not a user's address, because the ingress controller logs it. */
const anAddress = (domain: string): string => `doctor@${domain}`;

/** Where a host's pages begin. */
type BaseUrl = (host: string) => string;

async function settingsAt(
  { name, kind, domain }: DiscoveryHost,
  baseUrl: BaseUrl,
  options: HttpOptions,
): Promise<SettingsAnswer> {
  const address = anAddress(domain);
  try {
    const answer =
      kind === "autoconfig"
        ? await httpRequest(
            `${baseUrl(name)}/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(address)}`,
            options,
          )
        : await httpRequest(`${baseUrl(name)}/autodiscover/autodiscover.xml`, {
            ...options,
            headers: { "content-type": "text/xml; charset=utf-8" },
            body: outlookQuestion(address),
          });
    if (answer.status !== 200) return { reason: `HTTP ${answer.status}` };
    return { offers: (kind === "autoconfig" ? offersOfAutoconfig : offersOfAutodiscover)(answer.text) };
  } catch (problem) {
    return { reason: reasonOf(problem) };
  }
}

const propfind = `<?xml version="1.0" encoding="UTF-8"?><A:propfind xmlns:A="DAV:"><A:prop><A:current-user-principal/><A:principal-URL/><A:resourcetype/></A:prop></A:propfind>`;

/** An iPhone discovers calendars and contacts with PROPFIND, a JMAP program uses GET; both follow redirects. */
async function serviceAt(
  service: "caldav" | "carddav" | "jmap",
  base: string,
  options: HttpOptions,
): Promise<FoundService> {
  const question: HttpOptions =
    service === "jmap"
      ? options
      : { ...options, method: "PROPFIND", headers: { depth: "0", "content-type": "text/xml" }, body: propfind };
  const path = `/.well-known/${service}`;
  try {
    const first: HttpResponse = await httpRequest(`${base}${path}`, question);
    const { location } = first;
    if (first.status < 300 || first.status > 399 || location === undefined) {
      return { path, status: first.status, basic: false };
    }
    const target = new URL(location, `${base}${path}`);
    if (target.origin !== new URL(base).origin) return { reason: `it redirects to ${target.origin}` };
    const second = await httpRequest(target.href, question);
    return { path: target.pathname, status: second.status, basic: /\bbasic\b/i.test(second.login ?? "") };
  } catch (problem) {
    return { reason: reasonOf(problem) };
  }
}

/** Sends the requests of a device on which a user has entered an address and a password. Does not log in. */
export async function collectDevices(
  config: Pick<StackConfig, "domains" | "hosts">,
  options: HttpOptions,
  baseUrl: BaseUrl = (host) => `https://${host}`,
): Promise<DevicesObservation> {
  const { mail } = config.hosts;
  // The SRV record directs Outlook to the mail host.
  const places: DiscoveryHost[] = [
    ...discoveryHosts(config),
    { name: mail, kind: "autodiscover", domain: config.domains[0] ?? "" },
  ];
  const [answers, caldav, carddav, jmap] = await Promise.all([
    Promise.all(places.map((place) => settingsAt(place, baseUrl, options))),
    serviceAt("caldav", baseUrl(mail), options),
    serviceAt("carddav", baseUrl(mail), options),
    serviceAt("jmap", baseUrl(mail), options),
  ]);
  return {
    mailHost: mail,
    settings: places.map(({ name, kind }, n) => ({ host: name, kind, answer: answers[n] as SettingsAnswer })),
    services: { caldav, carddav, jmap },
  };
}
