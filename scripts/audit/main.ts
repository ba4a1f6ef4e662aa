import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { exceptions } from "./exceptions";
import { problems } from "./report";

/** Advisories about what runs on a workstation; what is only for the tests touches nobody's mail. */
const { stdout, stderr } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
  cwd: join(__dirname, "..", ".."),
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
const report = stdout.trim().startsWith("{") ? JSON.parse(stdout) : {};
const found = problems(report, exceptions, new Date().toISOString().slice(0, 10));
console.log(found.join("\n") || "No advisory affects an installed package, except those with a reason.");
if (found.length > 0) {
  console.error(
    report.vulnerabilities ? "Update the packages, or give a reason in scripts/audit/exceptions.ts." : stderr,
  );
  process.exitCode = 1;
}
