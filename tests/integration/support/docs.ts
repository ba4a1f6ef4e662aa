import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FetcherFixture } from "./fetcherFixture";

const root = join(__dirname, "../../..");
const PAGE = join(root, "docs/reference/fetching-results.md");

/** What one test file found out: where each case's message was, and figures. Printed, and written to the docs if asked. */
export class Findings {
  private readonly cases = new Map<string, [string, string]>();
  private readonly figures: string[] = [];

  /** `section` is the name of the markers in docs/reference/fetching-results.md. */
  constructor(private readonly section: string) {}

  /** Where the message is now, and where it is when the returned function is called. */
  async during(name: string, fetcher: FetcherFixture): Promise<() => Promise<void>> {
    const meanwhile = await places(fetcher);
    return async () => {
      const after = await places(fetcher);
      this.cases.set(name, [meanwhile, after]);
    };
  }

  figure(text: string): void {
    console.log(text);
    this.figures.push(`- ${text}`);
  }

  publish(): void {
    const rows = [...this.cases].map(([name, [meanwhile, after]]) => `| ${name} | ${meanwhile} | ${after} |`);
    if (rows.length > 0) {
      const head = ["| case | where the message is meanwhile | and afterwards |", "|---|---|---|"];
      this.write([...head, ...rows.sort()], "cases");
    }
    if (this.figures.length > 0) this.write(this.figures, "figures");
  }

  private write(lines: string[], kind: string): void {
    const text = lines.join("\n");
    console.log(text);
    if (process.env.UPDATE_DOCS !== "1") return;
    const lock = `${PAGE}.lock`; // test files run side by side
    for (let free = false; !free; ) {
      try {
        mkdirSync(lock);
        free = true;
      } catch {}
    }
    try {
      const name = `${kind}:${this.section}`;
      const page = readFileSync(PAGE, "utf8");
      const [before, rest] = page.split(`<!-- ${name}:begin -->\n`);
      const [, after] = rest?.split(`<!-- ${name}:end -->`) ?? [];
      if (after === undefined) throw new Error(`docs/reference/fetching-results.md has no markers ${name}`);
      writeFileSync(PAGE, `${before}<!-- ${name}:begin -->\n${text}\n<!-- ${name}:end -->${after}`);
    } finally {
      rmdirSync(lock);
    }
  }
}

/** In words, from what is found at the provider and at the mail server: never from what a test expects. */
async function places(fetcher: FetcherFixture): Promise<string> {
  const { injected, delivered, lost, duplicates, folders } = await fetcher.account();
  const there = Object.entries(folders).filter(([, count]) => count > 0);
  const place = (folder: string): string =>
    folder === "INBOX" ? "at the provider" : `at the provider in \`${folder}\``;
  const words = there.map(([folder, count]) => (count < injected ? `${count} of ${injected} ` : "") + place(folder));
  const arrived = delivered - duplicates;
  if (arrived > 0) words.unshift(arrived < injected ? `${arrived} of ${injected} delivered` : "delivered");
  if (duplicates > 0) words.push(`${duplicates} delivered twice`);
  if (lost.length > 0) words.push(`${lost.length} **lost**`);
  return words.join(", ") || "none";
}

const reference = (): string => readFileSync(join(root, "docs/reference/fetcher.md"), "utf8");

/** The names of metrics that the docs explain. */
export const documentedMetrics = (): string[] =>
  [...new Set(reference().match(/\bfetchmail_[a-z_]*[a-z]\b/g) ?? [])].sort();

/** The lines that the table in docs/reference/fetcher.md quotes; `…` stands for anything. */
export function documentedLines(): string[] {
  const section = /^## Log lines\n(.*?)^## /ms.exec(reference())?.[1] ?? "";
  const rows = section.split("\n").filter((line) => /^\| `(?!fetchmail_)/.test(line));
  return rows.flatMap((row) => [...(row.split(" | ")[0] as string).matchAll(/`([^`]+)`/g)].map((m) => m[1] as string));
}

function isDocumented(printed: string): boolean {
  const plain = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const fits = (line: string): boolean => new RegExp(`^${line.split("…").map(plain).join(".*")}$`).test(printed.trim());
  return documentedLines().some(fits);
}

/** Fails unless one of those lines is what was printed. */
export function expectDocumented(printed: string): void {
  expect({ printed, documented: isDocumented(printed) }).toEqual({ printed, documented: true });
}

/** What a fetcher's log says of a folder and the docs do not. The time and the folder's name aside. */
export function undocumented(log: string): string[] {
  const lines = log.split("\n").flatMap((line) => /^\S+ (?:INBOX|Junk)(: .*)$/.exec(line)?.[1] ?? []);
  return lines.map((line) => `INBOX${line}`).filter((line) => !isDocumented(line));
}
