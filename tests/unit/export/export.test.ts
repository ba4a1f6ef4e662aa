import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinCalendar } from "../../../export/groupware";
import { infoOf } from "../../../export/mail";
import { exportAll, isWhole, openTarget, readOptions, summary } from "../../../export/main";
import { splitCalendar } from "../../../import/groupware";
import { Dav } from "../../../mailbox/dav";
import { Progress } from "../../../mailbox/progress";
import type { Script } from "../../../mailbox/sieve";
import { FakeMailbox } from "../import/fakeMailbox";
import { FakeDav } from "../mailbox/fakeDav";

const root = mkdtempSync(join(tmpdir(), "export-"));
afterAll(() => rmSync(root, { recursive: true }));
const user = "kinga@newjoy.ro";
let dav: FakeDav;
let runs = 0;
beforeEach(async () => {
  dav = await new FakeDav(user, "app_secret").start();
});
afterEach(() => dav.stop());

const date = new Date("2025-04-07T14:31:02Z");
const raw = (id: string): Buffer => Buffer.from(`Message-ID: <${id}@x>\r\nSubject: ${id}\r\n\r\nhello ${id}\r\n`);

function place() {
  runs += 1;
  const target = join(root, `${runs}`);
  const run = async (mailbox: FakeMailbox, scripts: readonly Script[] = []) => {
    await openTarget(target);
    return exportAll({
      access: {
        imap: mailbox.connect as never,
        dav: () => new Dav({ base: dav.base, user, password: "app_secret", limit: 60_000 }),
        sieve: () => ({ list: async () => [...scripts] }),
      },
      target,
      signal: new AbortController().signal,
      progress: (total) => new Progress({ total, terminal: false, write: () => {} }),
      pause: 1,
    });
  };
  return { target, run, files: (folder: string): string[] => readdirSync(join(target, "mail", folder, "cur")).sort() };
}

describe("an export", () => {
  it("an export is a Maildir with flags, keywords and dates, for the owner's eyes alone", async () => {
    const { target, run, files } = place();
    const mailbox = new FakeMailbox();
    mailbox.put("INBOX", raw("a"), ["\\Seen", "\\Flagged", "Work", "\\Recent"], date);
    mailbox.put("Munkák/v1.2", raw("b"), ["\\Answered", "\\Important"], date);
    const { rows, notes } = await run(mailbox);
    expect([isWhole(rows), notes]).toEqual([true, []]);
    const size = raw("a").length;
    expect(files("")).toEqual([`1744036262.U1V7.homelab-mail,S=${size}:2,FSa`]);
    expect(files(".Munk&AOE-k.v1&AC4-2")).toEqual([`1744036262.U2V7.homelab-mail,S=${size}:2,Ra`]);
    expect(readFileSync(join(target, "mail/.Munk&AOE-k.v1&AC4-2/dovecot-keywords"), "utf8")).toBe("0 $Important\n");
    const file = join(target, "mail/cur", files("")[0] as string);
    expect(readFileSync(file)).toEqual(raw("a"));
    expect([statSync(file).mtime, statSync(file).mode & 0o77, statSync(target).mode & 0o77]).toEqual([date, 0, 0]);
    expect(existsSync(join(target, "mail/.Drafts/cur"))).toBe(true);
  });

  it("a second export fetches only what is missing, and follows what has changed since", async () => {
    const { target, run, files } = place();
    const mailbox = new FakeMailbox();
    for (const id of ["a", "b", "c"]) mailbox.put("INBOX", raw(id), [], date);
    await run(mailbox);
    const [a, b] = files("");
    truncateSync(join(target, "mail/cur", a as string), 10); // a power cut
    const inbox = mailbox.folders.get("INBOX") as unknown as { uid: number; flags: string[] }[];
    inbox.splice(2, 1);
    (inbox[1] as { flags: string[] }).flags = ["\\Seen"];
    mailbox.put("INBOX", raw("d"), [], date);
    mailbox.fetches = 0;
    const { rows } = await run(mailbox);
    expect([isWhole(rows), mailbox.fetches]).toEqual([true, 2]);
    expect(files("")).toEqual([a, `${b}S`, expect.stringContaining(".U4V7.")]);
    expect(readdirSync(join(target, "no-longer-in-the-mailbox/INBOX"))).toHaveLength(1);
  });

  it("an export moves aside folders, calendars and contacts that the mailbox no longer has: an import would bring them back", async () => {
    const { target, run } = place();
    const mailbox = new FakeMailbox();
    const access = new Dav({ base: dav.base, user, password: "app_secret", limit: 60_000 });
    for (const times of [1, 2]) {
      mailbox.put("Old", raw(`a${times}`), ["\\Seen", "Work"], date);
      await run(mailbox);
      mailbox.folders.delete("Old");
      await run(mailbox);
      expect(existsSync(join(target, "mail/.Old"))).toBe(false);
    }
    const aside = join(target, "no-longer-in-the-mailbox");
    expect(readdirSync(aside).sort()).toEqual([".Old", ".Old-2"]);
    expect(readdirSync(join(aside, ".Old/cur"))).toHaveLength(1);
    expect(existsSync(join(aside, ".Old/dovecot-keywords"))).toBe(true);
    writeFileSync(join(target, "calendars/gone.ics"), "");
    await access.create("cal", "school", "School");
    const { rows } = await run(mailbox);
    expect(isWhole(rows)).toBe(true);
    expect(readdirSync(join(target, "calendars"))).toContain("school.ics");
    expect(readdirSync(join(aside, "calendars"))).toEqual(["gone.ics"]);
  });

  it("an export writes a file for each filter, whatever its name", async () => {
    const { target, run } = place();
    const names = ["x 2", "x-2", "x", "x!", "x?"];
    await run(
      new FakeMailbox(),
      names.map((name) => ({ name, text: name, active: false })),
    );
    const { sieve } = JSON.parse(readFileSync(join(target, "export.json"), "utf8"));
    const written = Object.keys(sieve).map((file) => readFileSync(join(target, file), "utf8"));
    expect(written.sort()).toEqual([...names].sort());
  });

  it("an export reports that the mailbox has more at the end than was fetched", async () => {
    const { run } = place();
    const mailbox = new FakeMailbox();
    mailbox.put("INBOX", raw("a"), [], date);
    const { connect } = mailbox;
    mailbox.connect = async () => {
      const client = await connect();
      const { status } = client;
      client.status = async (path, query) => {
        if (path === "INBOX") mailbox.put("INBOX", raw("late"), [], date);
        return status(path, query);
      };
      return client;
    };
    const { rows, notes } = await run(mailbox);
    expect(isWhole(rows)).toBe(false);
    expect(summary(rows, notes)).toMatch(/INBOX +1 +2 {2}differs\n[\s\S]*run it again$/);
  });

  it("an export names the keywords that a Maildir cannot hold", async () => {
    const { run } = place();
    const mailbox = new FakeMailbox();
    const keywords = Array.from({ length: 28 }, (_, n) => `k${10 + n}`);
    mailbox.put("INBOX", raw("a"), keywords, date);
    expect((await run(mailbox)).notes).toEqual(["INBOX: a Maildir has 26 keywords at most; left out: k36 k37"]);
    expect(infoOf(["k35", "\\Seen"], keywords)).toBe(":2,Sz");
  });

  it("an export has calendars, contacts and filters, and names them", async () => {
    const { target, run } = place();
    const access = new Dav({ base: dav.base, user, password: "app_secret", limit: 60_000 });
    const event = (uid: string): string =>
      `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTART;TZID=X:20260101T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;
    const school = await access.create("cal", "school", "School & home");
    for (const uid of ["a", "b"]) await access.put("cal", school, `${uid}.ics`, event(uid));
    const filters = [
      { name: "Out", text: "keep;\r\n", active: false },
      { name: "out", text: "stop;\r\n", active: true },
    ];
    const { rows } = await run(new FakeMailbox(), filters);
    expect(rows).toContainEqual({ name: "calendars: School & home", here: 2, there: 2 });
    const text = readFileSync(join(target, "calendars/school-home.ics"), "utf8");
    expect(text.match(/BEGIN:VTIMEZONE/g)).toHaveLength(1);
    expect(splitCalendar(text)).toMatchObject({
      name: "School & home",
      resources: [{ name: "a.ics" }, { name: "b.ics" }],
    });
    expect(joinCalendar("x", [])).toContain("X-WR-CALNAME:x");
    const manifest = JSON.parse(readFileSync(join(target, "export.json"), "utf8"));
    expect(manifest.sieve).toEqual({
      "sieve/out.sieve": { name: "Out", active: false },
      "sieve/out-2.sieve": { name: "out", active: true },
    });
    expect(manifest.contacts).toEqual({
      "contacts/stalwart-address-book-kinga-newjoy-ro.vcf": `Stalwart Address Book (${user})`,
    });
  });

  it("an export goes into an empty folder or an earlier export, and nowhere else", async () => {
    const other = join(root, "other");
    await openTarget(other);
    await openTarget(other);
    rmSync(join(other, "export.json"));
    writeFileSync(join(other, "letter.txt"), "hello");
    await expect(openTarget(other)).rejects.toThrow("is not empty, and no export wrote it");
    expect(() => readOptions(["--mailbox", "kinga"])).toThrow("one folder to write into is wanted");
    expect(readOptions(["--mailbox", "kinga", "x"])).toMatchObject({
      mailbox: "kinga",
      target: join(process.cwd(), "x"),
    });
  });
});
