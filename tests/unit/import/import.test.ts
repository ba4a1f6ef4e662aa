import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyOutcome, report } from "../../../import/mail";
import { summary } from "../../../import/main";
import { FakeMailbox } from "./fakeMailbox";
import { runImport as run } from "./runImport";
import { temporaryFiles } from "./temporaryFiles";

const { folder, file } = temporaryFiles();

const takeoutMessage = (id: number, labels: string): string =>
  [
    `From ${id}@xxx Mon Apr 07 14:31:${String(id % 60).padStart(2, "0")} +0000 2025`,
    `X-GM-THRID: ${id}`,
    `X-Gmail-Labels: ${labels}`,
    `Message-ID: <m${id}@gmail.test>`,
    `Subject: message ${id}`,
    "",
    `This is message ${id}.`,
    ">From the other side.",
    "",
    "",
  ].join("\r\n");
const takeout = (): string =>
  file(
    "All mail Including Spam and Trash.mbox",
    [
      takeoutMessage(1, "Inbox,Opened,Starred"),
      takeoutMessage(2, "Archived,Work/Invoices,Unread"),
      takeoutMessage(3, "Sent,Opened"),
      takeoutMessage(4, "=?UTF-8?Q?Kuka?="),
      takeoutMessage(5, "Archived,Opened,Category Updates"),
    ].join(""),
  );

describe("a Takeout", () => {
  it("an imported Takeout becomes folders, flags and dates, without Takeout's own fields and quoting", async () => {
    const mailbox = new FakeMailbox();
    const { counts } = await run(mailbox, [takeout()]);
    expect(counts).toEqual({
      INBOX: [1, 0, 0],
      "Work/Invoices": [1, 0, 0],
      "Sent Items": [1, 0, 0],
      "Deleted Items": [1, 0, 0],
      Archive: [1, 0, 0],
    });
    const [first] = mailbox.folders.get("INBOX") ?? [];
    expect(first?.raw.toString()).toBe(
      "Message-ID: <m1@gmail.test>\r\nSubject: message 1\r\n\r\nThis is message 1.\r\nFrom the other side.\r\n",
    );
    expect(first?.flags).toEqual(["\\Seen", "\\Flagged"]);
    expect(first?.date).toEqual(new Date("2025-04-07T14:31:01Z"));
    expect(mailbox.folders.get("Work/Invoices")?.[0]?.flags).toEqual([]);
  });

  it("a Takeout that is imported again brings nothing twice, wherever the user has moved it", async () => {
    const mailbox = new FakeMailbox();
    const all = takeout();
    await run(mailbox, [all]);
    const [moved] = mailbox.folders.get("INBOX")?.splice(0) ?? [];
    mailbox.folders.set("Kept", [moved as never]);
    const { counts } = await run(mailbox, [all]);
    expect(Object.values(counts).map(([imported]) => imported)).toEqual([0, 0, 0, 0, 0]);
    expect(mailbox.appends).toBe(5);
  });

  it("an import with --map puts a label with Gmail's name for drafts in another language into its folder", async () => {
    const mailbox = new FakeMailbox();
    mailbox.folders.set("Concept", []);
    const all = file("Mail.mbox", takeoutMessage(1, "Concept,Opened"));
    const { counts } = await run(mailbox, [all], { options: { map: new Map([["concept", "Concept"]]) } });
    expect(counts).toEqual({ Concept: [1, 0, 0] });
    expect(mailbox.folders.get("Concept")?.[0]?.flags).toEqual(["\\Seen"]);
  });

  it("an import with --dry-run only counts the messages of a Takeout", async () => {
    const mailbox = new FakeMailbox();
    const { counts, outcome } = await run(mailbox, [takeout()], { options: { dryRun: true } });
    expect(counts["Work/Invoices"]).toEqual([1, 0, 0]);
    expect([mailbox.appends, mailbox.folders.has("Work/Invoices")]).toEqual([0, false]);
    expect(summary(outcome, true)).toMatch(/^folder +to import +there already +not imported\n/);
  });
});

describe("an import", () => {
  const many = (): string => file("Old.mbox", Array.from({ length: 30 }, (_, n) => takeoutMessage(n, "Work")).join(""));
  const work = (mailbox: FakeMailbox): string[] =>
    (mailbox.folders.get("Work") ?? []).map(({ raw }) => /message (\d+)/.exec(raw.toString())?.[1] ?? "");

  it.each(["lostBefore", "lostAfter"] as const)(
    "an import connects again when the connection ends, and brings nothing twice (%s)",
    async (fate) => {
      const mailbox = new FakeMailbox();
      mailbox.onAppend = (n) => (n % 7 === 0 ? fate : "stored");
      await run(mailbox, [many()], {});
      expect(work(mailbox)).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`));
      expect(mailbox.sessions).toBeGreaterThan(4);
    },
  );

  it("an interrupted import stops after the current message, and the next run continues", async () => {
    const mailbox = new FakeMailbox();
    const all = many();
    const stop = new AbortController();
    mailbox.onAppend = (n) => {
      if (n === 11) stop.abort();
      return "stored";
    };
    const { counts } = await run(mailbox, [all], { signal: stop.signal });
    expect(counts.Work).toEqual([11, 0, 0]);
    expect((await run(mailbox, [all])).counts.Work).toEqual([19, 11, 0]);
  });

  it("an import continues after a message that the server refuses, and reports which it is and why", async () => {
    const mailbox = new FakeMailbox();
    mailbox.onAppend = (n) => (n === 3 ? { refused: "Message has too many recipients" } : "stored");
    const all = many();
    const { counts, outcome } = await run(mailbox, [all]);
    expect(counts.Work).toEqual([29, 0, 1]);
    expect(summary(outcome, false)).toContain(`${all}, byte `);
    expect(summary(outcome, false)).toContain("the server refuses it: Message has too many recipients");
  });

  it("an import reports a message over the size limit", async () => {
    const mailbox = new FakeMailbox();
    const large = `From a@b Mon Apr  7 14:31:02 2025\nSubject: large\n\n${"x".repeat(200_000)}\n`;
    const { counts, outcome } = await run(mailbox, [file("Big.mbox", large)]);
    expect(counts).toEqual({ Big: [0, 0, 1] });
    expect(summary(outcome, false)).toContain("200 KB is more than the server takes");
  });

  it("an import puts a file without labels into a folder of its name, or the special one that it names", async () => {
    const mailbox = new FakeMailbox();
    const letter = (id: string, more = ""): string =>
      `From - Mon Apr 07 14:31:02 2025\n${more}Message-ID: <${id}@x>\nSubject: ${id}\n\nhello\n\n`;
    const sent = file("Gesendet", letter("a", "X-Mozilla-Status: 0003\n") + letter("b", "X-Mozilla-Status: 0009\n"));
    const other = file("Reisen.mbox", letter("c", "Status: O\n") + letter("d"));
    const { outcome } = await run(mailbox, [sent, other]);
    expect(mailbox.folders.get("Sent Items")?.map(({ flags }) => flags)).toEqual([["\\Seen", "\\Answered"]]);
    expect(mailbox.folders.get("Reisen")?.map(({ flags }) => flags)).toEqual([[], ["\\Seen"]]);
    expect(outcome.deleted).toBe(1);
    await run(mailbox, [other], { options: { folder: ["Old", "Travel"] } });
    expect(mailbox.folders.get("Old/Travel")).toHaveLength(2);
  });

  it("an import tells messages without a Message-ID apart by their content", async () => {
    const mailbox = new FakeMailbox();
    const [one, two] = ["Subject: a\n\nhello\n", "Subject: b\n\nhello\n"];
    const mark = "From a@b Mon Apr  7 14:31:02 2025\n";
    const all = file("X.mbox", `${mark}${one}\n${mark}${two}\n${mark}${one}\n`);
    expect((await run(mailbox, [all])).counts.X).toEqual([3, 0, 0]);
    expect((await run(mailbox, [all])).counts.X).toEqual([0, 3, 0]);
    const more = file("X.mbox", `${mark}${one}\n${mark}Subject: c\n\nhello\n`);
    expect((await run(mailbox, [more])).counts.X).toEqual([1, 1, 0]);
  });

  it("an import takes dates from the top Received field, and from Date where the file has none", async () => {
    const mailbox = new FakeMailbox();
    const received =
      "Received: from a by b (c; d); Tue, 8 Apr 2025 10:00:00 +0200 (CEST)\nDate: Mon, 7 Apr 2025 10:00:00 +0000\nSubject: a\n\n\n";
    await run(mailbox, [
      file("a.eml", received),
      file("b.eml", "Date: Mon, 7 Apr 2025 10:00:00 +0000\nSubject: b\n\n\n"),
    ]);
    expect(mailbox.folders.get("Imported")?.[0]?.date).toEqual(new Date("2025-04-08T08:00:00Z"));
    expect(mailbox.folders.get("Imported")?.[1]?.date).toEqual(new Date("2025-04-07T10:00:00Z"));
  });

  it("an import does not take a sender's own field for a mark of deletion", async () => {
    const mailbox = new FakeMailbox();
    const letter = (field: string): string =>
      `From - Mon Apr 07 14:31:02 2025\n${field}\nSubject: ${field}\n\nhello\n\n`;
    const fields = ["X-Status: DONE", "X-Mozilla-Status: 0008 or so", "Status: Resolved", "X-Status: AD"];
    const { counts, outcome } = await run(mailbox, [file("Mixed.mbox", fields.map(letter).join(""))]);
    expect([counts.Mixed, outcome.deleted]).toEqual([[3, 0, 0], 1]);
  });

  it("an import prints no control characters to the terminal", () => {
    const outcome = emptyOutcome();
    outcome.folders.set("Work\x1b]0;x\x07\n\x9b2J", { imported: 1, there: 0, failed: 1 });
    report(outcome, "a.mbox, byte 0: the server refuses it: \x1b[2J");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(summary(outcome, false)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(summary(outcome, false).split("\n")).toHaveLength(5);
  });

  it("an import takes an .eml as one message and unchanged, whatever lines are in it", async () => {
    const mailbox = new FakeMailbox();
    const letter =
      "Subject: a\r\n\r\n>From me\r\n\r\nFrom a@b Mon Apr  7 14:31:02 2025\r\nSubject: b\r\n\r\nhello\r\n\r\n";
    await run(mailbox, [file("a.eml", letter)]);
    expect(mailbox.folders.get("Imported")?.map(({ raw }) => raw.toString())).toEqual([letter]);
    expect((await run(mailbox, [file("b.eml", `${"x".repeat(200_000)}\n`)])).counts).toEqual({ Imported: [0, 0, 1] });
  });

  it("an import continues after a folder that the server refuses, and reports its messages", async () => {
    const root = join(folder, "refused");
    for (const sub of ["", ".Odd *"]) {
      for (const part of ["cur", "new"]) mkdirSync(join(root, sub, part), { recursive: true });
    }
    writeFileSync(join(root, ".Odd *", "cur", "1.a.host:2,S"), "Subject: a\n\nhello\n");
    const later = file("Later.mbox", "From - Mon Apr 07 14:31:02 2025\nSubject: b\n\nhello\n");
    const mailbox = new FakeMailbox();
    const { counts, outcome } = await run(mailbox, [root, later]);
    expect(counts).toEqual({ "Odd *": [0, 0, 1], Later: [1, 0, 0] });
    expect(summary(outcome, false)).toContain("the server refuses it: bad name");
  });

  it("an import takes a Maildir with its folders, flags, keywords and dates", async () => {
    const root = join(folder, "maildir");
    for (const sub of ["", ".Munk&AOE-k.2024", ".Empty"]) {
      for (const part of ["cur", "new", "tmp"]) mkdirSync(join(root, sub, part), { recursive: true });
    }
    const put = (path: string, id: string): void => {
      writeFileSync(join(root, path), `Message-ID: <${id}@x>\nSubject: ${id}\n\nhello\n`);
      utimesSync(join(root, path), 1_700_000_000, 1_700_000_000);
    };
    put("cur/1.a.host:2,FS", "a");
    put("new/2.b.host", "b");
    put("cur/3.c.host:2,ST", "c");
    put(".Munk&AOE-k.2024/cur/4.d.host:2,Rab", "d");
    writeFileSync(join(root, ".Munk&AOE-k.2024/dovecot-keywords"), "0 Work\n1 $Important\n");
    const mailbox = new FakeMailbox();
    const { outcome } = await run(mailbox, [root]);
    expect(mailbox.folders.get("INBOX")?.map(({ flags }) => flags)).toEqual([["\\Flagged", "\\Seen"], []]);
    const [work] = mailbox.folders.get("Munkák/2024") ?? [];
    expect([work?.flags, work?.date]).toEqual([["\\Answered", "Work", "$Important"], new Date(1_700_000_000_000)]);
    expect([mailbox.folders.has("Empty"), outcome.deleted]).toEqual([true, 1]);
  });

  it("an import fails in the end when the server does not come back", async () => {
    const mailbox = new FakeMailbox();
    const connect = mailbox.connect;
    let sessions = 0;
    mailbox.onAppend = () => "lostBefore";
    const imap = (): Promise<never> => {
      sessions += 1;
      if (sessions > 1) throw Object.assign(new Error("connect"), { code: "ECONNREFUSED", authenticationFailed: true });
      return connect() as Promise<never>;
    };
    await expect(
      run(mailbox, [many()], {
        access: { imap: imap as never, dav: () => undefined as never, sieve: () => undefined as never },
      }),
    ).rejects.toThrow("connect");
  });
});
