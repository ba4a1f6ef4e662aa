import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const VALIDATOR = resolve(__dirname, "../../../../../shared/stalwart/validate-plan.mjs");

/** `it` where the checker of settings plans lies beside this repository; else a test that is skipped by name. */
export const itFitsSchema = existsSync(VALIDATOR) ? it : it.skip;

/** What the server's schema has against a plan; empty when nothing. */
export function schemaProblems(plan: string): string {
  const { stderr, stdout, status } = spawnSync(process.execPath, [VALIDATOR], { input: plan, encoding: "utf8" });
  return status === 0 ? "" : `${stderr}${stdout}`;
}
