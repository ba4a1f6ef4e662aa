import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(__dirname, "..", "..");

/** Every page of the docs by its path: the pages at the top, and docs/. */
export const pages: ReadonlyMap<string, string> = new Map(
  [
    ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
    ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join("docs", name)),
  ].map((name) => [name, readFileSync(join(ROOT, name), "utf8")]),
);

/** The pages of docs/getting-started, in the order of its table. */
export const gettingStarted: readonly string[] = [
  ...(pages.get("docs/getting-started/README.md") ?? "").matchAll(/^\| \d\. \[[^\]]+\]\(([\w-]+\.md)\)/gm),
].map(([, name = ""]) => join("docs/getting-started", name));

/** The commands in the last cell of the one row of docs/reference/problems.md that begins with these words. */
export function fixesOf(problem: string): string[] {
  const rows = (pages.get("docs/reference/problems.md") ?? "")
    .split("\n")
    .filter((row) => row.startsWith(`| ${problem}`));
  if (rows.length !== 1) throw new Error(`docs/reference/problems.md has ${rows.length} rows of ${problem}`);
  return [...(rows[0]?.split(" | ").at(-1) ?? "").matchAll(/`([^`]+)`/g)].map(([, command = ""]) => command);
}

/** Commands that a page has in one block, and what the block after it says they print. */
export interface Step {
  readonly page: string;
  readonly commands: string;
  readonly prints: string | undefined;
}

/** The steps of a page: blocks of commands have no language, what they print has the language `text`. */
export function stepsOf(page: string): Step[] {
  const blocks = [...(pages.get(page) ?? "").matchAll(/^```(\w*)\n([\s\S]*?)\n```$/gm)];
  return blocks.flatMap(([, language, commands = ""], n) => {
    if (language !== "") return [];
    const [, following, prints] = blocks[n + 1] ?? [];
    return [{ page, commands, prints: following === "text" ? prints : undefined }];
  });
}

/** The lines that should have been printed and were not, in this order. `…` stands for anything, and blanks for blanks. */
export function missingLines(expected: string, printed: string): string[] {
  const plain = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const left = printed.split("\n").map((line) => line.trim());
  return expected
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .filter((line) => {
      const pattern = new RegExp(
        `^${line
          .split(/(…|\s+)/)
          .map((part) => (part === "…" ? ".*" : /^\s+$/.test(part) ? "\\s+" : plain(part)))
          .join("")}$`,
      );
      const at = left.findIndex((other) => pattern.test(other));
      if (at >= 0) left.splice(0, at + 1);
      return at < 0;
    });
}
