import { setTimeout as sleep } from "node:timers/promises";
import { ImapFlow } from "imapflow";
import type { Endpoint } from "../config/types";
import { FETCHED, type FetcherFolders, fetcherFolders } from "../doctor/clients/fetcherFolders";
import { failureOf, type MailboxLogin, session } from "../doctor/clients/mailProvider";
import type { MailboxNotes } from "./notes";

export interface RefetchArgs {
  readonly imap: Endpoint;
  readonly login: MailboxLogin;
  readonly ca: readonly string[];
  /** The first day, as 2026-11-20. */
  readonly since: string;
  readonly notes: MailboxNotes;
  /**
   * Copies the newest messages first, one by one: of two messages that Stalwart treats as duplicates, it stores the first one.
   * @default false
   */
  readonly newestFirst?: boolean;
  /** Ends the run after the current copy. */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  readonly pace?: Partial<typeof usualPace>;
}

export interface Refetched {
  /** How many messages were put into the outbox. */
  readonly copied: number;
  /** How many messages an earlier run had put there. */
  readonly before: number;
  /** How many messages in the outbox are not delivered yet. */
  readonly waiting: number;
  /** Why the run is incomplete; absent if it is complete. */
  readonly problem?: string;
}

/**
 * A copy counts against the mailbox's quota until it is delivered, so at most a few hundred are in the outbox at a time. The
 * fetcher checks the outbox at least once per minute.
 */
const usualPace = { chunk: 100, most: 300, look: 2_000, timeout: 240_000 };
/** Timeouts in milliseconds: for the provider's greeting, and for a copy of a hundred large messages. */
const [toGreet, toCopy] = [20_000, 300_000];

/** Thrown if the provider refuses a command; the message is its response. */
class Refused extends Error {}

class Session {
  private words = "";
  readonly client: ImapFlow;

  constructor({ imap, login, ca }: RefetchArgs) {
    // The client reports the text of a NO response only to its log.
    const hear = (entry: { err?: { responseText?: string } }): void => {
      this.words = entry.err?.responseText ?? this.words;
    };
    const logger = { debug: hear, info: hear, warn: hear, error: hear, trace: hear };
    const common = session(imap, login, { ca, limit: toGreet });
    this.client = new ImapFlow({ ...common, socketTimeout: toCopy, logger: logger as never });
    this.client.on("error", () => {}); // it rejects what waits, too
  }

  /** A result; throws an error with the provider's response if there is none. */
  private async must<T>(what: string, answer: Promise<T | false>): Promise<T> {
    this.words = "";
    const result = await answer;
    if (result !== false) return result;
    if (!this.client.usable) throw new Error("the provider closed the connection");
    throw new Refused(`the provider refuses to ${what}: ${this.words || "it does not say why"}`);
  }

  async folders(): Promise<{ readonly paths: readonly string[]; readonly all: FetcherFolders[] }> {
    const paths = (await this.client.list()).map(({ path }) => path);
    const { prefix = "" } = (this.client.namespace || {}) as { prefix?: string };
    return { paths, all: fetcherFolders(paths, prefix) };
  }

  async count(folder: string): Promise<number> {
    const { messages = 0 } = await this.must("look into the outbox", this.client.status(folder, { messages: true }));
    return messages;
  }

  search(query: object): Promise<number[]> {
    return this.must("search", this.client.search(query, { uid: true })).then((uids) => [...(uids ?? [])]);
  }

  async copy(uids: readonly number[], outbox: string): Promise<void> {
    await this.must("copy", this.client.messageCopy([...uids], outbox, { uid: true }));
  }

  /** The messages with the flag \Deleted in the open folder. */
  async flagged(): Promise<number[]> {
    const all = await this.client.fetchAll("1:*", { uid: true, flags: true });
    return all.filter(({ flags }) => flags?.has("\\Deleted")).map(({ uid }) => uid);
  }

  /** Removes or sets the flag \Deleted; the folder must be open for writing. */
  async flag(uids: readonly number[], change: "add" | "remove"): Promise<void> {
    const flags = ["\\Deleted"];
    const options = { uid: true };
    await this.must(
      "change the flag for deletion",
      change === "add"
        ? this.client.messageFlagsAdd([...uids], flags, options)
        : this.client.messageFlagsRemove([...uids], flags, options),
    );
  }

  async create(folder: string): Promise<void> {
    await this.client.mailboxCreate(folder);
  }
}

interface Source {
  readonly path: string;
  readonly outbox: string;
  readonly query: object;
}

/** The messages kept since the day: in dated folders, and with `forever` the marked originals in the folders themselves. */
function sourcesOf({ login, since }: RefetchArgs, paths: readonly string[], all: readonly FetcherFolders[]): Source[] {
  return all.flatMap(({ source, outbox, kept }) => [
    ...kept.filter(({ day }) => day >= since).map(({ path }) => ({ path, outbox, query: { all: true } })),
    ...(login.keep && (source === "INBOX" || paths.includes(source))
      ? [{ path: source, outbox, query: { keyword: FETCHED, since: new Date(since) } }]
      : []),
  ]);
}

/** Copies everything that the provider still keeps to the outbox, a few messages at a time, and waits until it is delivered. */
export async function refetch(args: RefetchArgs): Promise<Refetched> {
  const { newestFirst = false } = args;
  const pace = { ...usualPace, ...args.pace, ...(newestFirst && { chunk: 1 }) };
  const { login, notes, signal, say } = args;
  const mailbox = login.mailbox;
  const imap = new Session(args);
  let [copied, before, waiting] = [0, 0, 0];
  const result = (problem?: string): Refetched => ({ copied, before, waiting, ...(problem && { problem }) });
  const interrupted = "interrupted; run it again to go on";

  /** Waits until at most `most` messages are in the outbox. */
  const drained = async (outbox: string, most: number): Promise<void> => {
    let [fewest, since] = [Number.POSITIVE_INFINITY, Date.now()];
    for (;;) {
      waiting = await imap.count(outbox);
      if (waiting <= most || signal.aborted) return;
      if (waiting < fewest) [fewest, since] = [waiting, Date.now()];
      if (Date.now() - since > pace.timeout) {
        throw new Refused(`nothing leaves the outbox, where ${waiting} wait: \`npm run doctor\` says why`);
      }
      await sleep(pace.look, undefined, { signal }).catch(() => {});
    }
  };

  const copyAll = async ({ path, outbox, query }: Source): Promise<void> => {
    let lock = await imap.client.getMailboxLock(path, { readOnly: true });
    try {
      if (!imap.client.mailbox) throw new Error("the provider closed the connection");
      const { uidValidity, exists } = imap.client.mailbox;
      const done = notes.copied(path, uidValidity);
      const there = exists === 0 ? [] : await imap.search(query);
      const todo = there.filter((uid) => !done.has(uid)).sort((a, b) => (newestFirst ? b - a : a - b));
      before += there.length - todo.length;
      const flagged = new Set(todo.length === 0 ? [] : await imap.flagged());
      if (todo.some((uid) => flagged.has(uid))) {
        lock.release();
        lock = await imap.client.getMailboxLock(path);
      }
      for (let start = 0; start < todo.length; start += pace.chunk) {
        await drained(outbox, pace.most - pace.chunk);
        if (signal.aborted) return;
        const uids = todo.slice(start, start + pace.chunk);
        // A copy has the flag \Deleted of its original, and in the outbox the flag means delivered. So it is removed before the copy,
        // and restored on originals in users' folders afterwards.
        const marked = uids.filter((uid) => flagged.has(uid));
        if (marked.length > 0) await imap.flag(marked, "remove");
        await imap.copy(uids, outbox);
        if (marked.length > 0 && !("all" in query)) await imap.flag(marked, "add");
        for (const uid of uids) done.add(uid);
        notes.note(path, uidValidity, done); // after the copy: a message that is not noted is delivered twice, but not lost
        copied += uids.length;
        if (!newestFirst || copied % 100 === 0) say(`${mailbox}: ${copied} messages copied, from ${path}`);
      }
    } finally {
      lock.release();
    }
  };

  try {
    await imap.client.connect();
    const { paths, all } = await imap.folders();
    const sources = sourcesOf(args, paths, all);
    if (newestFirst) sources.reverse();
    const outboxes = [...new Set(sources.map(({ outbox }) => outbox))];
    for (const outbox of outboxes.filter((path) => !paths.includes(path))) await imap.create(outbox);
    for (const source of sources) {
      await copyAll(source);
      if (signal.aborted) return result(interrupted);
    }
    if (copied > 0) say(`${mailbox}: all copied, waiting for the fetcher`);
    for (const outbox of outboxes) await drained(outbox, 0);
    await imap.client.logout();
    return result(signal.aborted ? interrupted : undefined);
  } catch (problem) {
    if (problem instanceof Refused) return result(problem.message);
    const { failed, reason } = failureOf(problem);
    const words = {
      refused: "the provider refuses the login",
      certificate: "the provider's certificate is not accepted",
    };
    return result(failed === "unreachable" ? `${reason}; run it again to go on` : `${words[failed]}: ${reason}`);
  } finally {
    imap.client.close();
  }
}
