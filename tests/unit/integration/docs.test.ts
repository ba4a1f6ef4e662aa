import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../../..");
const folder = join(root, "tests/integration");

test("each finding of the integration suite has its place in the docs", () => {
  const page = readFileSync(join(root, "docs/reference/fetching-results.md"), "utf8");
  const sections = readdirSync(folder)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .flatMap((text) => [...text.matchAll(/new Findings\("([^"]+)"\)/g)].map(([, section]) => section));
  expect(sections.length).toBeGreaterThan(5);
  const missing = sections.filter((name) => !new RegExp(`<!-- (cases|figures):${name}:begin -->`).test(page));
  expect(missing).toEqual([]);
});

test("the file that the table of misbehaviors names runs each of them", () => {
  const table = readFileSync(join(root, "tests/rig/fakes/provider/README.md"), "utf8");
  const rows = table.split("\n").filter((line) => /^\|.*\| [a-z]+ \|$/.test(line));
  const wrong = rows.filter((row) => {
    const [, , , code = "", file = ""] = row.split("|").map((cell) => cell.trim());
    if (file === "run by") return false;
    const text = readFileSync(join(folder, `${file}.test.ts`), "utf8");
    const name = /`([A-Za-z]+)/.exec(code)?.[1] ?? /`\{ ([a-z]+)/.exec(code)?.[1] ?? "";
    return name !== "" && !new RegExp(`\\b${name}\\b`).test(text);
  });
  expect(rows.length).toBeGreaterThan(30);
  expect(wrong).toEqual([]);
});
