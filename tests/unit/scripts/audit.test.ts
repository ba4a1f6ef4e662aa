import * as fs from "node:fs";
import * as path from "node:path";
import { exceptions } from "../../../scripts/audit/exceptions";
import { type AuditReport, problems } from "../../../scripts/audit/report";

const TODAY = "2026-11-28";
const url = "https://github.com/advisories/GHSA-aaaa-bbbb-cccc";
const report: AuditReport = {
  vulnerabilities: {
    semver: { via: [{ title: "ReDoS", url, severity: "high" }] },
    "needs-semver": { via: ["semver"] },
    tiny: { via: [{ title: "typo", url: "https://github.com/advisories/GHSA-llll", severity: "low" }] },
  },
};
const exception = { advisory: "GHSA-aaaa-bbbb-cccc", reason: "parses no foreign text", until: "2027-01-01" };

test("an advisory about what runs on a workstation fails the workflow, once, unless it is a small one", () => {
  expect(problems(report, [], TODAY)).toEqual([`semver: ReDoS (high, ${url})`]);
});

test("an advisory with a reason passes, until the date that was given", () => {
  expect(problems(report, [exception], TODAY)).toEqual([]);
  expect(problems(report, [{ ...exception, until: "2026-11-27" }], TODAY)).toEqual([`semver: ReDoS (high, ${url})`]);
});

test("an exception of the audit that no advisory needs must be removed", () => {
  expect(problems({ vulnerabilities: {} }, [exception], TODAY)).toEqual([
    "GHSA-aaaa-bbbb-cccc affects nothing any more: take it out of scripts/audit/exceptions.ts",
  ]);
});

test("an answer that is no audit report is not taken for one without advisories", () => {
  expect(problems({ message: "405 Method Not Allowed" } as AuditReport, [], TODAY)).toEqual([
    "npm audit gave no report",
  ]);
});

test("the docs list each exception with its reason", () => {
  const file = path.join(__dirname, "../../../docs/reference/supply-chain.md");
  const page = fs.readFileSync(file, "utf8");
  const listed = page.slice(page.indexOf("<!-- advisories:begin -->"), page.indexOf("<!-- advisories:end -->"));
  const rows = exceptions.map(({ advisory, reason, until }) => `| ${advisory} | ${reason} | ${until} |`);
  expect(
    listed
      .split("\n")
      .slice(1)
      .filter((line) => line.startsWith("| GHSA")),
  ).toEqual(rows);
  if (rows.length === 0) expect(listed).toContain("none");
});
