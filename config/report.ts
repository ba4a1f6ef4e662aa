import { comparePaths, formatPath, type Path } from "./paths";

/** One thing that is wrong with the configuration. */
export interface Problem {
  readonly path: Path;
  /** What is wrong, as the rest of a sentence that begins with the key. Never holds a secret's value. */
  readonly text: string;
  /** The commands that mend it. */
  readonly mend: readonly string[];
}

const WIDEST_KEY = 48;

/** Every problem in one text: key, what is wrong, the command that mends it. Sorted by key. */
export function report(problems: readonly Problem[]): string {
  const rows = problems
    .toSorted((a, b) => comparePaths(a.path, b.path) || (a.text < b.text ? -1 : 1))
    .map(({ path, text, mend }) => ({ key: path.length === 1 ? String(path[0]) : formatPath(path), text, mend }));
  const width = Math.min(WIDEST_KEY, Math.max(...rows.map(({ key }) => key.length)));
  const indent = " ".repeat(width + 4);
  const lines = rows.flatMap(({ key, text, mend }) => [
    ...(key.length > width ? [`  ${key}`, `${indent}${text}`] : [`  ${key.padEnd(width)}  ${text}`]),
    ...mend.map((command) => `${indent}$ ${command}`),
  ]);
  const count = rows.length === 1 ? "one problem" : `${rows.length} problems`;
  return [`The configuration has ${count}; nothing was deployed.`, "", ...lines, ""].join("\n");
}
