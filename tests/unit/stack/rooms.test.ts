import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { preProcessFile } from "typescript";

const ROOT = join(__dirname, "../../..");
const PAGE = readFileSync(join(ROOT, "docs/explanation/architecture.md"), "utf8");
const [ROOMS = "", WAYS = ""] = PAGE.split("## Tracing a value through the code");

const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !/(^|\/)(node_modules|\.[^/]+)\//.test(file),
);

/** The files of this project that a file imports. */
const imports = new Map(
  files.map((file) => {
    const { importedFiles } = preProcessFile(readFileSync(join(ROOT, file), "utf8"));
    const own = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith("."));
    const targets = own.map((name) => normalize(join(dirname(file), name)));
    return [file, targets.flatMap((name) => [`${name}.ts`, `${name}/index.ts`].filter((path) => files.includes(path)))];
  }),
);

/** What tests may use. */
const all: readonly string[] = [];

/** The rows of the map: a room, and the rooms that it may use. */
const rooms = new Map<string, readonly string[]>(
  [...ROOMS.matchAll(/^\| `([^`]+)` \| ([^|]*)\|[^|]+\|$/gm)].map(([, room = "", below = ""]) => [
    room,
    below.trim() === "all" ? all : [...below.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
  ]),
);

/** The room that a file is in: the longest name of the map that its path begins with. */
const roomOf = (file: string): string | undefined =>
  [...rooms.keys()].filter((room) => file === room || file.startsWith(room)).sort((a, b) => b.length - a.length)[0];

test("every file is in a room of the code map", () => {
  expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
});

test("every room of the code map has files", () => {
  expect([...rooms.keys()].filter((room) => !files.some((file) => roomOf(file) === room))).toEqual([]);
});

/** Parts of the stack are rooms of the same kind, which do not use each other. */
const partOf = (file: string): string =>
  roomOf(file) === "components/" ? file.split("/").slice(0, 2).join("/") : (roomOf(file) as string);

test("a room imports only from the rooms that the code map allows", () => {
  const upwards = [...imports].flatMap(([file, targets]) => {
    const below = rooms.get(roomOf(file) as string) ?? [];
    const may = (target: string): boolean =>
      partOf(target) === partOf(file) ||
      (roomOf(target) !== roomOf(file) &&
        (below.includes(roomOf(target) as string) || rooms.get(roomOf(file) as string) === all));
    return targets.filter((target) => !may(target)).map((target) => `${file} imports ${target}`);
  });
  expect(upwards).toEqual([]);
});

test("no file imports itself by way of others", () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" → "));
    if (way.includes(file) || done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test("every package that a file imports is declared, and what the product imports is no devDependency", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const undeclared = files.flatMap((file) => {
    const declared = { ...dependencies, ...(/^(tests|scripts)\//.test(file) && devDependencies) };
    return preProcessFile(readFileSync(join(ROOT, file), "utf8"))
      .importedFiles.map(({ fileName }) => /^(?:@[^/]+\/)?[^./@][^/]*/.exec(fileName)?.[0] ?? "")
      .filter((name) => name !== "" && !name.startsWith("node:") && !(name in declared))
      .map((name) => `${file} imports ${name}`);
  });
  expect(undeclared).toEqual([]);
});

/** The rows of "Tracing a value through the code": a file, and the word to look for in it. */
const steps = [...WAYS.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| [^|]+\|$/gm)].map(
  ([, file = "", word = ""]) => [file, word] as const,
);

test.each(steps)("tracing a value through the code passes %s, which has %s", (file, word) => {
  expect(readFileSync(join(ROOT, file), "utf8")).toContain(word);
});

test("the code map traces values", () => {
  expect(steps.length).toBeGreaterThan(15);
});

/** Files of the repository that a comment or a text of the code names. */
const namedInCode = files.flatMap((file) =>
  [
    ...readFileSync(join(ROOT, file), "utf8").matchAll(
      /(?<![\w/])(?:components|config|doctor|sandbox|scripts|tests)\/[\w/-]+\.(?:ts|py|js)\b/g,
    ),
  ].map(([path]) => `${file} names ${path}`),
);

test("every file that a comment names exists", () => {
  const gone = namedInCode.filter((line) => !existsSync(join(ROOT, line.split(" names ")[1] as string)));
  expect(gone).toEqual([]);
});
