import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { StalwartLine } from "../../../../config/stalwartLine";

/** Where the schema of each version line lies beside this repository, with the program that checks a plan against it. */
const SCHEMAS: Readonly<Record<StalwartLine, string>> = { "0.16": "stalwart" };

const validatorOf = (line: StalwartLine): string =>
  resolve(__dirname, "../../../../../shared", SCHEMAS[line], "validate-plan.mjs");

/** `it` where the checker of settings plans lies beside this repository; else a test that is skipped by name. */
export const itFitsSchema = (line: StalwartLine) => (existsSync(validatorOf(line)) ? it : it.skip);

/** What the server's schema has against a plan; empty when nothing. */
export function schemaProblems(line: StalwartLine, plan: string): string {
  const { stderr, stdout, status } = spawnSync(process.execPath, [validatorOf(line)], {
    input: plan,
    encoding: "utf8",
  });
  return status === 0 ? "" : `${stderr}${stdout}`;
}
