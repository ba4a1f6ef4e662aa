import { emptyOutcome } from "../../../import/mail";
import { type ImportArgs, importAll } from "../../../import/main";
import { findSources } from "../../../import/sources";
import { Progress } from "../../../mailbox/progress";
import type { FakeMailbox } from "./fakeMailbox";

type Change = Partial<Omit<ImportArgs, "options">> & { options?: Partial<ImportArgs["options"]> };
/** Imports into a fake mailbox; gives what was imported, was there and failed in each folder. */
export async function runImport(mailbox: FakeMailbox, places: readonly string[], { options, ...change }: Change = {}) {
  const outcome = emptyOutcome();
  await importAll({
    sources: await findSources(places),
    access: { imap: mailbox.connect as never, dav: () => undefined as never, sieve: () => undefined as never },
    largest: 100_000,
    signal: new AbortController().signal,
    progress: new Progress({ total: 1, terminal: false, write: () => {} }),
    outcome,
    pause: 1,
    ...change,
    options: { map: new Map(), folder: undefined, quoting: "mboxrd", dryRun: false, ...options },
  });
  const counts = Object.fromEntries(
    [...outcome.folders].map(([path, one]) => [path, [one.imported, one.there, one.failed]]),
  );
  return { counts, outcome };
}
