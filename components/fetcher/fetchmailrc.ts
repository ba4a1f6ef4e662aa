import type { Endpoint, Folder } from "../../config/types";

/** Where the supervisor's loopback proxies listen inside the pod (see program/tcp_proxy.py). */
export const proxyPorts = {
  INBOX: { imap: 10993, sink: 10025 },
  Junk: { imap: 11993, sink: 12525 },
} as const;

/** Placeholders that the supervisor replaces, quoted, with the content of the mounted Secrets. */
export const placeholders = { address: "@ADDRESS@", password: "@PASSWORD@", folder: "@FOLDER@" } as const;

/** The same for a source: it has a login of its own, and its server and proxies differ from pod to pod. */
export const sourcePlaceholders = { user: "@USER@", host: "@HOST@", imap: "@IMAP@", smtp: "@SMTP@" } as const;

export interface FetchmailrcOptions {
  /** The provider's IMAP server: implicit TLS, its certificate checked against the system's CAs. */
  readonly imap: Endpoint;
  /** The folder whose outbox it empties; it fetches the messages in it, and exits. */
  readonly folder: Folder;
}

/** Text in fetchmail's double quotes. Its lexer ends a string at the first `"`, escaped or not, so characters are written in hex. */
export function quote(text: string): string {
  const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`;
  const bytes = [...Buffer.from(text, "utf8")];
  return `"${bytes.map((b) => (/[A-Za-z0-9@._/-]/.test(String.fromCharCode(b)) ? String.fromCharCode(b) : hex(b))).join("")}"`;
}

/**
 * The run control file for one folder of one mailbox. It is stored in a ConfigMap, so it has placeholders for the address and
 * the password.
 *
 * Every line that looks like a default is required: defaults of fetchmail 6.4 lose or misdirect mail (a refused
 * recipient is replaced by the local postmaster), are announced to change (softbounce), or differ between builds.
 */
export function renderFetchmailrc({ imap, folder }: FetchmailrcOptions): string {
  const proxy = proxyPorts[folder];
  return render({
    user: placeholders.address,
    host: quote(imap.host),
    imap: `${proxy.imap}`,
    smtp: `"127.0.0.1/${proxy.sink}"`,
  });
}

/** The run control file for any folder of any source: the pod fills in the source and the folder. */
export const renderSourceFetchmailrc = (): string => render(sourcePlaceholders);

function render({ user, host, imap, smtp }: Readonly<Record<keyof typeof sourcePlaceholders, string>>): string {
  const server = [
    // Both connections use the supervisor's proxies. TLS is end-to-end to the provider, so its name is still verified.
    `poll ${host} via "127.0.0.1" service ${imap} protocol IMAP`,
    "no dns",
    "auth password",
    "timeout 60",
    "bad-header reject", // a header line "." would end the SMTP data early; such mail is delivered directly
  ];
  const account = [
    `user ${user} password ${placeholders.password} is ${placeholders.address} here`,
    `folder ${placeholders.folder}`,
    `ssl sslproto "TLS1.2+" sslcertck sslcommonname ${host}`,
    `smtphost ${smtp} smtpname ${placeholders.address}`, // SMTP: with LMTP a 5xx deletes the message
    "antispam -1", // no SMTP error makes fetchmail drop a message as spam
    "no idle", // the supervisor waits for new mail
    "fetchall no keep no flush",
    "no rewrite no mimedecode no stripcr no forcecr no dropstatus no dropdelivered pass8bits",
    "limit 0 fetchlimit 0 fetchsizelimit 100 batchlimit 100",
    // Flagged messages are expunged before the next session fetches anything, so a crash repeats one message at most.
    "expunge 100",
  ];
  return [
    "set no syslog",
    "set no invisible",
    'set postmaster ""', // otherwise mail for a refused recipient goes to the local user instead
    "set softbounce", // a 5xx leaves the message at the provider
    "set no bouncemail", // nothing is sent to outside senders
    "set no spambounce",
    "",
    server.join("\n  "),
    `  ${account.join("\n    ")}`,
    "",
  ].join("\n");
}
