import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SendArgs, sendAround } from "../../../../../doctor/checks/roundTrip/collect";
import { PrivateCa } from "../../../../rig/ca";
import { fakeImapServer, fakeSmtpServer, stopFakeServers } from "../../../../support/fakeMailServers";
import { fakeStalwart, type StalwartRules } from "../../../../support/fakeStalwart";

const folder = mkdtempSync(join(tmpdir(), "doctor-flow-"));
const privateCa = new PrivateCa(folder);
const pair = privateCa.issue("localhost");
const closing: (() => void)[] = [stopFakeServers];
afterAll(() => {
  for (const close of closing) close();
  rmSync(folder, { recursive: true });
});

async function stalwart(rules: Partial<StalwartRules> = {}): Promise<string> {
  const { base, close } = await fakeStalwart({ password: "admin-password", ...rules });
  closing.push(close);
  return base;
}

describe("a round trip", () => {
  const relay = { username: "service@newjoy.ro", password: "s3cret" };
  const kinga = { mailbox: "kinga", address: "kinga@newjoy.ro", password: "k1nga", folders: ["INBOX"], keep: false };
  const idOf = (message: string): string => /^Message-ID: <(.+)>$/im.exec(message)?.[1] as string;

  const old = "01-Mar-2026 10:00:00 +0000";
  interface Otherwise extends Partial<SendArgs> {
    readonly delivers?: boolean;
    readonly in?: string;
    readonly password?: string;
    readonly answer?: string;
  }

  async function around({ delivers = true, in: kept, password, answer, ...more }: Otherwise = {}) {
    const taken: string[] = [];
    const called: string[] = [];
    const destroyed: string[] = [];
    const received: string[] = [];
    const others = Array.from({ length: 40 }, (_, n) => `other-${n}@newjoy.ro`);
    const inbox = (): string[] => [...others, ...(delivers ? taken.map(idOf) : [])];
    const own = () => taken.map(idOf)[0];
    const args: SendArgs = {
      smtp: {
        host: "localhost",
        port: await fakeSmtpServer(pair, relay.username, relay.password, {
          taken,
          ...(answer !== undefined && { answer }),
        }),
      },
      imap: {
        host: "localhost",
        port: await fakeImapServer(pair, {
          user: kinga.address,
          password: kinga.password,
          folders: { INBOX: [{ date: old }], ...(kept && { [kept]: [{ date: old }, { date: old, id: own }] }) },
          received,
        }),
      },
      relay: { ...relay, password: password ?? relay.password },
      to: kinga,
      ca: [readFileSync(privateCa.cert, "utf8")],
      limit: 60_000,
      timeout: delivers ? 60_000 : 300,
      server: { base: await stalwart({ inbox, called, destroyed }), password: "admin-password" },
      signal: new AbortController().signal,
      ...more,
    };
    return { seen: await sendAround(args), taken, called, destroyed, received };
  }
  /** UIDs of the messages that were removed at the provider. */
  const removed = (received: readonly string[]): string[] =>
    received.flatMap((line) => /STORE (\S+) .*\\Deleted/i.exec(line)?.[1] ?? []);

  test("a round trip finds its message in the user's mailbox, times both legs, and removes it", async () => {
    const { seen, taken, called, destroyed, received } = await around();
    expect(seen).toMatchObject({
      mailbox: "kinga",
      out: expect.any(Number),
      back: expect.any(Number),
      cleaned: "removed from the mailbox",
    });
    expect(taken).toEqual([
      expect.stringMatching(/^From: service@newjoy\.ro\nTo: kinga@newjoy\.ro\nSubject: Does my mail work\? /),
    ]);
    expect(called).toEqual(["Email/query", "Email/get", "Email/set"].map((name) => `kinga@newjoy.ro%admin ${name}`));
    expect(destroyed).toEqual(["m40"]);
    expect(removed(received)).toEqual([]);
  });

  test.each(["INBOX", "Fetcher-Kept/2026-11-28", "Fetcher-Kept-Junk/2026-11-28"])(
    "a round trip also removes its message, and no other, where it is kept at the provider in %s",
    async (folder) => {
      const { seen, received } = await around({ in: folder });
      expect(seen).toMatchObject({ cleaned: "removed from the mailbox and removed at the provider" });
      expect(removed(received)).toEqual(["2"]);
    },
  );

  test("a round trip whose message is never delivered is reported as lost, and its message at the provider is removed", async () => {
    const { seen, called, received } = await around({ delivers: false, in: "INBOX" });
    expect(seen).not.toHaveProperty("back");
    expect(seen).toMatchObject({ cleaned: "removed at the provider" });
    expect(called).not.toContain("kinga@newjoy.ro%admin Email/set");
    expect(removed(received)).toEqual(["2"]);
  });

  test("a round trip that the provider refuses is reported with the provider's message", async () => {
    const { seen } = await around({ answer: "550 5.7.1 sender not allowed" });
    expect(seen).toEqual({ mailbox: "kinga", unsent: "550 5.7.1 sender not allowed" });
  });

  test("a round trip whose message cannot be removed at the provider says so, and that it was removed here", async () => {
    const { seen } = await around({ imap: { host: "127.0.0.1", port: 1 } });
    expect(seen).toMatchObject({
      cleaned: "removed from the mailbox; the test message could not be removed everywhere (connection refused)",
    });
  });

  test("a round trip that cannot open the mailbox names the message that is left there", async () => {
    const server = { base: await stalwart(), password: "another" };
    const { seen, taken } = await around({ server });
    const subject = /^Subject: (.*)$/m.exec(taken[0] ?? "")?.[1];
    expect(seen).toMatchObject({ unseen: "the mail server refuses the administrator's password", subject });
  });

  test("a round trip that is interrupted stops waiting, and removes what it has sent", async () => {
    const { seen, received } = await around({
      delivers: false,
      in: "INBOX",
      timeout: 600_000,
      signal: AbortSignal.abort(),
    });
    expect(seen).toMatchObject({ cleaned: "removed at the provider" });
    expect(removed(received)).toEqual(["2"]);
  });

  test("a round trip shows neither password nor address in its messages", async () => {
    const { seen } = await around({ password: "wr0ng" });
    expect(JSON.stringify(seen)).not.toMatch(/wr0ng|@/);
  });
});
