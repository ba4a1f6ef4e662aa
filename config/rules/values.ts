import { isIP } from "node:net";
import { largestMessageRange } from "../limits";
import { names } from "../names";
import { unsupportedStalwart } from "../stalwartLine";
import { isSchedule } from "./schedule";

/**
 * A rule about one value: what is wrong with it, or undefined. A message never contains the value: the report
 * decides whether it may be shown.
 */
export type Rule = (value: string) => string | undefined;

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const is = (ok: boolean, problem: string): string | undefined => (ok ? undefined : problem);

const isDnsName = (value: string): boolean => value.length <= 253 && value.split(".").every((part) => LABEL.test(part));

export const notEmpty: Rule = (value) => is(value.trim() !== "", "is empty");

/** Tabs are fine. Line breaks cannot be written into a fetchmailrc or an SMTP login, NUL ends a C string. */
export const noControlCharacters: Rule = (value) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the rule finds control characters
  is(!/[\x00-\x08\x0a-\x1f\x7f]/.test(value), "holds a line break or another control character");

/** A domain mail is sent to: at least two labels, and not an IP address. */
export const domainName: Rule = (value) => {
  if (isDnsName(value) && value.includes(".") && !/^\d+$/.test(value.split(".").at(-1) ?? "")) return undefined;
  // Certificates, DNS records and mail servers use the DNS form of such a name.
  return /[^\x20-\x7e]/.test(value)
    ? "has letters that DNS writes in another form: the one that begins with xn--"
    : "is not a domain name; it looks like example.org";
};

/** A server: a full host name or, for a server that the stack only connects to, an IP address. */
export const serverHost: Rule = (value) =>
  is(isIP(value) !== 0 || domainName(value) === undefined, "is not a host name; it looks like imap.example.org");

export const dnsLabel: Rule = (value) =>
  is(LABEL.test(value), "is not a Kubernetes name: lower-case letters, digits and dashes, at most 63 characters");

const SYSTEM_NAMESPACES = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

export const ownNamespace: Rule = (value) =>
  is(!SYSTEM_NAMESPACES.has(value), "belongs to Kubernetes itself; the mail stack needs a namespace of its own");

/** Names of storage classes, issuers, ingress classes and Secrets. */
export const kubernetesName: Rule = (value) =>
  is(isDnsName(value), "is not a Kubernetes name: lower-case letters, digits, dashes and dots");

export const cronSchedule: Rule = (value) =>
  is(isSchedule(value), "is not a schedule of five fields, such as 15 3 * * *");

export const labelKey: Rule = (value) => {
  const slash = value.indexOf("/");
  const [prefix, name] = slash < 0 ? [undefined, value] : [value.slice(0, slash), value.slice(slash + 1)];
  return is(
    /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(name) && (prefix === undefined || isDnsName(prefix)),
    "is not a Kubernetes label or annotation key; it looks like example.org/name",
  );
};

export const labelValue: Rule = (value) =>
  is(
    /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/.test(value),
    "is not a Kubernetes label value: at most 63 letters, digits, dashes, dots and underscores",
  );

export const ipAddress: Rule = (value) => is(isIP(value) !== 0, "is not an IP address; it looks like 192.168.1.25");

export const cidr: Rule = (value) => {
  const [address = "", prefix = "", ...rest] = value.split("/");
  const bits = isIP(address) === 4 ? 32 : 128;
  const ok = rest.length === 0 && isIP(address) !== 0 && /^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits;
  return is(ok && !address.includes("%"), "is not a network; it looks like 192.168.0.0/16 or fd00::/8");
};

/** Hosts in `cluster.networks` may send mail without a login. */
export const notDefaultRoute: Rule = (value) =>
  is(!/\/0$/.test(value), "is the whole internet: everybody could send mail through this server");

/** The canonical form of an IPv6 address. */
const shortForm = (address: string): string =>
  isIP(address) === 6 && !address.includes("%") ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;

/**
 * Stalwart compares IPv4 addresses with an IPv6 network as `::ffff:a.b.c.d`, so a network that begins with zeros may contain all of
 * them. And it refuses 0.0.0.0, and with it all settings after it (crates/registry/src/types/ipmask.rs).
 */
export const notUnspecified: Rule = (value) => {
  const [address = ""] = value.split("/");
  const short = shortForm(address);
  if (short === "0.0.0.0") return "is the unspecified address; write the network that your clients are in";
  return is(!short.startsWith("::") || short === "::1", "may hold every IPv4 address; write IPv4 networks as such");
};

/** Stalwart's `IpAddrOrMask` (crates/registry/src/types/ipmask.rs) does not accept wider networks. */
export const atLeastSlash8: Rule = (value) =>
  is(Number(value.split("/")[1]) >= 8, "is too wide for Stalwart, which takes /8 and narrower");

/** OIDC compares issuers exactly, and the discovery document is at the root of this one. */
export const issuerUrl: Rule = (value) => {
  if (!URL.canParse(value)) return "is not a URL; it looks like https://auth.example.org";
  const url = new URL(value);
  if (url.protocol !== "https:") return "is not https; identity must not travel in the clear";
  if (url.username || url.password) return "holds a login; an issuer has none";
  if (/[?#]/.test(value)) return "has a query or fragment; an issuer has none";
  if (url.pathname !== "/") return "has a path; the issuer is only https:// and the host";
  if (value.endsWith("/")) return "ends with a slash; the issuer must match what the provider says, letter by letter";
  return serverHost(url.hostname.replace(/^\[|\]$/g, "")) ?? is(value === url.origin, `is not in its plain form`);
};

/** A URL that needs no escaping in a quoted line of curl's configuration. */
export const heartbeatUrl: Rule = (value) => {
  if (!/^https?:\/\/[^\s"\\]+$/.test(value) || !URL.canParse(value)) {
    return "is not a URL to ping; it looks like https://hc-ping.com/<uuid>";
  }
  const { username, password, hash } = new URL(value);
  return is(!username && !password && !hash, "holds a login or a #, which neither service has");
};

/** The port of an http or https URL. */
export const portOf = (url: string): number => {
  const { port, protocol } = new URL(url);
  return port === "" ? ({ "http:": 80 }[protocol] ?? 443) : Number(port);
};

/** Client ids end up in URLs and configuration files. Pocket ID takes no others (backend/internal/dto/validations.go). */
export const clientId: Rule = (value) =>
  is(/^[\w.-]{2,128}$/.test(value), "is not a client id: 2 to 128 letters, digits, dots, dashes and underscores");

const IMAGE = /^[a-z0-9][\w.-]*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*:([\w][\w.-]{0,127})@sha256:[0-9a-f]{64}$/i;

/**
 * The administrator's password opens every mailbox, from any address. The server removes the spaces around it, and treats a
 * value that begins with one of these as a hash, so that no login succeeds (directory/src/core/secret.rs).
 */
export const administratorPassword: Rule = (value) => {
  const mistakes = [
    ...([...value].length < 20 ? ["is shorter than 20 characters"] : []),
    ...(value !== value.trim() ? ["has a blank at an end, which the server drops"] : []),
    ...(/^[$_{]/.test(value) ? ["begins with $, _ or {, which the server takes for a hash"] : []),
  ];
  return mistakes.length === 0 ? undefined : `${mistakes.join(", and ")}; without the key one is generated`;
};

/** A tag alone can be moved to other content; a digest alone does not say which version runs. */
export const pinnedImage: Rule = (value) =>
  is(IMAGE.test(value), "is not pinned by tag and digest; it looks like repository:tag@sha256:<64 hex digits>");

const imageTag = (value: string): string => IMAGE.exec(value)?.[1] ?? "";

export const supportedStalwart: Rule = (value) => unsupportedStalwart(imageTag(value));

export const supportedStalwartCli: Rule = (value) =>
  is(
    /^v?1\.\d+\.\d+(-[\w.-]+)?$/.test(imageTag(value)),
    "is not a version of Stalwart's command line that is known to work: only 1.x is",
  );

const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** The stack's own account has this name; a user's account with the same name would be merged with it. */
export const notReserved: Rule = (value) =>
  is(value !== names.systemAccount, "is the name of the stack's own account; choose another");

/** What Stalwart accepts before the @ (its `sanitize_email_local`), in lower case and ASCII. */
export const localPart: Rule = (value) =>
  is(value.length <= 64 && LOCAL_PART.test(value), "is not an address: letters, digits, dots, dashes before the @");

/**
 * Characters that mail servers accept but a user's address must not have. Stalwart delivers `kinga+news` to kinga (subaddressing)
 * and signs in `kinga%admin` as its administrator, so an account with such a name can never be reached.
 */
export const ownLocalPart: Rule = (value) => {
  if (value === "*") return "would be a catch-all, which belongs to the provider: set it there";
  if (value.includes("+")) {
    return "holds a +: mail for name+anything reaches the mailbox called name without being told";
  }
  return is(!value.includes("%"), "holds a %: at sign-in the mail server reads an administrator's name behind it");
};

/** RFC 5321, 4.5.3.1.3: a path is at most 256 octets, and the angle brackets are two of them. */
export const wholeAddress: Rule = (value) =>
  is(value.length <= 254, "is longer than the 254 characters that mail allows");

/** The user name of SMTP AUTH PLAIN. Some providers' logins have no @. */
export const smtpLogin: Rule = (value) => {
  if (/\s/.test(value)) return "holds a blank, which no login at a provider does";
  return is(!/^@|@$/.test(value), "is not an address: something is missing on one side of the @");
};

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of a Kubernetes quantity such as `10Gi`, `250m` or `1e3`; undefined if it is not a quantity. */
export function amount(quantity: string): number | undefined {
  const match = /^(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})(?:([eE][+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i))?$/.exec(quantity);
  if (!match) return undefined;
  const [, digits, exponent, suffix] = match;
  return Number(`${digits}${exponent ?? ""}`) * (FACTORS[suffix ?? ""] as number);
}

const SMALLEST_SIZE = 2 ** 20;
const LARGEST = 2 ** 63; // Kubernetes counts in 64 bits

/** Bytes. `10` and `128m` are quantities too, but ten bytes or an eighth of one are a mistake. */
export const byteSize: Rule = (value) => {
  const bytes = amount(value);
  if (bytes === undefined) return "is not a size; it looks like 512Mi or 10Gi";
  if (bytes < SMALLEST_SIZE) return "is less than a megabyte; a size needs its unit, as in 512Mi or 10Gi";
  return bytes < LARGEST ? undefined : "is more than Kubernetes can count";
};

/** How large a message may be. */
export const messageSize: Rule = (value) => {
  const problem = byteSize(value);
  if (problem) return problem;
  const { min, max } = largestMessageRange;
  const size = mebibytes(value);
  return is(size >= min && size <= max, `is not a size for a message: ${min}Mi to ${max}Mi`);
};

/** A quantity in whole MiB. */
export const mebibytes = (quantity: string): number => Math.floor((amount(quantity) ?? 0) / 2 ** 20);

/** CPU cores. */
export const cpuAmount: Rule = (value) => {
  const cores = amount(value);
  if (cores === undefined) return "is not an amount of CPU; it looks like 250m or 2";
  if (cores < 0.001) return "is less than 1m, the smallest amount of CPU";
  return cores <= 1024 ? undefined : "is more than a machine has; 250m is a quarter of a core";
};
