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

  async function around(more: { delivers?: boolean; in?: string; password?: string; answer?: string } = {}) {
    const taken: string[] = [];
    const called: string[] = [];
    const received: string[] = [];
    const inbox = (): string[] => ["other@newjoy.ro", ...(more.delivers === false ? [] : taken.map(idOf))];
    const args: SendArgs = {
      smtp: {
        host: "localhost",
        port: await fakeSmtpServer(pair, relay.username, relay.password, {
          taken,
          ...(more.answer !== undefined && { answer: more.answer }),
        }),
      },
      imap: {
        host: "localhost",
        port: await fakeImapServer(pair, {
          user: kinga.address,
          password: kinga.password,
          folders: { INBOX: [], ...(more.in && { [more.in]: [{ date: "01-Mar-2026 10:00:00 +0000" }] }) },
          received,
        }),
      },
      relay: { ...relay, password: more.password ?? relay.password },
      to: kinga,
      ca: [readFileSync(privateCa.cert, "utf8")],
      limit: 60_000,
      timeout: more.delivers === false ? 300 : 60_000,
      server: { base: await stalwart({ inbox, called }), password: "admin-password" },
      signal: new AbortController().signal,
    };
    return { seen: await sendAround(args), taken, called, received };
  }
  const removes = (received: readonly string[]): boolean => received.some((line) => /STORE .*\\Deleted/i.test(line));

  test("a round trip finds its message in the user's mailbox, times both legs, and removes it", async () => {
    const { seen, taken, called, received } = await around();
    expect(seen).toMatchObject({
      mailbox: "kinga",
      out: expect.any(Number),
      back: expect.any(Number),
      cleaned: "removed from the mailbox",
    });
    expect(taken).toHaveLength(1);
    expect(called).toEqual(["Email/query", "Email/get", "Email/set"].map((name) => `kinga@newjoy.ro%admin ${name}`));
    expect(removes(received)).toBe(false);
  });

  test.each(["INBOX", "Fetcher-Kept/2026-11-28", "Fetcher-Kept-Junk/2026-11-28"])(
    "a round trip also removes what is kept at the provider in %s",
    async (folder) => {
      const { seen, received } = await around({ in: folder });
      expect(seen).toMatchObject({ cleaned: "removed from the mailbox and removed at the provider" });
      expect(removes(received)).toBe(true);
    },
  );

  test("a round trip whose message is never delivered is reported as lost, and its message at the provider is removed", async () => {
    const { seen, called, received } = await around({ delivers: false, in: "INBOX" });
    expect(seen).not.toHaveProperty("back");
    expect(seen).toMatchObject({ cleaned: "removed at the provider" });
    expect(called).not.toContain("kinga@newjoy.ro%admin Email/set");
    expect(removes(received)).toBe(true);
  });

  test("a round trip that the provider refuses is reported with the provider's message", async () => {
    const { seen } = await around({ answer: "550 5.7.1 sender not allowed" });
    expect(seen).toEqual({ mailbox: "kinga", unsent: "550 5.7.1 sender not allowed" });
  });

  test("a round trip shows neither password nor address in its messages", async () => {
    const { seen } = await around({ password: "wr0ng" });
    expect(JSON.stringify(seen)).not.toMatch(/wr0ng|@/);
  });
});
