import { readFileSync } from "node:fs";
import { join } from "node:path";
import { programs } from "../../../../components/fetcher/pod";
import { documentedLines, documentedMetrics } from "../../../integration/support/docs";

/** With every value that goes into a text as `…`. */
const withoutValues = (source: string): string => source.replace(/\{[^{}]*\}/g, "…");
const program = Object.values(programs).join("\n");
const source = withoutValues(program);

/** Texts that come from fetchmail itself, seen by the integration tests only. */
const fetchmails = ["timeout after "];

test("each log line that the docs explain is one that the fetcher can print", () => {
  const beginnings = documentedLines().map((line) => line.replace(/^INBOX: (… )?/, "").split("…")[0] as string);
  expect(beginnings.length).toBeGreaterThan(15);
  for (const text of beginnings) {
    const printable = text
      .replace(/ stalwart\..*$/, "")
      .replace(/(certificate has expired|Hostname mismatch).*$/, "") // OpenSSL's own words
      .replace(/the (mail server|provider) answered .*$/, "")
      .replace(/^of the messages stay at the provider: (?=.)/, "") // the reasons of single messages
      .replace(/INBOX$|Fetcher-Refused.*$/, "");
    expect({ text, known: `${source}${program}`.includes(printable) || fetchmails.includes(text) }).toEqual({
      text,
      known: true,
    });
  }
});

test("the docs name the fetcher's metrics, all of them", () => {
  const names = [...source.matchAll(/^ {8}\("([a-z_]+)", "(?:gauge|counter)"/gm)].map((m) => `fetchmail_${m[1]}`);
  expect(documentedMetrics()).toEqual(names.sort());
});

test("the docs have a fix for each reason that the fetcher gives", () => {
  const reasons = [...withoutValues(programs["reasons.py"] as string).matchAll(/(?: = |return f)"([^"]+)"$/gm)];
  const known = documentedLines().join("\n");
  expect(reasons.length).toBeGreaterThan(10);
  for (const [, reason] of reasons) {
    const words = (reason as string).split("…").sort((a, b) => b.length - a.length)[0] as string;
    expect({ reason, known: known.includes(words.trim()) }).toEqual({ reason, known: true });
  }
});

test("each reason that the fetcher gives comes from reasons.py, whose text the docs are checked against", () => {
  for (const [file, text] of Object.entries(programs)) {
    const own = text.match(/(?:\.fail\(|detail=|\.(?:detail|error|down) = )f?"[^"]+"/g);
    expect({ file, own }).toEqual({ file, own: null });
  }
});

test("docs/explanation/fetching.md names every file of the program, and draws every step that a round can take", () => {
  const page = readFileSync(join(__dirname, "../../../../docs/explanation/fetching.md"), "utf8");
  const drawing = /```mermaid\n(.*?)```/s.exec(page)?.[1] ?? "";
  const steps = /^class Step\(Enum\):\n((?: {4}.*\n)+)/m.exec(programs["rounds.py"] as string)?.[1] ?? "";
  const names = [...steps.matchAll(/^ {4}([A-Z_]+) = /gm)].map((match) => match[1] as string);
  expect(names.length).toBeGreaterThan(3);
  expect([...drawing.matchAll(/: ([A-Z_]{3,})/g)].map((match) => match[1]).sort()).toEqual(names.sort());
  expect(Object.keys(programs).filter((file) => !page.includes(`\`${file}\``))).toEqual([]);
});
