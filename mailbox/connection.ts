import { setTimeout as sleep } from "node:timers/promises";
import type { ImapFlow } from "imapflow";
import { reasonOf } from "../lib/reason";

/** The operations of an IMAP session that import and export need. */
export type ImapClient = Pick<
  ImapFlow,
  | "usable"
  | "list"
  | "status"
  | "append"
  | "mailboxCreate"
  | "mailboxOpen"
  | "mailboxClose"
  | "fetch"
  | "fetchOne"
  | "logout"
  | "close"
>;

/** The server refused a command; the message is its response. */
export class Rejected extends Error {}

export interface ConnectionArgs {
  readonly connect: () => Promise<ImapClient>;
  readonly signal: AbortSignal;
  /** Milliseconds until the first attempt to reconnect, doubled for each further attempt. @default 1 s */
  readonly pause?: number;
}

const ATTEMPTS = 7;

type Refusal = { responseStatus?: string; responseText?: string; serverResponseCode?: string; message: string };
const isRefusal = (problem: unknown): boolean => {
  const { responseStatus, serverResponseCode } = problem as Refusal;
  return responseStatus === "NO" || responseStatus === "BAD" || serverResponseCode === "APPENDLIMIT";
};
const authenticationFailed = (problem: unknown): boolean =>
  (problem as { authenticationFailed?: boolean }).authenticationFailed === true;
const wordsOf = (problem: unknown): string => (problem as Refusal).responseText || reasonOf(problem);

/** A connection that reconnects when it is lost. */
export class Connection {
  private client: ImapClient | undefined;

  constructor(private readonly args: ConnectionArgs) {}

  /** Runs a function with a connection; if the connection ends meanwhile, runs it again from the start with a new one. */
  async use<T>(work: (client: ImapClient) => Promise<T>): Promise<T> {
    const { connect, signal, pause = 1000 } = this.args;
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (this.client === undefined || !this.client.usable) {
          this.client?.close();
          this.client = await connect();
        }
        return await work(this.client);
      } catch (problem) {
        if (problem instanceof Rejected) throw problem;
        // After a refusal the connection is still usable; every other error has ended it.
        if (this.client?.usable && isRefusal(problem)) throw new Rejected(wordsOf(problem));
        this.client?.close();
        this.client = undefined;
        if (attempt + 1 >= ATTEMPTS || signal.aborted || authenticationFailed(problem)) throw problem;
        await sleep(pause * 2 ** attempt, undefined, { signal }).catch(() => {});
      }
    }
  }

  async close(): Promise<void> {
    await this.client?.logout().catch(() => {});
    this.client?.close();
  }
}
