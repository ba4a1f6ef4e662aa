import * as rule from "../rules/values";
import { flag, free, item, list, lowerCase, oneOf, optionalText, port, requiredSecret, section, text } from "./values";

/** One mailbox: only its password must be given. */
export const mailbox = section(
  {
    password: requiredSecret("The provider's IMAP password of this mailbox"),
    address: optionalText(
      {
        description: "Its address, in the stack's domain; may be secret",
        derived: "<name>@<domain>",
        example: "kinga@newjoy.ro",
      },
      free,
      lowerCase,
    ),
    displayName: optionalText(
      { description: "The person's name, for the server's list of accounts", derived: "<name>", example: "Kinga" },
      free,
    ),
    aliases: list(item([rule.notEmpty], lowerCase), [], {
      description: "More addresses in the domain that land in this mailbox, with or without the domain; may be secret",
      example: "boss",
    }),
    admin: flag(false, { description: "Whether this person administers the mail server", example: "true" }),
    keep: flag(false, { description: "Whether a copy stays at the provider", example: "true" }),
    folders: list(oneOf(["INBOX", "Junk"]), ["INBOX"], {
      description: "The provider's folders to fetch; INBOX always is, and Junk arrives in Junk",
      example: "Junk",
    }),
  },
  { description: "One mailbox; the name is yours to choose" },
);

const endpoint = (host: string, number: number, what: string) =>
  section(
    {
      host: text(host, { description: `The provider's ${what} server` }, [rule.serverHost], lowerCase),
      port: port(number, { description: `Its port; TLS from the first byte` }),
    },
    { description: `The provider's ${what} server` },
  );

export const provider = section(
  { imap: endpoint("imap.migadu.com", 993, "IMAP"), smtp: endpoint("smtp.migadu.com", 465, "SMTP") },
  { description: "The mail provider's servers" },
);

export const relay = section(
  {
    username: optionalText(
      {
        description: "The provider's SMTP login that all mail leaves through",
        derived: "service@<domain>",
        example: "service@newjoy.ro",
      },
      free,
    ),
    password: requiredSecret("Its password"),
  },
  { description: "The provider's SMTP login, which apps and people send through" },
);
