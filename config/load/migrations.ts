import * as pulumi from "@pulumi/pulumi";
import { wholeAddress } from "../addresses";
import { sizeLimits } from "../limits";
import { mebibytes } from "../rules/values";
import type { ConfigInput } from "../schema";
import type { Mailbox, Migration } from "../types";

const GMAIL = "imap.gmail.com";
const MIB = 2 ** 20;

/** Migrations with what follows from other keys, sorted by name. */
export function resolveMigrations(
  input: ConfigInput["migrations"],
  mailboxes: readonly Mailbox[],
  { domain, largestMessage }: { readonly domain: string; readonly largestMessage: number },
): Migration[] {
  return Object.entries(input)
    .map(([name, { mailbox, from, folders, gmail, since, maxMessageSize }]): Migration => {
      const target = mailboxes.find((one) => one.name === mailbox);
      const host = from.host ?? (gmail ? GMAIL : undefined);
      if (target === undefined || host === undefined) throw new Error(`migration ${name} passed validation incomplete`);
      return {
        name,
        mailbox,
        account: wholeAddress(target.localPart, domain),
        from: { host, port: from.port, user: pulumi.secret(from.user), password: pulumi.secret(from.password) },
        folders,
        gmail,
        ...(since !== undefined && { since }),
        largest: maxMessageSize === undefined ? sizeLimits(largestMessage).received : mebibytes(maxMessageSize) * MIB,
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
