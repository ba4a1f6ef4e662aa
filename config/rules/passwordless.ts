import type { Finding, PartialConfig } from "./finding";

/**
 * IMAP servers that accept OAuth only: Exchange Online since 2022, outlook.com since September 2024
 * (https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online).
 */
const MICROSOFT = ["outlook.office365.com", "outlook.office.com", "imap-mail.outlook.com"];

const refused = (host: string | undefined, path: Finding["path"], instead: string): Finding[] =>
  host === undefined || !MICROSOFT.includes(host)
    ? []
    : [{ path, text: `is at ${host}, where Microsoft takes no passwords over IMAP; ${instead}` }];

const removed = (findings: Finding[]): Finding[] => findings.map((finding) => ({ ...finding, remove: "value" }));

/** A password is all that the provider's mailboxes, a source or a migration have to log in with. */
export function accountsTakePasswords({ provider, mailboxes, migrations }: PartialConfig): Finding[] {
  const hosted = refused(provider?.imap.host, ["provider", "imap", "host"], "use a provider that takes them");
  const fetched = Object.entries(mailboxes ?? {}).flatMap(([mailbox, { sources }]) =>
    Object.entries(sources).flatMap(([name, { host }]) =>
      refused(host, ["mailboxes", mailbox, "sources", name], "forward its mail from there instead"),
    ),
  );
  const copied = Object.entries(migrations ?? {}).flatMap(([name, { from }]) =>
    refused(from.host, ["migrations", name], "export its mail and use `npm run import` instead"),
  );
  return [...hosted, ...removed([...fetched, ...copied])];
}
