import { readFile } from "node:fs/promises";
import type { SieveScripts } from "../mailbox/sieve";
import { type Outcome, report } from "./mail";
import type { Sources } from "./sources";

export interface FiltersArgs {
  readonly filters: Sources["sieve"];
  readonly scripts: () => Pick<SieveScripts, "add">;
  readonly outcome: Outcome;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** Imports the filters of an export. It changes neither an existing filter of the same name nor which one is active. */
export async function importFilters({ filters, scripts, outcome, dryRun, signal }: FiltersArgs): Promise<void> {
  if (filters.length === 0) return;
  const counts = { imported: 0, there: 0, failed: 0 };
  outcome.folders.set("filters", counts);
  const server = scripts();
  for (const { file, name, active } of filters) {
    if (signal.aborted) return;
    try {
      const text = await readFile(file, "utf8");
      if (dryRun || (await server.add({ name, text, active })) === "made") counts.imported += 1;
      else counts.there += 1;
    } catch (problem) {
      counts.failed += 1;
      report(outcome, `${file}: the server refuses it: ${(problem as Error).message}`);
    }
  }
}
