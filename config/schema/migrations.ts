import * as folder from "../rules/folders";
import * as rule from "../rules/values";
import { login } from "./login";
import { boolean, listItem, listOfTexts, lowerCase, map, object, optionalText, record, requiredText } from "./values";

const migration = object(
  {
    mailbox: requiredText(
      { description: "The mailbox that the mail is copied into: its name under `mailboxes`", example: "kinga" },
      [rule.notEmpty],
      lowerCase,
    ),
    from: object(
      {
        host: optionalText(
          {
            description: "The IMAP server that the mail is copied from",
            derived: "imap.gmail.com with `gmail`",
            example: "imap.example.org",
          },
          [rule.serverHost],
          lowerCase,
        ),
        ...login,
      },
      { description: "The account that the mail is copied from" },
    ),
    folders: object(
      {
        include: listOfTexts(listItem([folder.folderPattern]), {
          description:
            "The folders to copy, by their names there; `*` stands for any text, so `Archive*` has what is below Archive, too. Without any, all folders are copied",
          example: "INBOX",
        }),
        exclude: listOfTexts(listItem([folder.folderPattern]), {
          description: "Folders that are not copied, written likewise",
          example: "Spam",
        }),
        map: map(folder.mappedFolder, [folder.mappedFolder], {
          description: "Folders that get another name here; Sent, Drafts, Junk and Trash are recognized without it",
          example: "Old Stuff=Archive",
        }),
      },
      { description: "Which folders are copied, and to where" },
    ),
    gmail: boolean(false, {
      description:
        "Whether it is a Gmail or Google Workspace account: labels make no duplicates, and Google's limit of 2,500 MB per day is kept",
      example: "true",
    }),
    since: optionalText(
      {
        description: "Only messages that arrived there on this day or later are copied",
        derived: "all messages",
        example: "2015-06-30",
      },
      [folder.day],
    ),
    maxMessageSize: optionalText(
      {
        description: "Larger messages are not copied",
        derived: "what the mail server takes, 160Mi or more",
        example: "50Mi",
      },
      [rule.messageSize],
    ),
  },
  { description: "One account to copy mail from; the name is yours to choose" },
);

export const migrations = record(migration, {
  description: "Accounts elsewhere whose mail is copied into mailboxes here, each under a name of your choice",
});
