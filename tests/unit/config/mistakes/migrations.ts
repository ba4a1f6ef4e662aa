import type { Case } from "./case";

/** About mail that is copied from another server once. */
export const onMigrations: readonly Case[] = [
  [
    "a migration with no source",
    { migrations: { old: { mailbox: "kinga" } } },
    "migrations.old.from.password",
    /is missing/,
    "pulumi config set --secret --path migrations.old.from.password",
  ],
  [
    "a migration from no server",
    { migrations: { old: { mailbox: "kinga", from: { user: "me", password: "p" } } } },
    "migrations.old.from.host",
    /is missing; only `gmail: true` needs none/,
  ],
  [
    "a migration with a name too long for its CronJob",
    { migrations: { ["o".repeat(43)]: { mailbox: "kinga", from: { host: "a.ro", user: "me", password: "p" } } } },
    `migrations.${"o".repeat(43)}`,
    /is too long a name: at most \d\d characters/,
  ],
  ...(
    [
      [
        "into a mailbox that there is not",
        { mailbox: "anna" },
        {},
        "mailbox",
        /is not a mailbox of this stack; one of/,
      ],
      ["with no host", {}, { host: "" }, "from.host", /is not a host name/],
      ["in clear text", {}, { port: 143 }, "from.port", /mail is copied over TLS only; the port is usually 993/],
      ["from a day that is none", { since: "2015-02-30" }, {}, "since", /is not a day; it looks like 2015-06-30/],
      ["from a day to come", { since: "2999-01-01" }, {}, "since", /is a day to come, so no message would be copied/],
      ["of messages of any size", { maxMessageSize: "5" }, {}, "maxMessageSize", /needs its unit/],
      ["of no folder", { folders: { include: ["Sent", ""] } }, {}, "folders.include[1]", /is empty/],
      [
        "of a folder with a line break",
        { folders: { include: ["a\nb"] } },
        {},
        "folders.include[0]",
        /holds a control/,
      ],
      ["into a folder for nothing", { folders: { map: { a: "b/" } } }, {}, "folders.map.a", /has a \/ with no name/],
      ["into every folder", { folders: { map: { a: "b*" } } }, {}, "folders.map.a", /holds a \*: one folder is mapped/],
      ["from a month that is none", { since: "2015-13-01" }, {}, "since", /is not a day/],
      ["from before there was mail", { since: "1969-12-31" }, {}, "since", /is not a day/],
      ["of half a folder", { folders: { exclude: ["Spam/"] } }, {}, "folders.exclude[0]", /has a \/ with no name/],
      ["of a folder with =", { folders: { map: { "a=b": "c" } } }, {}, 'folders.map["a=b"]', /cannot map/],
      [
        "of two into one",
        { folders: { map: { a: "c", b: "c" } } },
        {},
        "folders.map.b",
        /goes to the same folder as a/,
      ],
    ] as const
  ).map(
    ([what, more, from, key, text]): Case => [
      `a migration ${what}`,
      {
        migrations: {
          old: { mailbox: "kinga", from: { host: "imap.example.org", user: "me", password: "p", ...from }, ...more },
        },
      },
      `migrations.old.${key}`,
      text,
    ],
  ),
  [
    "a migration with a name for nothing",
    { migrations: { Old_Mail: { mailbox: "kinga", from: { host: "imap.example.org", user: "me", password: "p" } } } },
    "migrations.Old_Mail",
    /is not a valid migration name/,
    "pulumi config rm --path migrations.Old_Mail",
  ],
];
