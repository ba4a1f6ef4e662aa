import * as rule from "../rules/values";
import { sources } from "./sources";
import {
  boolean,
  enumValue,
  list,
  listItem,
  lowerCase,
  nonEmptyText,
  numberOfDays,
  object,
  oneOf,
  optionalDays,
  optionalText,
  port,
  requiredSecret,
  text,
} from "./values";

/** One mailbox: only its password is required. */
export const mailbox = object(
  {
    password: requiredSecret("The provider's IMAP password of this mailbox"),
    address: optionalText(
      {
        description: "Its address, in a domain of the stack's; may be secret",
        derived: "<name>@<domain>",
        example: "kinga@newjoy.ro",
      },
      nonEmptyText,
      lowerCase,
    ),
    account: optionalText(
      {
        description:
          "The address that it had when its account was made, after a change of the address: the account keeps the mail; may be secret",
        derived: "address",
        example: "kinga@newjoy.ro",
      },
      nonEmptyText,
      lowerCase,
    ),
    displayName: optionalText(
      { description: "The person's name, for the server's list of accounts", derived: "<name>", example: "Kinga" },
      nonEmptyText,
    ),
    aliases: list(listItem([rule.notEmpty], lowerCase), [], {
      description: "More addresses that land in this mailbox: whole, or without the main domain; may be secret",
      example: "boss",
    }),
    admin: boolean(false, { description: "Whether this person administers the mail server", example: "true" }),
    retention: optionalDays({
      description: "The same for this mailbox alone",
      derived: "the stack's",
      example: "30",
    }),
    keep: boolean(false, { description: "The older way to write `retention: forever`", example: "true" }),
    folders: list(enumValue(["INBOX", "Junk"]), ["INBOX"], {
      description: "The provider's folders to fetch; INBOX always is, and Junk arrives in Junk",
      example: "Junk",
    }),
    sources,
  },
  { description: "One mailbox; the name is yours to choose" },
);

const endpoint = (host: string, number: number, what: string) =>
  object(
    {
      host: text(host, { description: `The provider's ${what} server` }, [rule.serverHost], lowerCase),
      port: port(number, { description: `Its port; implicit TLS` }),
    },
    { description: `The provider's ${what} server` },
  );

export const provider = object(
  {
    imap: endpoint("imap.migadu.com", 993, "IMAP"),
    smtp: endpoint("smtp.migadu.com", 465, "SMTP"),
    others: oneOf(["relay", "refuse"], "relay", {
      description:
        "What happens to mail from here for addresses of the domain that are not in this configuration: relay sends it to the provider, refuse answers 550",
      example: "refuse",
    }),
    largestMessage: text(
      "40Mi",
      {
        description:
          "The largest message that the provider sends, attachments encoded; uploads and the ingress follow from it. Received mail may always be 160Mi",
        example: "50Mi",
      },
      [rule.messageSize],
    ),
  },
  { description: "The mail provider's servers" },
);

export const trash = object(
  {
    emptyAfter: numberOfDays("forever", {
      description:
        "Days after which the server deletes what was moved to Deleted Items or Junk Mail; `forever` leaves that to the users",
      example: "90",
    }),
  },
  { description: "Deleted Items and Junk Mail" },
);

export const retention = numberOfDays(7, {
  description:
    "Days that a delivered message stays at the provider, in a folder of its own, before it is deleted; `0` deletes at once, `forever` leaves it in the inbox",
  example: "14",
});

export const relay = object(
  {
    username: optionalText(
      {
        description: "The provider's SMTP login that apps and aliases send through",
        derived: "service@<domain>",
        example: "service@newjoy.ro",
      },
      [...nonEmptyText, rule.smtpLogin],
    ),
    password: requiredSecret("Its password"),
    mode: oneOf(["mailbox", "single"], "mailbox", {
      description:
        "Which login mail leaves through: mailbox sends what a mailbox's own address sends through that mailbox's login and the rest through this one, single sends everything through this one",
      example: "single",
    }),
  },
  { description: "The provider's SMTP login, which apps and aliases send through" },
);
