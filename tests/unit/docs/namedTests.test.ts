import * as fs from "node:fs";
import * as path from "node:path";

const ROOT = path.join(__dirname, "..", "..", "..");
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), "utf8").replace(/\s+/g, " ");
const allFiles = fs.readdirSync(path.join(ROOT, "tests"), { recursive: true, encoding: "utf8" });

/** Pages whose statements each name a test, and what they quote without it being one. */
const pages: readonly (readonly [page: string, quoted: readonly string[]])[] = [
  ["docs/explanation/security.md", ["Someone leaves", "latest"]],
  ["tests/rig/fakes/README.md", []],
  ["tests/rig/fakes/stalwart/README.md", []],
];

/** By path, or by the file's name alone, which Python's may have without its ending. */
const NAMED = /tests\/[\w/.-]*\w|(?<![\w/.-])\w+\.test\.ts|(?<![\w/.-])test_\w+(\.py)?/g;

const matching = (name: string): string[] =>
  name.startsWith("tests/")
    ? allFiles.filter((file) => `tests/${file}` === name || `tests/${file}`.startsWith(`${name}/`))
    : allFiles.filter((file) => path.basename(file) === name || path.basename(file) === `${name}.py`);

describe.each(pages)("%s", (page, others) => {
  const text = read(page);
  const named = [...new Set(text.match(NAMED))];
  const quoted = [...new Set([...text.matchAll(/"([^"]+)"/g)].map(([, name]) => (name as string).replace(/ …$/, "")))];
  const tests = named
    .flatMap(matching)
    .filter((file) => /\.(ts|py|go)$/.test(file))
    .map((file) => read(path.join("tests", file)));

  test.each(named)("a page of the docs names a test that exists: %s", (name) => {
    expect(matching(name)).not.toEqual([]);
  });

  test.each(quoted.filter((name) => !others.includes(name)))(
    "a page of the docs quotes the title of a test: %s",
    (name) => {
      const inPython = `test_${name.replaceAll("'", "").replaceAll(" ", "_")}`;
      expect(tests.some((content) => content.includes(name) || content.includes(inPython))).toBe(true);
    },
  );
});
