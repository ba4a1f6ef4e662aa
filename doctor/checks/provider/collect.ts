import { ImapFlow } from "imapflow";
import type { Endpoint } from "../../../config/types";
import { FETCHED, fetcherFolders } from "../../clients/fetcherFolders";
import {
  type Failed,
  failureOf,
  type MailboxLogin,
  type ProviderArgs,
  type RelayLogin,
  session,
  transport,
  unlessRefused,
} from "../../clients/mailProvider";

export interface Folder {
  readonly folder: string;
  readonly count: number;
}

export type MailboxObservation = { readonly mailbox: string; readonly server: string } & (
  | Failed
  | {
      /** Messages that are not delivered yet: in the folders that are fetched, in staging, and in the outbox. */
      readonly waiting: readonly Folder[];
      /** How many delivered messages stay there. */
      readonly kept: number;
      /** The first day with kept messages, in UTC; absent if they stay in the inbox. */
      readonly keptSince?: string;
      readonly quarantined: readonly Folder[];
    }
);

export type RelayObservation = { readonly server: string } & (Failed | { readonly works: true });

/** How many messages are in a folder. Does not mark messages: STATUS, and EXAMINE for a search. */
async function countIn(imap: ImapFlow, folder: string, search?: { unKeyword: string }): Promise<Folder> {
  if (search === undefined) {
    const status = await imap.status(folder, { messages: true });
    return { folder, count: status ? (status.messages ?? 0) : 0 };
  }
  const lock = await imap.getMailboxLock(folder, { readOnly: true });
  try {
    const uids = (await imap.search(search, { uid: true })) || [];
    return { folder, count: uids.length };
  } finally {
    lock.release();
  }
}

/** Logs in as the fetcher does, and counts messages. Nothing is changed or marked as read. */
export async function collectMailbox(
  imap: Endpoint,
  login: MailboxLogin,
  args: ProviderArgs,
): Promise<MailboxObservation> {
  const server = `${imap.host}:${imap.port}`;
  const seen = await unlessRefused([server, login.address, login.password], () => countMessages(imap, login, args));
  return { mailbox: login.mailbox, server, ...seen };
}

type Seen = Exclude<MailboxObservation, Failed>;

async function countMessages(
  imap: Endpoint,
  login: MailboxLogin,
  args: ProviderArgs,
): Promise<Omit<Seen, "mailbox" | "server"> | Failed> {
  const client = new ImapFlow(session(imap, login, args));
  client.on("error", () => {}); // it rejects what waits, too
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    client.close();
  }, args.limit);
  try {
    await client.connect();
    const there = (await client.list()).map(({ path }) => path);
    const { prefix = "" } = (client.namespace || {}) as { prefix?: string };
    const named = (name: string) => there.find((path) => path === `${prefix}${name}`);
    const waiting: Folder[] = [];
    const quarantined: Folder[] = [];
    let kept = 0;
    for (const folder of login.folders) {
      const path = folder === "INBOX" ? folder : named(folder);
      if (path === undefined) continue;
      const seen = await countIn(client, path, login.keep ? { unKeyword: FETCHED } : undefined);
      if (login.keep) kept += (await countIn(client, path)).count - seen.count;
      waiting.push({ ...seen, folder });
    }
    const own = fetcherFolders(there, prefix);
    for (const { outbox, staging, refused } of own) {
      for (const folder of [outbox, staging]) {
        if (there.includes(folder)) waiting.push(await countIn(client, folder));
      }
      if (there.includes(refused)) quarantined.push(await countIn(client, refused));
    }
    const days: string[] = [];
    for (const { path, day } of own.flatMap((folders) => folders.kept)) {
      const { count } = await countIn(client, path);
      kept += count;
      if (count > 0) days.push(day);
    }
    await client.logout();
    const keptSince = days.sort()[0];
    return {
      waiting,
      kept,
      ...(keptSince !== undefined && { keptSince }),
      quarantined: quarantined.filter(({ count }) => count > 0),
    };
  } catch (problem) {
    return late ? { failed: "unreachable", reason: "timed out" } : failureOf(problem);
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

/** Logs in as the mail server does, and sends nothing. */
export async function collectRelay(smtp: Endpoint, login: RelayLogin, args: ProviderArgs): Promise<RelayObservation> {
  const server = `${smtp.host}:${smtp.port}`;
  const seen = await unlessRefused([server, login.username, login.password], () => tryLogin(smtp, login, args));
  return { server, ...seen };
}

async function tryLogin(smtp: Endpoint, login: RelayLogin, args: ProviderArgs): Promise<{ works: true } | Failed> {
  const mailer = transport(smtp, login, args);
  try {
    await mailer.verify();
    return { works: true };
  } catch (problem) {
    const { response } = problem as { response?: string };
    return { ...failureOf(problem), ...(response && { reason: response }) };
  } finally {
    mailer.close();
  }
}
