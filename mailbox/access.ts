import { ImapFlow } from "imapflow";
import { ports } from "../config/names";
import type { Mailbox } from "../config/types";
import { session } from "../doctor/clients/mailProvider";
import type { ServerArgs } from "../doctor/clients/mailServer";
import { trusting } from "../lib/customCAs";
import { AppPasswords } from "./appPasswords";
import { Dav } from "./dav";
import type { MailServer } from "./server";
import { SieveScripts } from "./sieve";

/** Timeouts in milliseconds: for the server's greeting, for the transfer of a large message, and for one HTTP request. */
const [toGreet, toStore, toAnswer] = [30_000, 600_000, 60_000];

/** The app password expires, in case the command is killed before it removes it. */
const DAYS = 7;

/**
 * An import must not send invitations to the guests of future events again: the server sends them for events that are added to
 * a calendar (crates/dav/src/calendar/update.rs), unless the session lacks the permission.
 */
const SILENT = ["calendarSchedulingSend"];

/**
 * One user's mailbox, opened with an app password that is created for the command and removed afterwards. So the command
 * does not open the mailbox with the administrator's password, and has only the user's permissions.
 */
export class MailboxAccess {
  private readonly over = new AbortController();

  private constructor(
    private readonly server: MailServer,
    readonly address: string,
    private readonly base: string,
    private readonly own: { readonly id: string; readonly secret: string },
    private readonly passwords: AppPasswords,
  ) {}

  static async open(server: MailServer, mailbox: Mailbox, purpose: string): Promise<MailboxAccess> {
    const over = new AbortController();
    const base = await server.forward(ports.stalwartHttp, over.signal);
    try {
      const passwords = new AppPasswords(inNameOf(server, mailbox.address, base));
      const description = `homelab-mail ${purpose}`;
      const expiresAt = new Date(Date.now() + DAYS * 86_400_000);
      const own = await passwords.create({ description, expiresAt, without: SILENT });
      const access = new MailboxAccess(server, mailbox.address, base, own, passwords);
      access.over.signal.addEventListener("abort", () => over.abort());
      return access;
    } catch (problem) {
      over.abort();
      throw problem;
    }
  }

  get secret(): string {
    return this.own.secret;
  }

  /** A new connection, with a port-forward of its own: the previous one may have ended with its pod. */
  async imap(): Promise<ImapFlow> {
    const { config } = this.server;
    const closed = new AbortController();
    const either = AbortSignal.any([this.over.signal, closed.signal]);
    const way = new URL(await this.server.forward(ports.imaps, either));
    const login = { mailbox: "", address: this.address, password: this.own.secret, folders: [], keep: false };
    const ca = config.trust.certificates;
    const client = new ImapFlow({
      ...session({ host: way.hostname, port: Number(way.port) }, login, { ca, limit: toGreet }),
      tls: { ...trusting(ca), servername: config.hosts.mail },
      socketTimeout: toStore,
    });
    client.on("error", () => {}); // it rejects what waits, too
    client.on("close", () => closed.abort());
    await client.connect();
    return client;
  }

  dav(): Dav {
    return new Dav({ base: this.base, user: this.address, password: this.own.secret, limit: toAnswer });
  }

  sieve(): SieveScripts {
    return new SieveScripts({ base: this.base, user: this.address, password: this.own.secret, limit: toAnswer });
  }

  /** Removes the app password and ends the port-forwards. The first one may have ended with its pod. */
  async close(): Promise<void> {
    try {
      await this.passwords.destroy(this.own.id).catch(async () => {
        const base = await this.server.forward(ports.stalwartHttp, this.over.signal);
        await new AppPasswords(inNameOf(this.server, this.address, base)).destroy(this.own.id);
      });
    } finally {
      this.over.abort();
    }
  }
}

/** The administrator's login, acting as a user. */
export const inNameOf = (server: MailServer, address: string, base: string): ServerArgs => ({
  base,
  user: `${address}%admin`,
  password: server.adminPassword,
  limit: toAnswer,
});
