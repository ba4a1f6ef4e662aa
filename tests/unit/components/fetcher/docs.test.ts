import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { documentedLines, documentedMetrics } from "../../../integration/support/docs";

/** The fetcher's programs: as they are, and with every value that goes into a text as `…`. */
const folder = join(__dirname, "../../../../components/fetcher");
const programs = readdirSync(folder)
  .filter((file) => file.endsWith(".py"))
  .map((file) => readFileSync(join(folder, file), "utf8"))
  .join("\n");
const source = programs.replace(/\{[^{}]*\}/g, "…");

/** Texts that come from fetchmail itself, seen by the integration tests only. */
const fetchmails = ["timeout after "];

test("each log line that the docs explain is one that the fetcher can print", () => {
  const beginnings = documentedLines().map((line) => line.replace(/^INBOX: (… )?/, "").split("…")[0] as string);
  expect(beginnings.length).toBeGreaterThan(15);
  for (const text of beginnings) {
    const printable = text
      .replace(/ stalwart\..*$/, "")
      .replace(/Server (certificate|CommonName) .*$/, "") // fetchmail's own words
      .replace(/the mail server answered .*$/, "")
      .replace(/INBOX$|Fetcher-Refused.*$/, "");
    expect({ text, known: `${source}${programs}`.includes(printable) || fetchmails.includes(text) }).toEqual({
      text,
      known: true,
    });
  }
});

test("the docs name the fetcher's metrics, all of them", () => {
  const names = [...source.matchAll(/^ {8}\("([a-z_]+)", "(?:gauge|counter)"/gm)].map((m) => `fetchmail_${m[1]}`);
  expect(documentedMetrics()).toEqual(names.sort());
});

test("the docs have a way out for each reason that the fetcher gives", () => {
  const reasons = [
    ...source.matchAll(/\.fail\(f?"([^"]+)"/g),
    ...source.matchAll(/self\.(?:detail|error) = f"([^"]+)"/g),
  ];
  const known = documentedLines().join("\n");
  expect(reasons.length).toBeGreaterThan(5);
  for (const [, reason] of reasons) {
    const words = (reason as string).split("…").sort((a, b) => b.length - a.length)[0] as string;
    expect({ reason, known: known.includes(words.trim()) }).toEqual({ reason, known: true });
  }
});
