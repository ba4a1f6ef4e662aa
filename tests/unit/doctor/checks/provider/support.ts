import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateCa } from "../../../../rig/ca";
import { fakeImapServer, type ImapRules, stopFakeServers } from "../../../../support/fakeMailServers";

const folder = mkdtempSync(join(tmpdir(), "doctor-provider-"));
export const privateCa = new PrivateCa(folder);
export const ca = [readFileSync(privateCa.cert, "utf8")];
export const here = privateCa.issue("localhost");
export const elsewhere = privateCa.issue("elsewhere.test");
afterAll(() => {
  stopFakeServers();
  rmSync(folder, { recursive: true });
});

export const args = { ca, limit: 60_000 };
export const kinga = {
  mailbox: "kinga",
  address: "kinga@newjoy.ro",
  password: "s3cret",
  folders: ["INBOX"],
  keep: false,
};
export const old = "01-Mar-2026 10:00:00 +0000";
export const newer = "01-Mar-2026 11:00:00 +0000";

export const login = { user: kinga.address, password: kinga.password };
export const imap = async (folders: ImapRules["folders"], received: string[] = [], pair = here) => ({
  host: "localhost",
  port: await fakeImapServer(pair, { ...login, folders, received }),
});
