import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultImages } from "../../../config/images";
import { pages, ROOT } from "../../support/pages";

const { dependencies, engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const page = pages.get("docs/reference/compatibility.md") ?? "";
const rows = new Map(
  [...page.matchAll(/^\| ([^|]+?) \| ([^|]+?) \| /gm)].map(([, component, required]) => [
    component,
    required as string,
  ]),
);

/** The line of a version: `v0.16.24` and `1.7.4-apache-nonroot` begin with it. */
const lineOf = (image: string): string => /:v?(\d+\.\d+)\./.exec(image)?.[1] ?? image;

test.each([
  ["Stalwart", lineOf(defaultImages.stalwart)],
  ["Roundcube", lineOf(defaultImages.roundcube)],
  ["Pulumi", /^\d+\.\d+/.exec(dependencies["@pulumi/pulumi"])?.[0] ?? ""],
  ["Node.js", `${/\d+/.exec(engines.node)?.[0]} or newer`],
])("the compatibility page requires of %s the line that the repository pins", (component, line) => {
  expect(rows.get(component)).toMatch(new RegExp(`^${line.replace(".", "\\.")}\\b`));
});

test("the tools of getting started have the same versions", () => {
  const prerequisites = pages.get("docs/getting-started/prerequisites.md") ?? "";
  expect(prerequisites).toContain(`| Pulumi CLI | ${dependencies["@pulumi/pulumi"]} is tested |`);
  expect(prerequisites).toContain(`| Node.js | ${rows.get("Node.js")} |`);
});
