import * as pulumi from "@pulumi/pulumi";
import { sizeLimits } from "../limits";
import type { Finding, PartialConfig } from "../rules/finding";
import { mebibytes } from "../rules/values";
import { type ConfigInput, isGroup, schemaAt, valueAt } from "../schema";
import type { Migration } from "../types";
import type { CompleteMailbox, MailboxDraft } from "./mailboxes";
import { all, type Resolution } from "./resolution";

export type MigrationInput = ConfigInput["migrations"][string];

/** A migration with its source's host and the mailbox that it goes into. */
export interface CompleteMigration {
  readonly name: string;
  readonly input: MigrationInput;
  readonly host: string;
  readonly mailbox: CompleteMailbox;
}

const GMAIL = "imap.gmail.com";
const MIB = 2 ** 20;

function complete(
  [name, input]: readonly [string, MigrationInput],
  mailboxes: readonly CompleteMailbox[],
): Resolution<CompleteMigration> {
  const findings: Finding[] = [];
  const host = input.from.host ?? (input.gmail ? GMAIL : undefined);
  if (host === undefined) {
    findings.push({ path: ["migrations", name, "from", "host"], text: "is missing; only `gmail: true` needs none" });
  }
  const mailbox = mailboxes.find((each) => each.name === input.mailbox);
  if (host === undefined || mailbox === undefined) return { findings };
  return { value: { name, input, host, mailbox }, findings };
}

export function completeMigrations(
  { migrations }: PartialConfig,
  completeMailboxes: readonly CompleteMailbox[],
): Resolution<readonly CompleteMigration[]> {
  const each = Object.entries(migrations ?? {}).map((entry) => complete(entry, completeMailboxes));
  const value = all(each.map((resolution) => resolution.value));
  return { ...(value !== undefined && { value }), findings: each.flatMap(({ findings }) => findings) };
}

/**
 * Migrations into mailboxes that do not exist. Each key is read by itself, so that this is found even if something else in
 * the groups is not valid. Without any mailbox, that is what is reported.
 */
export function unknownMailboxes(raw: unknown, mailboxes: readonly MailboxDraft[]): Finding[] {
  const names = mailboxes.map(({ name }) => name);
  return Object.keys(isGroup(raw) ? raw : {}).flatMap((migration): Finding[] => {
    const path = ["migrations", migration, "mailbox"];
    const name = schemaAt(path)?.safeParse(valueAt(raw, [migration, "mailbox"])).data;
    return typeof name !== "string" || names.length === 0 || names.includes(name)
      ? []
      : [{ path, text: `is not a mailbox of this stack; one of ${names.join(", ")}` }];
  });
}

/** The value that components get. */
export function resolveMigration({ name, input, host, mailbox }: CompleteMigration, largestMessage: number): Migration {
  const { from, folders, gmail, since, maxMessageSize } = input;
  return {
    name,
    mailbox: mailbox.name,
    account: mailbox.account ?? mailbox.address,
    from: { host, port: from.port, user: pulumi.secret(from.user), password: pulumi.secret(from.password) },
    folders,
    gmail,
    ...(since !== undefined && { since }),
    largest: maxMessageSize === undefined ? sizeLimits(largestMessage).received : mebibytes(maxMessageSize) * MIB,
  };
}
