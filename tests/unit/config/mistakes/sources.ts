import { type Case, two } from "./case";

const good = { host: "imap.example.net", user: "old@example.net", password: "p" };
const source = (more: object, name = "old") => two({ sources: { [name]: { ...good, ...more } } });

/** About accounts elsewhere that are fetched as well. */
export const onSources: readonly Case[] = [
  [
    "a source without its password",
    two({ sources: { old: { host: "imap.example.net", user: "old@example.net" } } }),
    "mailboxes.kinga.sources.old.password",
    /is missing/,
    "pulumi config set --secret --path mailboxes.kinga.sources.old.password",
  ],
  [
    "a source without its server",
    source({ host: undefined }),
    "mailboxes.kinga.sources.old.host",
    /is missing/,
    "pulumi config set --path mailboxes.kinga.sources.old.host imap.gmail.com",
  ],
  ["a source at no server", source({ host: "gmail" }), "mailboxes.kinga.sources.old.host", /is not a host name/],
  ["a source without a user", source({ user: " " }), "mailboxes.kinga.sources.old.user", /is empty/],
  [
    "a source in clear text",
    source({ port: 143 }),
    "mailboxes.kinga.sources.old.port",
    /over TLS only; the port is usually 993/,
    "pulumi config set --path mailboxes.kinga.sources.old.port 993",
  ],
  [
    "a folder that is not fetched from a source",
    source({ folders: ["INBOX", "Archive"] }),
    "mailboxes.kinga.sources.old.folders[1]",
    /must be one of INBOX, Junk/,
  ],
  [
    "a source that keeps nothing for a while",
    source({ retention: "a while" }),
    "mailboxes.kinga.sources.old.retention",
    /must be a number of days/,
    "pulumi config set --path mailboxes.kinga.sources.old.retention forever",
  ],
  [
    "a source with a name for nothing",
    source({}, "Old_Gmail"),
    "mailboxes.kinga.sources.Old_Gmail",
    /is not a valid name of a source/,
    "pulumi config rm --path mailboxes.kinga.sources.Old_Gmail",
  ],
  [
    "a key that no source has",
    source({ gmail: true }),
    "mailboxes.kinga.sources.old.gmail",
    /is not a known key; known here: host, port, user, password, folders, retention/,
  ],
  [
    "a mailbox of the stack as a source",
    source({ host: "IMAP.migadu.com", user: "Alpar@newjoy.ro" }),
    "mailboxes.kinga.sources.old",
    /is an account that is fetched already, as mailboxes.alpar/,
    "pulumi config rm --path mailboxes.kinga.sources.old",
  ],
  [
    "the stack's own mail host as a source",
    source({ host: "mail.newjoy.ro" }),
    "mailboxes.kinga.sources.old.host",
    /is this stack's own host/,
  ],
  ...(
    [
      ["the webmail's host", "webmail.newjoy.ro"],
      ["a Service of the stack", "stalwart.stalwart-mail.svc.cluster.local"],
      ["a Service of the stack by its short name", "stalwart.stalwart-mail"],
      ["the stack's public Service", "stalwart-mail.stalwart-mail.svc"],
    ] as const
  ).map(
    ([what, host]): Case => [
      `${what} as a source`,
      source({ host }),
      "mailboxes.kinga.sources.old.host",
      /is this stack's own host/,
    ],
  ),
  [
    "the host for device settings in a further domain as a source",
    {
      domain: undefined,
      domains: ["newjoy.ro", "example.ro"],
      hosts: { autoconfig: "autoconfig.newjoy.ro" },
      ...source({ host: "autoconfig.example.ro" }),
    },
    "mailboxes.kinga.sources.old.host",
    /is this stack's own host/,
  ],
  ...["outlook.office365.com", "Outlook.Office.com", "imap-mail.outlook.com"].map(
    (host): Case => [
      `an account at ${host} as a source`,
      source({ host }),
      "mailboxes.kinga.sources.old",
      /where Microsoft takes no passwords over IMAP; forward its mail/,
      "pulumi config rm --path mailboxes.kinga.sources.old",
    ],
  ),
  [
    "a migration from an account at Microsoft",
    {
      migrations: {
        old: { mailbox: "kinga", from: { host: "outlook.office365.com", user: "kinga@example.org", password: "p" } },
      },
    },
    "migrations.old",
    /where Microsoft takes no passwords over IMAP; export its mail and use `npm run import`/,
    "pulumi config rm --path migrations.old",
  ],
  [
    "one account as two sources",
    two({ sources: { old: good } }, { sources: { older: { ...good, user: "OLD@example.net" } } }),
    "mailboxes.alpar.sources.older",
    /is an account that is fetched already, as mailboxes.kinga.sources.old/,
  ],
];
