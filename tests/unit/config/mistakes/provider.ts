import type { Case } from "./case";

/** About the provider, and the login at it that sends mail. */
export const onTheProvider: readonly Case[] = [
  [
    "a largest message that is smaller than many pictures",
    { provider: { largestMessage: "5Mi" } },
    "provider.largestMessage",
    /"5Mi" is not a size for a message: 10Mi to 500Mi/,
    "pulumi config set --path provider.largestMessage 40Mi",
  ],
  [
    "a largest message beyond what is supported",
    { provider: { largestMessage: "501Mi" } },
    "provider.largestMessage",
    /is not a size for a message: 10Mi to 500Mi/,
  ],
  ["a size without its unit", { provider: { largestMessage: "50" } }, "provider.largestMessage", /needs its unit/],
  [
    "an unknown way with others' mail",
    { provider: { others: "bounce" } },
    "provider.others",
    /must be one of relay, refuse/,
    "pulumi config set --path provider.others relay",
  ],
  [
    "an unknown way to send",
    { relay: { password: "p", mode: "each" } },
    "relay.mode",
    /must be one of mailbox, single/,
  ],
  [
    "the stack's own account as the relay's login",
    { relay: { username: "homelab-mail@newjoy.ro", password: "p" } },
    "relay.username",
    /stack's own account/,
    "pulumi config set --path relay.username service@newjoy.ro",
  ],
  ["a relay login with a blank", { relay: { username: "ser vice@x.org", password: "p" } }, "relay.username", /a blank/],
  ["a relay login without a name", { relay: { username: "@newjoy.ro", password: "p" } }, "relay.username", /one side/],
  ["a relay login without a domain", { relay: { username: "me@", password: "p" } }, "relay.username", /one side/],
  [
    "a relay login here that is no address",
    { relay: { username: "a..b@newjoy.ro", password: "p" } },
    "relay.username",
    /is not an address/,
  ],
  [
    "the submission port with STARTTLS",
    { provider: { smtp: { host: "smtp.example.org", port: 587 } } },
    "provider.smtp.port",
    /begins in clear text .* usually 465/,
    "pulumi config set --path provider.smtp.port 465",
  ],
  ["the port between servers", { provider: { smtp: { port: 25 } } }, "provider.smtp.port", /usually 465/],
  [
    "IMAP in clear text",
    { provider: { imap: { port: "143" } } },
    "provider.imap.port",
    /usually 993/,
    "pulumi config set --path provider.imap.port 993",
  ],
  ["a port out of range", { provider: { imap: { port: 70000 } } }, "provider.imap.port", /1 to 65535/],
  ["a port that is none", { provider: { smtp: { port: "imaps" } } }, "provider.smtp.port", /must be a port number/],
  ...["outlook.office365.com", "Outlook.Office.com", "imap-mail.outlook.com"].map(
    (host): Case => [
      `${host} as the provider`,
      { provider: { imap: { host } } },
      "provider.imap.host",
      /where Microsoft takes no passwords over IMAP; use a provider that takes them/,
      "pulumi config set --path provider.imap.host imap.migadu.com",
    ],
  ),
  ["a bad provider host", { provider: { imap: { host: "imap migadu" } } }, "provider.imap.host", /not a host name/],
  [
    "no relay password",
    { relay: {} },
    "relay.password",
    /is missing/,
    "pulumi config set --secret --path relay.password",
  ],
];
