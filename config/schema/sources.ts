import * as rule from "../rules/values";
import { login } from "./login";
import { enumValue, list, lowerCase, object, optionalDays, record, requiredText } from "./values";

const source = object(
  {
    host: requiredText(
      { description: "The IMAP server of an account elsewhere that is fetched as well", example: "imap.gmail.com" },
      [rule.serverHost],
      lowerCase,
    ),
    ...login,
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
