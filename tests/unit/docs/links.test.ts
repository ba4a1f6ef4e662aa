import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { pages, ROOT } from "../../support/pages";

const withoutCode = (text: string): string =>
  text.replace(/^( *)```[\s\S]*?^\1```$/gm, "").replace(/`[^`\n]*`/g, "code");

/** The anchors that a page's headings have, as GitHub makes them. */
const anchors = (text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

const links = [...pages].flatMap(([page, text]) =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => [page, link] as const),
);

/** Pages of the web, and of GitHub beside the repository: the badges of its workflows. */
const elsewhere = /^https?:|^\.\.\/\.\.\/actions\//;

test.each(links.filter(([, link]) => !elsewhere.test(link)))("%s leads to %s", (page, link) => {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : normalize(join(dirname(page), path));
  expect({ target, there: existsSync(join(ROOT, target)) }).toEqual({ target, there: true });
  if (anchor !== undefined) expect(anchors(pages.get(target) ?? "")).toContain(anchor);
});

test("every page can be reached from the README", () => {
  const reached = new Set<string>();
  const visit = (page: string): void => {
    if (reached.has(page)) return;
    reached.add(page);
    for (const [from, link] of links) {
      const [path = ""] = link.split("#");
      if (from === page && path && !elsewhere.test(link)) visit(normalize(join(dirname(page), path)));
    }
  };
  visit("README.md");
  expect([...pages.keys()].filter((page) => !reached.has(page))).toEqual([]);
});

test("a how-to page is one screen", () => {
  const howTo = [...pages].filter(([page]) => page.startsWith("docs/how-to/"));
  const long = howTo
    .map(([page, text]) => ({ page, lines: text.trimEnd().split("\n").length, words: text.split(/\s+/).length }))
    .filter(({ lines, words }) => lines > 75 || words > 510);
  expect(howTo.length).toBeGreaterThan(15);
  expect(long).toEqual([]);
});

/** Paths of the repository that a page names in passing. */
const named = [...pages].flatMap(([page, text]) =>
  [...text.matchAll(/`((?:components|config|sandbox|scripts|tests|docs|images)\/[\w./-]+)`/g)].map(
    ([, path = ""]) => [page, path] as const,
  ),
);

test.each(named)("%s names %s, which is there", (_, path) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
});
