import { createHash } from "node:crypto";
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { exportAll, isWhole, openTarget } from "../../export/main";
import { emptyOutcome } from "../../import/mail";
import { importAll } from "../../import/main";
import { findSources } from "../../import/sources";
import { Dav } from "../../mailbox/dav";
import { maildirFolder } from "../../mailbox/folderNames";
import { Progress } from "../../mailbox/progress";
import type { Script } from "../../mailbox/sieve";
import { FakeDav } from "../unit/mailbox/fakeDav";
import { Harness } from "./support/harness";
import { IMAP_HOST } from "./support/provider";

let harness: Harness;
const folder = mkdtempSync(join(tmpdir(), "homelab-mail-moving-"));
beforeAll(async () => {
  harness = await Harness.create({ durable: false });
});
afterAll(async () => {
  await harness.destroy();
  rmSync(folder, { recursive: true });
});

const PASSWORD = "of-the-movers";
const COUNT = 5000;

/** Stops the command when it has done so many. */
class Stopping extends Progress {
  private readonly stop = new AbortController();
  readonly signal = this.stop.signal;

  constructor(private readonly after: number) {
    super({ total: 0, terminal: false, write: () => {} });
  }

  override update(_done: number, count: number): void {
    if (count >= this.after) this.stop.abort();
  }
}

/** One user: mail on Dovecot, calendars and contacts on a fake of the server, filters in memory. */
async function user(name: string) {
  const address = `${name}@newjoy.ro`;
  await harness.provider.account(address, PASSWORD);
  const dav = await new FakeDav(address, PASSWORD).start();
  const scripts: Script[] = [];
  const imap = async (): Promise<ImapFlow> => {
    const client = new ImapFlow({
      host: harness.provider.address,
      port: 993,
      secure: true,
      tls: { ca: [readFileSync(harness.ca.cert, "utf8")], servername: IMAP_HOST },
      auth: { user: address, pass: PASSWORD },
      logger: false,
      disableAutoIdle: true,
    });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const access = {
    imap,
    dav: () => new Dav({ base: dav.base, user: address, password: PASSWORD, limit: 60_000, rest: 1 }),
    sieve: () => ({
      list: async () => scripts,
      add: async (script: Script) => {
        if (scripts.some((one) => one.name === script.name)) return "there" as const;
        scripts.push(script);
        return "made" as const;
      },
    }),
  };
  return { address, access, dav, scripts };
}
type User = Awaited<ReturnType<typeof user>>;

/** Every folder, and of every message its bytes, flags and date. */
async function contentOf({ access }: User): Promise<Record<string, string[]>> {
  const client = await access.imap();
  const content: Record<string, string[]> = {};
  for (const { path, flags: about } of await client.list()) {
    if (about.has("\\NonExistent") || about.has("\\Noselect")) continue;
    const { exists } = await client.mailboxOpen(path, { readOnly: true });
    const all: string[] = [];
    if (exists > 0) {
      for await (const { source, flags, internalDate } of client.fetch("1:*", {
        source: true,
        flags: true,
        internalDate: true,
      })) {
        const digest = createHash("sha256")
          .update(source as Buffer)
          .digest("hex")
          .slice(0, 16);
        const own = [...(flags ?? [])].filter((flag) => flag !== "\\Recent").sort();
        all.push(`${digest} ${own.join(" ")} ${new Date(internalDate as Date).toISOString()}`);
      }
    }
    content[path] = all.sort();
  }
  await client.logout();
  return content;
}

const two = (n: number): string => String(n).padStart(2, "0");
const messageOf = (n: number): string[] => [
  ...(n % 50 === 0 ? [] : [`Message-ID: <m${n}@gmail.test>`]),
  `Subject: message ${n}`,
  "",
  `This is message ${n}.`,
];

const folders = ["INBOX", "Munk\u00e1k.2024", "Sent", "Sz\u00e1ml\u00e1k", "Trash"];
const infos = ["S", "", "FS", "RSab", "Dc", "Pa"];

/** Fills a Maildir as deliveries and mail programs would have over the years. */
async function fill({ address, access }: User): Promise<void> {
  const client = await access.imap();
  for (const path of folders.slice(1)) await client.mailboxCreate(path);
  await client.mailboxCreate("Empty");
  await client.logout();
  const home = join(harness.provider.folder, "mail", createHash("md5").update(address).digest("hex"), "Maildir");
  for (const [at, path] of folders.entries()) {
    const maildir = join(home, maildirFolder(path.split(".")));
    const own = (file: string): void => chownSync(file, statSync(home).uid, statSync(home).gid);
    writeFileSync(join(maildir, "dovecot-keywords"), "0 Work\n1 $Important\n2 NotJunk\n");
    own(join(maildir, "dovecot-keywords"));
    for (let n = at; n < COUNT; n += folders.length) {
      const file = join(maildir, "cur", `${n}.M${n}.old:2,${infos[n % infos.length]}`);
      writeFileSync(file, [...messageOf(n), "x".repeat(n % 300), ""].join("\r\n"));
      utimesSync(file, 1_600_000_000 + 1000 * n, 1_600_000_000 + 1000 * n);
      own(file);
    }
  }
}

const labels = [
  "Inbox,Opened",
  "Archived,=?UTF-8?Q?Munk=C3=A1k?=/2024,Unread",
  "Elk\u00fcld\u00f6tt,Megnyitva",
  "Archived,Opened,Work",
];

function takeout(count: number): string {
  const messages = Array.from({ length: count }, (_, n) => {
    const date = `Mon Apr 07 ${two(n % 24)}:${two(n % 60)}:${two(n % 59)} +0000 2025`;
    const head = [`From ${n}@xxx ${date}`, `X-GM-THRID: ${n}`, `X-Gmail-Labels: ${labels[n % labels.length]}`];
    return [...head, ...messageOf(n), ">From the other side.", "", ""].join("\r\n");
  });
  const file = join(folder, "Takeout.mbox");
  writeFileSync(file, messages.join(""));
  return file;
}

/** Runs it to the end, with two interruptions on the way. */
async function bring(to: User, place: string, stops: readonly number[] = [1500, 3000]) {
  const options = { map: new Map(), folder: undefined, quoting: "mboxrd" as const, dryRun: false };
  for (const after of [...stops, Number.POSITIVE_INFINITY]) {
    const progress = new Stopping(after);
    const outcome = emptyOutcome();
    const { signal } = progress;
    const sources = await findSources([place]);
    await importAll({ sources, access: to.access, options, largest: 1e8, signal, progress, outcome, pause: 10 });
    expect([outcome.problems, signal.aborted]).toEqual([[], after < Number.POSITIVE_INFINITY]);
    if (!signal.aborted) return Object.fromEntries(outcome.folders);
  }
  throw new Error("it never ran to its end");
}

test("5,000 messages that are exported and imported elsewhere, each interrupted twice, are the same mailbox", async () => {
  const [anna, bela] = [await user("anna"), await user("bela")];
  await fill(anna);
  const content = await contentOf(anna);
  expect(Object.values(content).flat()).toHaveLength(COUNT);
  expect(content.INBOX?.some((line) => / \$Important Work \\Answered \\Seen /.test(line))).toBe(true);
  anna.scripts.push({ name: "Szűrő", text: "keep;\r\n", active: true });
  const event = (uid: string): string =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;
  const calendar = await anna.access.dav().create("cal", "school", "School & home");
  for (const uid of ["a", "b"]) await anna.access.dav().put("cal", calendar, `${uid}.ics`, event(uid));
  const book = await anna.access.dav().create("card", "club", "Club");
  await anna.access.dav().put("card", book, "c.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c\r\nFN:C\r\nEND:VCARD\r\n");

  const target = join(folder, "export");
  await openTarget(target);
  for (const after of [1500, 2500]) {
    const progress = new Stopping(after);
    await exportAll({ access: anna.access, target, signal: progress.signal, progress: () => progress, pause: 10 });
    expect(progress.signal.aborted).toBe(true);
  }
  const rest = new Stopping(Number.POSITIVE_INFINITY);
  let fetched = 0;
  rest.update = (_done, count) => {
    fetched = count;
  };
  const { rows, notes } = await exportAll({ access: anna.access, target, signal: rest.signal, progress: () => rest });
  expect([isWhole(rows), notes, fetched]).toEqual([true, [], COUNT - 4000]);

  await bring(bela, target);
  expect(await contentOf(bela)).toEqual(content);
  expect(bela.scripts).toEqual(anna.scripts);
  const put = ({ dav }: User): string[] =>
    [...dav.store.values()].flatMap(({ name, members }) => [...members.keys()].map((one) => `${name} ${one}`));
  expect(put(bela)).toEqual(["School & home a.ics", "School & home b.ics", "Club c.vcf"]);
  const again = await bring(bela, target, []);
  expect(Object.values(again).reduce((sum, { imported }) => sum + imported, 0)).toBe(0);
  for (const { dav } of [anna, bela]) dav.stop();
});

test("a Takeout that is interrupted twice is all there in the end, once", async () => {
  const carla = await user("carla");
  await bring(carla, takeout(400), [150, 250]);
  const content = await contentOf(carla);
  expect(Object.fromEntries(Object.entries(content).map(([path, all]) => [path, all.length]))).toEqual({
    INBOX: 100,
    "Munk\u00e1k.2024": 100,
    Sent: 100,
    Work: 100,
  });
  expect(content.INBOX?.[0]).toMatch(/^\S+ \\Seen 2025-04-07T/);
  expect(content["Munk\u00e1k.2024"]?.[0]).toMatch(/^\S+ {2}2025-04-07T/);
});
