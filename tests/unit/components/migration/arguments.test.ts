import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { folderRegex, imapsyncArguments, modifiedUtf7 } from "../../../../components/migration/arguments";
import type { Migration } from "../../../../config/types";

const migration = (overrides: Partial<Migration> = {}): Migration => ({
  name: "old",
  mailbox: "kinga",
  account: "kinga@newjoy.ro",
  from: { host: "imap.example.org", port: 993, user: pulumi.secret("me"), password: pulumi.secret("p") },
  folders: { include: [], exclude: [], map: {} },
  gmail: false,
  largest: 100,
  ...overrides,
});
const target = { host: "stalwart.mail.svc", certificateName: "mail.newjoy.ro" };
const values = (option: string, overrides: Partial<Migration> = {}): string[] => {
  const args = imapsyncArguments(migration(overrides), target);
  return args.filter((_, n) => args[n - 1] === option);
};

test.each([
  ["INBOX", "INBOX"],
  ["Résumé", "R&AOk-sum&AOk-"],
  ["Tom & Jerry", "Tom &- Jerry"],
  ["台北", "&U,BTFw-"],
  ["Kész 🎉/x", "K&AOk-sz &2DzfiQ-/x"],
])("the folder %s is %s to an IMAP server", (name, raw) => {
  expect(modifiedUtf7(name)).toBe(raw);
});

describe("a pattern of folders", () => {
  const matches = (pattern: string, name: string): boolean => new RegExp(folderRegex(pattern)).test(name);

  test.each([
    ["Archive", "Archive", true],
    ["Archive", "Archive/2019", false],
    ["Archive*", "Archive/2019", true],
    ["Archive/*", "Archive.2019", true],
    ["Archive/2019", "INBOX.Archive.2019", true],
    ["Sent", "Sent Items", false],
    ["v1.0", "v1x0", false],
    ["[Gmail]/Spam", "[Gmail]/Spam", true],
    ["Résumé", "R&AOk-sum&AOk-", true],
    ["INBOX", "INBOX", true],
    ["archive", "Archive", false],
  ])("the pattern of folders %s matches %s: %s", (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  test("a pattern of folders without a star matches its own name and nothing longer", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), (text) => {
        fc.pre(!/[*/]/.test(text));
        expect(matches(text, modifiedUtf7(text))).toBe(true);
        expect(matches(text, `${modifiedUtf7(text)}x`)).toBe(false);
      }),
    );
  });
});

test("a migration logs in with the pod's files over verified TLS on both sides, writes to the pod's folder only, and asks nobody else", () => {
  const from = { ...migration().from, port: 10993 };
  const folders = { include: ["Archive"], exclude: ["Spam"], map: {} };
  expect(imapsyncArguments(migration({ from, folders }), target)).toEqual([
    ...["--host1", "imap.example.org", "--port1", "10993", "--ssl1"],
    ...["--sslargs1", "SSL_verify_mode=1", "--sslargs1", "SSL_verifycn_name=imap.example.org"],
    ...["--passfile1", "/source/password"],
    ...["--host2", "stalwart.mail.svc", "--port2", "993", "--ssl2"],
    ...["--sslargs2", "SSL_verify_mode=1", "--sslargs2", "SSL_verifycn_name=mail.newjoy.ro"],
    ...["--passfile2", "/credentials/password"],
    ...["--nosslcheck", "--nolog", "--noreleasecheck"],
    ...["--tmpdir", "/var/tmp", "--pidfile", "/var/tmp/imapsync.pid"],
    ...["--errorsmax", "1000"],
    ...["--automap", "--addheader", "--noresyncflags"],
    ...["--maxsize", "100"],
    ...["--include", folderRegex("Archive"), "--exclude", folderRegex("Spam")],
  ]);
});

test("a migration maps folders however the server separates them, and whether or not all are below INBOX", () => {
  const folders = { include: [], exclude: [], map: { "Old/Mail": "Archive/Mail" } };
  expect(values("--f1f2", { folders })).toEqual([
    "Old/Mail=Archive/Mail",
    "INBOX/Old/Mail=Archive/Mail",
    "Old.Mail=Archive/Mail",
    "INBOX.Old.Mail=Archive/Mail",
  ]);
});

test("a migration's first day limits the source only: mail that is here counts, whenever it arrived", () => {
  expect(values("--search1", { since: "2015-06-03" })).toEqual(["SINCE 3-Jun-2015"]);
  const days = Array.from({ length: 12 }, (_, n) => `2015-${String(n + 1).padStart(2, "0")}-28`);
  expect(days.flatMap((since) => values("--search1", { since })).map((text) => text.split("-")[1])).toEqual([
    ...["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
  ]);
  expect(values("--search", { since: "2015-06-03" })).toEqual([]);
  expect(values("--search1")).toEqual([]);
});

test("a migration makes no second copies of mail with several Gmail labels, and keeps to Gmail's daily limit", () => {
  expect(imapsyncArguments(migration({ gmail: true }), target)).toContain("--gmail1");
  expect(values("--maxbytesafter", { gmail: true })).toEqual(["2500000000"]);
  expect(Number(values("--maxbytespersecond", { gmail: true })[0]) * 86_400).toBeLessThan(2_500_100_000);
  expect(values("--maxsleep", { gmail: true })).toEqual(["600"]);
  const views = ["[Gmail]", "[Google Mail]"].flatMap((root) =>
    ["Important", "Starred"].map((view) => `${root}/${view}`),
  );
  expect(values("--exclude", { gmail: true })).toEqual(views.map(folderRegex));
  expect(values("--regextrans2", { gmail: true })).toEqual(["s,\\[Google Mail\\].,,"]);
  expect(values("--maxbytespersecond")).toEqual([]);
});

test("Gmail's folder of all mail is copied last in any language, so that sent mail arrives in Sent Items first", () => {
  const last = values("--folderlast", { gmail: true });
  expect(last).toEqual(expect.arrayContaining(["[Gmail]/All Mail", "[Google Mail]/Alle Nachrichten"]));
  expect(last).toEqual(expect.arrayContaining(["[Gmail]/&ANY-sszes lev&AOk-l", "[Gmail]/Toate mesajele"]));
  expect(last.every((name) => /^\[(Gmail|Google Mail)\]\/[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name))).toBe(
    true,
  );
  expect(values("--folderlast")).toEqual([]);
});

test("a migration leaves what users changed here since an earlier run as it is", () => {
  expect(imapsyncArguments(migration(), target)).toEqual(expect.arrayContaining(["--noresyncflags", "--addheader"]));
});
