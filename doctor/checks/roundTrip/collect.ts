import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ImapFlow } from "imapflow";
import { z } from "zod";
import type { Endpoint } from "../../../config/types";
import { reasonOf } from "../../../lib/reason";
import { fetcherFolders } from "../../clients/fetcherFolders";
import { type MailboxLogin, type RelayLogin, session, transport } from "../../clients/mailProvider";
import { asAdministrator, jmap, type ServerArgs } from "../../clients/mailServer";

export type RoundTrip = { readonly mailbox: string } & (
  | { readonly unsent: string }
  | { readonly out: number; readonly unseen: string; readonly subject: string }
  | {
      /** Milliseconds until the provider had accepted it. */
      readonly out: number;
      /** Milliseconds from then until it was in the mailbox here; absent if it did not arrive. */
      readonly back?: number;
      readonly waited: number;
      /** What was removed, in words. */
      readonly cleaned: string;
    }
);

export interface SendArgs {
  readonly smtp: Endpoint;
  readonly imap: Endpoint;
  readonly relay: RelayLogin;
  readonly to: MailboxLogin;
  readonly ca: readonly string[];
  /** Milliseconds for each step. */
  readonly limit: number;
  /** Milliseconds to wait for the message. */
  readonly timeout: number;
  /** The mail server's URL, and the login. */
  readonly server: { readonly base: string; readonly password: string };
  /** Ends the wait early; the message is still removed. */
  readonly signal: AbortSignal;
}

const sessionShape = z.object({ primaryAccounts: z.record(z.string(), z.string()) });
const listShape = z.array(z.object({ id: z.string(), messageId: z.array(z.string()).nullish() }));

/** The mailbox on the mail server, which the administrator may open as its user. */
class Home {
  private constructor(
    private readonly args: ServerArgs,
    private readonly accountId: string,
  ) {}

  static async open({ server, to, limit }: SendArgs): Promise<Home> {
    const args = { base: server.base, user: `${to.address}%admin`, password: server.password, limit };
    const answer = await asAdministrator(args, "/jmap/session");
    if (answer.status !== 200) throw new Error(`the server answers HTTP ${answer.status} about the mailbox`);
    const { primaryAccounts } = sessionShape.parse(JSON.parse(answer.text));
    const accountId = primaryAccounts["urn:ietf:params:jmap:mail"];
    if (accountId === undefined) throw new Error("the server knows no account of that mailbox");
    return new Home(args, accountId);
  }

  /** Ids of the messages with that Message-ID among the newest. */
  async find(messageId: string): Promise<string[]> {
    const { accountId } = this;
    const { ids } = await jmap(this.args, "Email/query", {
      accountId,
      sort: [{ property: "receivedAt", isAscending: false }],
      limit: 30,
    });
    const { list } = await jmap(this.args, "Email/get", { accountId, ids, properties: ["id", "messageId"] });
    return listShape.parse(list).flatMap(({ id, messageId: own }) => (own?.includes(messageId) ? [id] : []));
  }

  async destroy(ids: readonly string[]): Promise<void> {
    await jmap(this.args, "Email/set", { accountId: this.accountId, destroy: ids });
  }
}

/** Removes the message at the provider, where it is kept for some days or forever, or was not fetched because the fetcher is stopped. */
async function removeAtProvider(args: SendArgs, messageId: string): Promise<number> {
  const client = new ImapFlow(session(args.imap, args.to, args));
  client.on("error", () => {});
  try {
    await client.connect();
    const paths = (await client.list()).map(({ path }) => path);
    const { prefix = "" } = (client.namespace || {}) as { prefix?: string };
    const kept = fetcherFolders(paths, prefix).flatMap((folders) => folders.kept.slice(-2));
    let removed = 0;
    for (const path of ["INBOX", ...kept.map((folder) => folder.path)]) {
      const lock = await client.getMailboxLock(path);
      try {
        const uids = (await client.search({ header: { "message-id": `<${messageId}>` } }, { uid: true })) || [];
        if (uids.length > 0) await client.messageDelete(uids, { uid: true });
        removed += uids.length;
      } finally {
        lock.release();
      }
    }
    return removed;
  } finally {
    client.close();
  }
}

async function clean(args: SendArgs, home: Home, messageId: string, ids: readonly string[]): Promise<string> {
  const done: string[] = [];
  try {
    if (ids.length > 0) {
      await home.destroy(ids);
      done.push("removed from the mailbox");
    }
    if ((await removeAtProvider(args, messageId)) > 0) done.push("removed at the provider");
    return done.length > 0 ? done.join(" and ") : "nothing was left to remove";
  } catch (problem) {
    return [...done, `the test message could not be removed everywhere (${reasonOf(problem)})`].join("; ");
  }
}

/** Sends a message to one of the mailboxes, waits until it is delivered here, and removes it. */
export async function sendAround(args: SendArgs): Promise<RoundTrip> {
  const { mailbox, address } = args.to;
  const mark = randomUUID();
  const messageId = `${mark}@${address.slice(address.lastIndexOf("@") + 1)}`;
  const subject = `Does my mail work? ${mark.slice(0, 8)}`;
  const mailer = transport(args.smtp, args.relay, args);
  const started = Date.now();
  try {
    await mailer.sendMail({
      from: args.relay.username,
      to: address,
      subject,
      messageId: `<${messageId}>`,
      text: "Sent by `npm run doctor -- --send`, which removes it again when it has arrived.\n",
    });
  } catch (problem) {
    return { mailbox, unsent: (problem as { response?: string }).response ?? reasonOf(problem) };
  } finally {
    mailer.close();
  }
  const sent = Date.now();
  const out = sent - started;
  try {
    const home = await Home.open(args);
    let ids: string[] = [];
    while (ids.length === 0 && !args.signal.aborted && Date.now() - sent < args.timeout) {
      ids = await home.find(messageId);
      if (ids.length === 0) await sleep(500);
    }
    const waited = Date.now() - sent;
    const cleaned = await clean(args, home, messageId, ids);
    return { mailbox, out, waited, cleaned, ...(ids.length > 0 && { back: waited }) };
  } catch (problem) {
    return { mailbox, out, unseen: reasonOf(problem), subject };
  }
}
