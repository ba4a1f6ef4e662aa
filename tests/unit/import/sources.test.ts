import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { emptyOutcome } from "../../../import/mail";
import { readOptions, summary } from "../../../import/main";
import { findSources } from "../../../import/sources";
import { temporaryFiles } from "./temporaryFiles";

const { folder, file } = temporaryFiles();

test("an import refuses options that are missing or invalid", () => {
  const args = ["--mailbox", "kinga", "x.mbox"];
  expect(readOptions([...args, "--map", "A=B"])).toMatchObject({
    mailbox: "kinga",
    places: ["x.mbox"],
    quoting: "mboxrd",
    dryRun: false,
  });
  expect(readOptions(["--help"])).toBeUndefined();
  expect(() => readOptions(["x.mbox"])).toThrow("--mailbox is missing");
  expect(() => readOptions(["--mailbox", "kinga"])).toThrow("a file or folder to import is missing");
  expect(() => readOptions([...args, "--quoting", "mboxcl"])).toThrow(
    "--quoting: mboxcl is none of mboxrd, mboxo, none",
  );
  expect(() => readOptions([...args, "--project", folder])).toThrow("there is no Pulumi.yaml");
});

test("an import reads Maildirs next to and inside each other as folders of their names, and Maildir++ as its own layout", async () => {
  const all = join(folder, "mbsync");
  const folders = ["INBOX", "Sent", "Work", "Work/2024", "old/Maildir", "dovecot", "dovecot/.Sent"];
  for (const name of folders) for (const part of ["cur", "new"]) mkdirSync(join(all, name, part), { recursive: true });
  const paths = (await findSources([`${all}/`])).mail.map(({ path }) => path.join("/"));
  expect(paths.sort()).toEqual(["INBOX", "INBOX", "INBOX", "Sent", "Sent", "Work", "Work/2024"]);
  expect((await findSources([join(all, "Sent")])).mail.map(({ path }) => path)).toEqual([["INBOX"]]);
});

test("an import reports at the end which files may hold mail and were not read", async () => {
  const all = join(folder, "downloads");
  mkdirSync(all);
  for (const name of ["takeout-002.zip", "old.pst", "letter.msg", "notes.txt"]) writeFileSync(join(all, name), "x");
  symlinkSync(join(all, "nowhere"), join(all, "Mail"));
  const { mail, unread } = await findSources([all]);
  expect([mail, unread.map((path) => basename(path))]).toEqual([
    [],
    ["Mail", "letter.msg", "old.pst", "takeout-002.zip"],
  ]);
  const text = summary(emptyOutcome(), false, unread);
  expect(text).toContain(`not read, and may hold mail: unpack these, or have them exported as mbox\n  ${all}/Mail\n`);
});

test("an import refuses an archive, which is to be unpacked first, and a file of an unknown format", async () => {
  await expect(findSources([file("takeout.zip", "PK")])).rejects.toThrow("is an archive: unpack it first");
  await expect(findSources([file("notes.txt", "hello")])).rejects.toThrow("is no mbox, Maildir, .ics or .vcf");
  await expect(findSources([join(folder, "nowhere")])).rejects.toThrow("there is no file or folder");
  await expect(findSources([file("mail.pst", "!BDN")])).rejects.toThrow("have that export it as mbox");
  const mbox = file("Old.mbox", "From a@example.org Mon Apr 07 14:31:00 +0000 2025\nSubject: a\n\nb\n");
  expect((await findSources([dirname(mbox)])).mail).toHaveLength(1);
});
