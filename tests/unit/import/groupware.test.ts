import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importGroupware, splitCalendar, splitContacts } from "../../../import/groupware";
import { emptyOutcome } from "../../../import/mail";
import { Dav, type Kind } from "../../../mailbox/dav";
import { FakeDav } from "../mailbox/fakeDav";

const folder = mkdtempSync(join(tmpdir(), "groupware-"));
afterAll(() => rmSync(folder, { recursive: true }));

const zone = (name: string): string[] => [
  "BEGIN:VTIMEZONE",
  `TZID:${name}`,
  "BEGIN:STANDARD",
  "DTSTART:19700101T000000",
  "TZOFFSETFROM:+0100",
  "TZOFFSETTO:+0100",
  "END:STANDARD",
  "END:VTIMEZONE",
];
const event = (uid: string, ...more: string[]): string[] => ["BEGIN:VEVENT", `UID:${uid}`, ...more, "END:VEVENT"];
const calendar = (...parts: string[][]): string =>
  [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "METHOD:PUBLISH",
    "X-WR-CALNAME:Family & friends",
    ...parts.flat(),
    "END:VCALENDAR",
    "",
  ].join("\r\n");
const family = calendar(
  zone("Europe/Budapest"),
  zone("Europe/Paris"),
  event(
    "series@x",
    "DTSTART;TZID=Europe/Budapest:20260101T100000",
    "RRULE:FREQ=DAILY",
    "BEGIN:VALARM",
    "UID:alarm",
    "ACTION:DISPLAY",
    "END:VALARM",
  ),
  event(
    "series@x",
    "RECURRENCE-ID;TZID=Europe/Budapest:20260102T100000",
    "DTSTART;TZID=Europe/Budapest:20260102T110000",
  ),
  event("all day/1", "DTSTART;VALUE=DATE:20260101", "SUMMARY:caf\u00e9", " folded"),
  ["BEGIN:VEVENT", "DTSTART:20260101T100000Z", "END:VEVENT"],
);

describe("a calendar file", () => {
  it("a calendar file becomes one resource for each UID, with its exceptions and the zones that it uses, and no METHOD", () => {
    const { name, resources } = splitCalendar(family);
    expect(name).toBe("Family & friends");
    expect(resources).toHaveLength(3);
    const [series, whole, without] = resources.map(({ text }) => text);
    expect(resources[0]?.name).toBe("series@x.ics");
    expect(series?.match(/BEGIN:VEVENT/g)).toHaveLength(2);
    expect([series?.includes("TZID:Europe/Budapest"), series?.includes("Europe/Paris")]).toEqual([true, false]);
    expect(whole).toContain("SUMMARY:caf\u00e9\r\n folded\r\n");
    expect(whole).not.toMatch(/VTIMEZONE|METHOD/);
    expect(without).toMatch(/^UID:[0-9a-f]{32}@import\r$/m);
    expect(splitCalendar(family)).toEqual({ name, resources });
  });
});

describe("a contacts file", () => {
  it("a contacts file becomes one resource for each contact; one without a UID gets the same one each time", () => {
    const text =
      "BEGIN:VCARD\nVERSION:3.0\nUID:a-1\nFN:Anna\nitem1.X-ABLabel:x\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:Bela\nEND:VCARD\n";
    const [anna, bela] = splitContacts(text);
    expect(anna).toEqual({
      name: "a-1.vcf",
      text: "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a-1\r\nFN:Anna\r\nitem1.X-ABLabel:x\r\nEND:VCARD\r\n",
    });
    expect(bela?.text).toMatch(
      /^BEGIN:VCARD\r\nVERSION:3.0\r\nUID:urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\r\nFN:Bela/,
    );
    expect(splitContacts(text)).toEqual([anna, bela]);
  });
});

describe("calendars and contacts", () => {
  const user = "kinga@newjoy.ro";
  let fake: FakeDav;
  beforeEach(async () => {
    fake = await new FakeDav(user, "app_secret").start();
  });
  afterEach(() => fake.stop());

  const bring = async (kind: Kind, name: string, text: string | Buffer, dryRun = false) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    const outcome = emptyOutcome();
    const dav = new Dav({ base: fake.base, user, password: "app_secret", limit: 30_000, rest: 1 });
    const signal = new AbortController().signal;
    await importGroupware({ dav, kind, file, outcome, dryRun, signal, done: () => {} });
    const [[title, counts] = []] = [...outcome.folders];
    return { title, counts, problems: outcome.problems };
  };

  it("an import writes calendars and contacts into a calendar of the file's name, once", async () => {
    expect(await bring("cal", "x.ics", family)).toMatchObject({
      title: "calendar: Family & friends",
      counts: { imported: 3, there: 0 },
    });
    expect(await bring("cal", "x.ics", family)).toMatchObject({ counts: { imported: 0, there: 3 } });
    expect(fake.store.get(`/dav/cal/${encodeURIComponent(user)}/family-friends/`)?.members.size).toBe(3);
  });

  it("an import of contacts and calendars keeps the letters of a file that is not in UTF-8", async () => {
    const card = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:old\r\nFN:Kov\xe1cs J\xf3zsef\r\nEND:VCARD\r\n";
    await bring("card", "x.vcf", Buffer.from(card, "latin1"));
    const all = [...fake.store.values()].flatMap(({ members }) => [...members.values()]);
    expect(JSON.stringify(all)).toContain("FN:Kovács József");
  });

  it("an import leaves an event or contact with the same UID under another name as it is", async () => {
    const members = fake.store.get(`/dav/cal/${encodeURIComponent(user)}/default/`)?.members;
    members?.set("other.ics", "UID:one\r\n");
    expect(
      await bring("cal", "kinga@gmail.com.ics", calendar(event("one"), event("two")).replace(/X-WR.*\r\n/, "")),
    ).toMatchObject({
      counts: { imported: 1, there: 1 },
    });
    expect(members?.get("other.ics")).toBe("UID:one\r\n");
  });

  it("an import writes contacts into the default address book, and reports what the server refuses", async () => {
    fake.largest = 200;
    const text = `BEGIN:VCARD\nVERSION:3.0\nFN:Anna\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:Bela\nPHOTO:${"x".repeat(300)}\nEND:VCARD\n`;
    const { counts, problems, title } = await bring("card", "All Contacts.vcf", text);
    expect([title, counts]).toEqual([
      `contacts: Stalwart Address Book (${user})`,
      { imported: 1, there: 0, failed: 1 },
    ]);
    expect(problems[0]).toContain("the server refuses it: max-resource-size");
  });

  it("an import of calendars and contacts waits when the server has had too many requests", async () => {
    fake.busy = 3;
    expect((await bring("cal", "x.ics", family)).counts).toMatchObject({ imported: 3 });
  });

  it("an import with --dry-run only counts calendars and contacts", async () => {
    expect((await bring("cal", "x.ics", family, true)).counts).toMatchObject({ imported: 3, there: 0 });
    expect(new Set(fake.asked.map((line) => line.split(" ")[0]))).toEqual(new Set(["PROPFIND"]));
    await bring("cal", "x.ics", family);
    expect((await bring("cal", "x.ics", family, true)).counts).toMatchObject({ imported: 0, there: 3 });
  });
});
