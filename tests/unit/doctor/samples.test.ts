import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MessageCatalog } from "../../../doctor/messages";
import { metaCatalog } from "../../../doctor/notChecked";
import { catalogs } from "../../../doctor/reference";
import type { Level } from "../../../doctor/result";
import { marks, withoutLinks } from "../../../doctor/screen";

const ROOT = join(__dirname, "../../..");
const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".md"),
);
const pages = ["README.md", "CONTRIBUTING.md", ...docs.map((file) => join("docs", file))];

/** Parameters may be anything, and the docs may leave the end of a line out. */
const pattern = (text: string): string =>
  withoutLinks(text)
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");

/** Everything that the doctor can print: a line, and the line below it. */
const everything: readonly MessageCatalog[] = [...Object.values(catalogs), metaCatalog];
const printable = everything.flatMap((catalog) =>
  Object.values(catalog).flatMap(({ title, ok, failures }) => {
    const line = (level: Level, message: string): RegExp =>
      new RegExp(`^  ${pattern(marks[level])}  ${pattern(title)}( \\S+( \\S+)?)?: ${pattern(message)}$`);
    return [
      { line: line("ok", ok), fix: undefined },
      ...Object.values(failures).map(({ level, message, fix }) => ({
        line: line(level, message),
        fix: new RegExp(`^        -> ${pattern(fix)}$`),
      })),
    ];
  }),
);

const isResult = (line: string): boolean => Object.values(marks).some((mark) => line.startsWith(`  ${mark}  `));

/** What a page quotes of a report: each line of a result, with the line below it. */
const quoted = pages.flatMap((page) => {
  const lines = readFileSync(join(ROOT, page), "utf8").split("\n");
  return lines.flatMap((line, n) => (isResult(line) ? [{ page, line, below: lines[n + 1] ?? "" }] : []));
});

test("each line of a report that the docs quote is one that the doctor prints", () => {
  const isPrinted = ({ line, below }: (typeof quoted)[number]): boolean =>
    printable.some((one) => one.line.test(line) && (one.fix === undefined || one.fix.test(below)));
  expect(quoted.filter((one) => !isPrinted(one)).map(({ page, line, below }) => `${page}: ${line}\n${below}`)).toEqual(
    [],
  );
});

test("the docs quote reports of the doctor", () => {
  expect(new Set(quoted.map(({ page }) => page)).size).toBeGreaterThan(1);
  expect(quoted.length).toBeGreaterThan(50);
});
