import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { beginsMessage, type MboxPart, mboxMessages, type Quoting, unquoted } from "../../../import/mbox";

async function* pieces(text: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
}

async function read(text: string, { size = 65_536, largest = 10_000_000, quoting = "mboxrd" as Quoting } = {}) {
  const parts: MboxPart[] = [];
  for await (const part of mboxMessages(pieces(Buffer.from(text, "latin1"), size), { largest, quoting }))
    parts.push(part);
  return parts;
}
const texts = (parts: readonly MboxPart[]): string[] => parts.map(({ raw }) => raw.toString("latin1"));

const from = "From 1828754568043628583@xxx Mon Apr 07 14:31:02 +0000 2025";
const first = "Subject: one\n\nhello\n";
const second = "Subject: two\n\nhow are you?\n";

describe("an mbox file", () => {
  it("an mbox file is split at its From lines, whatever its line ends", async () => {
    const file = `${from}\n${first}\n${from}\n${second}\n`;
    expect(texts(await read(file))).toEqual([first, second]);
    const crlf = (text: string): string => text.replaceAll("\n", "\r\n");
    expect(texts(await read(crlf(file)))).toEqual([crlf(first), crlf(second)]);
  });

  it("an mbox file's message gets the date of its From line, with or without a zone", async () => {
    const [, { date } = {}] = await read(`${from}\n${first}\nFrom a@b Wed Apr  9 08:00:01 2025\n${second}`);
    expect(date).toEqual(new Date("2025-04-09T08:00:01Z"));
    const [{ date: zoned } = {}] = await read(`From a@b Wed Apr  9 08:00:01 2025 +0200\n${second}`);
    expect(zoned).toEqual(new Date("2025-04-09T06:00:01Z"));
    const [{ date: before } = {}] = await read(`From - Wed Apr 09 08:00:01 -0130 2025\n${second}`);
    expect(before).toEqual(new Date("2025-04-09T09:30:01Z"));
  });

  it("an mbox file may lack the first From line, and all of them", async () => {
    expect(texts(await read(`${first}\n${from}\n${second}`))).toEqual([first, second]);
    expect(texts(await read(first))).toEqual([first]);
    expect(await read("")).toEqual([]);
  });

  it("an mbox file may lack the empty line before a From line", async () => {
    expect(texts(await read(`${from}\n${first}${from}\n${second}`))).toEqual([first, second]);
  });

  it("a line of an mbox file that only resembles a From line stays in its message", async () => {
    const letter = "Subject: three\n\nFrom here on, nothing.\n\nFrom: me\nFrom you\nhello\n";
    expect(texts(await read(`${from}\n${letter}\n${from}\n${second}`))).toEqual([letter, second]);
    expect(beginsMessage("From Monday on it is 10:30 in 2025", "we meet", true)).toBe(false);
    expect(beginsMessage("From the desk of Anna", "Note: hello", true)).toBe(false);
    expect(beginsMessage("From anna@home.test", "Received: by x", true)).toBe(true);
    expect(beginsMessage("From anna@home.test", "Received: by x", false)).toBe(false);
  });

  it("a message of an mbox file is unquoted as it was quoted", () => {
    const text = Buffer.from("a\n>From b\n>>From c\nd >From e\n>From: f\n");
    expect(unquoted(text, "mboxrd").toString()).toBe("a\nFrom b\n>From c\nd >From e\n>From: f\n");
    expect(unquoted(text, "mboxo").toString()).toBe("a\nFrom b\n>>From c\nd >From e\n>From: f\n");
    expect(unquoted(text, "none")).toBe(text);
  });

  it("an mbox file keeps bytes that are no text", async () => {
    const odd = "Subject: J\xf6rg \xff\n\n\x00\x01\xfe \r no line end";
    expect(texts(await read(`${from}\n${odd}`))).toEqual([odd]);
  });

  it("a message of an mbox file that is too large is skipped, and those after it are read", async () => {
    const large = `Subject: large\n\n${"x".repeat(99_999)}\n`;
    const [one, big, two] = await read(`${from}\n${first}\n${from}\n${large}\n${from}\n${second}`, {
      largest: 50_000,
      size: 1000,
    });
    expect(texts([one, two] as MboxPart[])).toEqual([first, second]);
    expect(big).toMatchObject({ tooLarge: true, offset: from.length + first.length + 2, size: large.length + 1 });
    expect(big?.raw).toHaveLength(0);
  });

  it("an mbox file gives the same messages in whatever pieces it is read", async () => {
    const line = fc.constantFrom(
      "",
      "hello",
      ">From x",
      "From me to you",
      "From:",
      "Subject: x",
      "From a b",
      "\xe9",
      from,
    );
    const body = fc
      .array(line, { maxLength: 400 })
      .map((lines) => lines.map((one) => (one === from ? `>${one}` : one)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(body, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 30_000 }),
        async (bodies, size) => {
          const messages = bodies.map((lines, n) => `Subject: m${n}\n\n${lines.join("\n")}\n`);
          const file = messages.map((one) => `${from}\n${one}\n`).join("");
          const found = await read(file, { size, quoting: "none" });
          expect(texts(found)).toEqual(messages);
          expect(found.map(({ offset }) => file.slice(offset, offset + from.length))).toEqual(messages.map(() => from));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("an mbox file needs no more memory when it is ten times as long", () => {
    const peak = (megabytes: number): number => {
      const program = `
        const { mboxMessages } = require("./import/mbox");
        const message = Buffer.from("${from}\\nSubject: x\\n\\n" + ("y".repeat(75) + "\\n").repeat(1300) + "\\n");
        async function* file() { for (let n = 0; n < ${megabytes} * 10; n += 1) yield Buffer.from(message); }
        (async () => {
          let count = 0;
          for await (const { raw } of mboxMessages(file(), { largest: 1e8, quoting: "mboxrd" })) count += raw.length > 90000;
          console.log(count, process.resourceUsage().maxRSS);
        })();`;
      const root = join(__dirname, "../../..");
      const { stdout, stderr } = spawnSync(process.execPath, ["--require", "./start.cjs", "-e", program], {
        cwd: root,
        encoding: "utf8",
      });
      const [count, rss] = stdout.split(" ").map(Number);
      expect([count, stderr]).toEqual([megabytes * 10, ""]);
      return rss as number;
    };
    expect(peak(500) / peak(50)).toBeLessThan(1.5);
  });
});
