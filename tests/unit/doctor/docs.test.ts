import { readFileSync } from "node:fs";
import { join } from "node:path";
import { groupTitles } from "../../../doctor/groups";
import { catalogs, checksReference, documented } from "../../../doctor/reference";

const root = join(__dirname, "../../..");
const file = (name: string): string => readFileSync(join(root, name), "utf8");
const troubleshooting = file("docs/reference/problems.md");
const fetching = file("docs/reference/fetcher.md");
const howTo = file("docs/how-to/doctor.md");
const checks = file("docs/reference/checks.md");
const between = (text: string, name: string): string =>
  (text.split(`<!-- ${name}:begin -->`)[1] ?? "").split(`<!-- ${name}:end -->`)[0]?.trim() ?? "";

const REGENERATE = "differs from doctor/checks; npm run docs:doctor writes it anew";

test("docs/reference/checks.md explains every check in the words that the screen has", () => {
  expect({ [REGENERATE]: between(checks, "checks") }).toEqual({ [REGENERATE]: checksReference() });
});

const failures = Object.entries(catalogs).flatMap(([group, catalog]) =>
  Object.entries(catalog).flatMap(([check, { failures }]) =>
    Object.entries(failures).map(([code, trouble]) => ({ name: `${group}.${check}.${code}`, ...trouble })),
  ),
);
const commandsIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);

test.each(failures.filter(({ row }) => row !== undefined))(
  "the row of the docs about $name has the same fix",
  ({ row, fix }) => {
    const rows = `${troubleshooting}\n${fetching}`.split("\n").filter((line) => line.startsWith(`| ${row}`));
    expect({ row, found: rows.length > 0 }).toEqual({ row, found: true });
    const [command] = commandsIn(documented(fix)).filter((text) => /^(kubectl|pulumi) /.test(text));
    if (command !== undefined) {
      const said = rows.join("\n").replaceAll("\\|", "|");
      expect({ row, command, said: said.includes(command) ? command : said }).toEqual({ row, command, said: command });
    }
  },
);

test("each failure of the doctor names a command or a place to fix it", () => {
  const mute = failures.filter(({ fix }) => !/`|Set |Remove |Leave |Wait|provider|Use |Take |As it says/.test(fix));
  expect(mute.map(({ name }) => name)).toEqual([]);
});

test("each table of problems has a row that a check of the doctor refers to, and the page names the doctor", () => {
  const [start, ...sections] = troubleshooting.split("\n## ");
  expect(start).toContain("npm run doctor");
  const told = failures.flatMap(({ row }) => row ?? []);
  for (const section of [...sections.filter((text) => text.includes("\n|")), fetching]) {
    const title = section.split("\n")[0];
    expect({ title, rows: told.filter((row) => section.includes(`| ${row}`)).length > 0 }).toEqual({
      title,
      rows: true,
    });
  }
});

test("every option in the doctor's help is explained, and the screen in the docs has every group", () => {
  const help = /const HELP = `([\s\S]*?)`;/.exec(file("doctor/options.ts"))?.[1] ?? "";
  const options = [...help.matchAll(/^ {2}(--[a-z-]+)/gm)].map((match) => match[1] as string);
  expect(options.length).toBeGreaterThan(8);
  for (const option of options)
    expect({ option, explained: howTo.includes(`\`${option}`) }).toMatchObject({ explained: true });
  const printed = between(checks, "screen");
  for (const title of Object.values(groupTitles)) expect(printed).toContain(`\n${title}\n`);
});
