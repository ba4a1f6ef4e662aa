import { ports } from "../config/names";
import { shortHash } from "../lib/hash";

/** A value of a property list. */
export type Plist = string | number | boolean | readonly Plist[] | { readonly [key: string]: Plist };

export interface ProfileArgs {
  /** The mailbox's name in the configuration. */
  readonly mailbox: string;
  readonly address: string;
  readonly displayName: string;
  readonly domain: string;
  readonly mailHost: string;
  /** An app password; without it the device prompts for one. */
  readonly password?: string | undefined;
}

/** The same UUID for the same mailbox, so that a profile that is installed again replaces the first one. */
function uuid(text: string): string {
  return shortHash(text, 64)
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-5$3-8$4-$5")
    .toUpperCase();
}

/**
 * An Apple configuration profile for mail, calendars and contacts, with the keys that Apple documents for
 * com.apple.mail.managed, com.apple.caldav.account and com.apple.carddav.account.
 */
export function profile({ mailbox, address, displayName, domain, mailHost, password }: ProfileArgs): Plist {
  const identifier = [...domain.split(".").reverse(), "homelab-mail", mailbox].join(".");
  const payload = (type: string, name: string, keys: { readonly [key: string]: Plist }): Plist => ({
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.${name}`,
    PayloadUUID: uuid(`${address} ${name}`),
    PayloadDisplayName: `${name[0]?.toUpperCase()}${name.slice(1)} (${domain})`,
    ...keys,
  });
  const mail = payload("com.apple.mail.managed", "mail", {
    EmailAccountType: "EmailTypeIMAP",
    EmailAccountDescription: domain,
    EmailAccountName: displayName,
    EmailAddress: address,
    IncomingMailServerAuthentication: "EmailAuthPassword",
    IncomingMailServerHostName: mailHost,
    IncomingMailServerPortNumber: ports.imaps,
    IncomingMailServerUseSSL: true,
    IncomingMailServerUsername: address,
    OutgoingMailServerAuthentication: "EmailAuthPassword",
    OutgoingMailServerHostName: mailHost,
    OutgoingMailServerPortNumber: ports.submissions,
    OutgoingMailServerUseSSL: true,
    OutgoingMailServerUsername: address,
    OutgoingPasswordSameAsIncomingPassword: true,
    ...(password !== undefined && { IncomingPassword: password }),
  });
  const dav = (prefix: "CalDAV" | "CardDAV", name: string): Plist =>
    payload(`com.apple.${prefix.toLowerCase()}.account`, name, {
      [`${prefix}AccountDescription`]: domain,
      [`${prefix}HostName`]: mailHost,
      [`${prefix}Port`]: 443,
      [`${prefix}UseSSL`]: true,
      [`${prefix}Username`]: address,
      ...(password !== undefined && { [`${prefix}Password`]: password }),
    });
  return {
    PayloadType: "Configuration",
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: uuid(address),
    PayloadDisplayName: `Mail of ${domain}`,
    PayloadDescription: `Sets up mail, calendars and contacts of ${address}.`,
    PayloadRemovalDisallowed: false,
    PayloadContent: [mail, dav("CalDAV", "calendars"), dav("CardDAV", "contacts")],
  };
}

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function element(value: Plist, indent: string): string {
  if (typeof value === "string") return `${indent}<string>${escaped(value)}</string>`;
  if (typeof value === "number") return `${indent}<integer>${value}</integer>`;
  if (typeof value === "boolean") return `${indent}<${value}/>`;
  const inner = `${indent}\t`;
  if (Array.isArray(value)) {
    return [`${indent}<array>`, ...value.map((one) => element(one, inner)), `${indent}</array>`].join("\n");
  }
  const pairs = Object.entries(value).map(([key, one]) => `${inner}<key>${escaped(key)}</key>\n${element(one, inner)}`);
  return [`${indent}<dict>`, ...pairs, `${indent}</dict>`].join("\n");
}

/** A property list as XML. */
export const plist = (value: Plist): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
${element(value, "")}
</plist>
`;

const text = (value: string): string => value.replace(/([\\,;])/g, "\\$1").replace(/\r?\n/g, "\\n");

/** A vCard of the address, to hand to others. */
export const vcard = ({ address, displayName }: Pick<ProfileArgs, "address" | "displayName">): string =>
  [
    "BEGIN:VCARD",
    "VERSION:3.0",
    `FN:${text(displayName)}`,
    `N:${text(displayName)};;;;`,
    `EMAIL;TYPE=INTERNET:${address}`,
    "END:VCARD",
    "",
  ].join("\r\n");
