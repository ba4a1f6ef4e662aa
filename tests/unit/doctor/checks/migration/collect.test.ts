import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ListResponse } from "imapflow";
import type { Migration } from "../../../../../config/types";
import { type Account, collectMigration, isCopied, targetOf } from "../../../../../doctor/checks/migration/collect";
import { PrivateCa } from "../../../../rig/ca";
import { startTlsServer, stopFakeServers } from "../../../../support/fakeMailServers";

const directory = mkdtempSync(join(tmpdir(), "doctor-migration-"));
const privateCa = new PrivateCa(directory);
const pair = privateCa.issue("localhost");
afterAll(() => {
  stopFakeServers();
  rmSync(directory, { recursive: true });
});

const migrationOf = (overrides: Partial<Migration> = {}): Migration => ({
  name: "old",
  mailbox: "kinga",
  account: "kinga@newjoy.ro",
  from: { host: "localhost", port: 993, user: pulumi.secret("me"), password: pulumi.secret("p") },
  folders: { include: [], exclude: [], map: {} },
  gmail: false,
  largest: 1000,
  ...overrides,
});
const folder = (path: string, specialUse = "", delimiter = "/"): ListResponse =>
  ({ path, pathAsListed: path, delimiter, specialUse, flags: new Set<string>() }) as unknown as ListResponse;

interface Mail {
  readonly id?: string;
  readonly size?: number;
  readonly day?: string;
  readonly received?: string;
}

/** As much of IMAP as the comparison needs; every command goes to `received`. */
const server = async (
  folders: Record<string, Mail[]>,
  password: string,
  received: string[] = [],
): Promise<Account> => ({
  host: "localhost",
  user: "me",
  password: "p",
  port: await startTlsServer(pair, "* OK [CAPABILITY IMAP4rev1] ready\r\n", () => {
    let chosen: Mail[] = [];
    return (line) => {
      const [tag = "*", command = "", ...rest] = line.split(" ");
      received.push(line);
      const done = (...lines: string[]): string => [...lines, `${tag} OK done`, ""].join("\r\n");
      if (command === "CAPABILITY") return done("* CAPABILITY IMAP4rev1");
      if (command === "LOGIN") return line.includes(password) ? done() : `${tag} NO [AUTHENTICATIONFAILED] no\r\n`;
      if (command === "LIST" && line.endsWith('""')) return done('* LIST (\\Noselect) "/" ""');
      if (command === "LIST" || command === "LSUB") {
        return done(...Object.keys(folders).map((name) => `* ${command} (\\HasNoChildren) "/" "${name}"`));
      }
      if (command === "EXAMINE") {
        chosen = folders[rest.join(" ").replaceAll('"', "")] ?? [];
        return done(`* ${chosen.length} EXISTS`, "* FLAGS ()", "* OK [UIDVALIDITY 1] fine", "* OK [UIDNEXT 99] next");
      }
      if (command === "FETCH") {
        return done(
          ...chosen.map(({ id, size = 10, day = "01-Mar-2020" }, n) => {
            const header = id === undefined ? "\r\n" : `Message-ID: <${id}>\r\n\r\n`;
            const literal = `{${header.length}}\r\n${header}`;
            return `* ${n + 1} FETCH (UID ${n + 7} RFC822.SIZE ${size} INTERNALDATE "${day} 10:00:00 +0000" BODY[HEADER.FIELDS (MESSAGE-ID)] ${literal})`;
          }),
        );
      }
      if (command === "UID" && /received/i.test(line)) {
        return done(
          ...chosen.flatMap(({ id, received }, n) => {
            if (id !== undefined) return [];
            const header = received === undefined ? "\r\n" : `Received: ${received}\r\n\r\n`;
            return `* ${n + 1} FETCH (UID ${n + 7} BODY[HEADER.FIELDS (RECEIVED)] {${header.length}}\r\n${header})`;
          }),
        );
      }
      return done();
    };
  }),
});

const observe = async (there: Record<string, Mail[]>, here: Record<string, Mail[]>, migration = migrationOf()) => {
  const received: string[] = [];
  const seen = await collectMigration({
    migration,
    source: await server(there, "p", received),
    here: await server(here, "p", received),
    tls: { ca: [readFileSync(privateCa.cert, "utf8")] },
    limit: 20_000,
  });
  return { seen, received };
};

test("messages of a migration are compared by Message-ID, in any folder here, and none is marked or changed", async () => {
  const { seen, received } = await observe(
    { INBOX: [{ id: "a", day: "02-Mar-2019" }, { id: "b" }, { id: "c", day: "05-Mar-2021" }] },
    { INBOX: [{ id: "a" }, { id: "new" }], Kept: [{ id: "b" }] },
  );
  expect(seen).toEqual({
    migration: "old",
    mailbox: "kinga",
    folders: [
      { folder: "INBOX", there: 3, here: 2, missing: 1, tooLarge: 0, oldest: "2019-03-02", newest: "2021-03-05" },
    ],
  });
  expect(received.filter((line) => /SELECT|STORE|EXPUNGE|APPEND|BODY\[/.test(line))).toEqual([]);
});

test("messages that a migration leaves out are not missing: too large, too old, or in excluded folders", async () => {
  const folders = { include: [], exclude: ["Spam"], map: {} };
  const { seen } = await observe(
    { INBOX: [{ id: "large", size: 5000 }, { id: "old", day: "01-Mar-2001" }, { id: "x" }], Spam: [{ id: "y" }] },
    { INBOX: [{ id: "x" }] },
    migrationOf({ folders, since: "2010-01-01" }),
  );
  expect(seen).toMatchObject({ folders: [{ folder: "INBOX", there: 1, missing: 0, tooLarge: 1 }] });
});

test("a migrated message without a Message-ID is found by the name that imapsync gives it, and not by chance", async () => {
  expect((await observe({ INBOX: [{}] }, { INBOX: [{ id: "7@imapsync" }] })).seen).toMatchObject({
    folders: [{ missing: 0 }],
  });
  expect((await observe({ INBOX: [{}] }, { INBOX: [{}] })).seen).toMatchObject({ folders: [{ missing: 1 }] });
});

test("a message without a Message-ID, which imapsync identifies by its Received lines, is found by these", async () => {
  const received = "from a by b; Mon, 1 Mar 2021 10:00:00 +0000";
  const folders = [{ missing: 0 }];
  const folded = received.replace(" by", "\r\n\tby");
  expect((await observe({ INBOX: [{ received: folded }] }, { INBOX: [{ received }] })).seen).toMatchObject({ folders });
  const other = await observe({ INBOX: [{ received }] }, { INBOX: [{ received: "from c by b" }] });
  expect(other.seen).toMatchObject({ folders: [{ missing: 1 }] });
  // Gmail's rules go by the Message-ID alone.
  const gmail = await observe(
    { INBOX: [{ received }] },
    { INBOX: [{ id: "7@imapsync" }] },
    migrationOf({ gmail: true }),
  );
  expect(gmail.seen).toMatchObject({ folders });
});

test("a login that a migration's server refuses is reported for the server that refuses it", async () => {
  const args = { migration: migrationOf(), tls: { ca: [readFileSync(privateCa.cert, "utf8")] }, limit: 20_000 };
  const [good, bad] = [await server({}, "p"), await server({}, "another")];
  expect(await collectMigration({ ...args, source: bad, here: good })).toMatchObject({
    side: "source",
    failed: "refused",
  });
  expect(await collectMigration({ ...args, source: good, here: bad })).toMatchObject({
    side: "here",
    failed: "refused",
  });
});

describe("a folder there", () => {
  const here = [folder("INBOX"), folder("Sent Items", "\\Sent"), folder("Junk Mail", "\\Junk")];

  test.each([
    [folder("Gesendet", "\\Sent"), {}, "Sent Items"],
    [folder("INBOX.Archive.2019", "", "."), {}, "Archive/2019"],
    [folder("Old"), { folders: { include: [], exclude: [], map: { Old: "Archive" } } }, "Archive"],
    [folder("[Gmail]/All Mail", "\\All"), { gmail: true }, "All Mail"],
  ])("a folder at the other provider is compared with the one that it is copied to", (there, overrides, expected) => {
    expect(targetOf(migrationOf(overrides), there, here)).toBe(expected);
  });

  test("a folder at the other provider is copied unless it is left out", () => {
    const folders = { include: ["INBOX", "Work*"], exclude: ["Work/Private"], map: {} };
    const copied = ["INBOX", "Work", "Work/A", "Work/Private", "Spam"].filter((name) =>
      isCopied(migrationOf({ folders }), folder(name)),
    );
    expect(copied).toEqual(["INBOX", "Work", "Work/A"]);
    expect(isCopied(migrationOf({ gmail: true }), folder("[Gmail]/Starred"))).toBe(false);
  });
});
