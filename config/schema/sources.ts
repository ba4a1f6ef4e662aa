import * as rule from "../rules/values";
import {
  enumValue,
  list,
  lowerCase,
  nonEmptyText,
  object,
  optionalDays,
  port,
  record,
  requiredSecret,
  requiredText,
} from "./values";

const source = object(
  {
    host: requiredText(
      { description: "The IMAP server of an account elsewhere that is fetched as well", example: "imap.gmail.com" },
      [rule.serverHost],
      lowerCase,
    ),
    port: port(993, { description: "Its port; implicit TLS" }),
    user: requiredText(
      { description: "The login there, usually the old address; may be secret", example: "kinga@example.org" },
      nonEmptyText,
    ),
    password: requiredSecret("Its password; with two-step verification an app password that was made there for this"),
    folders: list(enumValue(["INBOX", "Junk"]), ["INBOX"], {
      description: "The folders there to fetch; INBOX always is, and Junk arrives in Junk",
      example: "Junk",
    }),
    retention: optionalDays({
      description: "Days that a delivered message stays there",
      derived: "the mailbox's",
      example: "forever",
    }),
  },
  { description: "One account to fetch from; the name is yours to choose" },
);

export const sources = record(source, {
  description: "Accounts elsewhere whose mail is fetched into this mailbox, too, each under a name of your choice",
});
