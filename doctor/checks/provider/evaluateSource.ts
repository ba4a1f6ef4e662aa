import type { Result } from "../../result";
import type { MailboxObservation } from "./collect";
import { providerMessages } from "./messages";

const { ok, fail } = providerMessages;

/** An account elsewhere that is fetched into a mailbox as well. */
export type SourceObservation = MailboxObservation & {
  readonly source: string;
  /** The folders that are to be fetched. */
  readonly wanted: readonly string[];
};

const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

/** No result of a source is a failure of the stack: the mailbox is fetched even if its sources fail. */
export function evaluateSource(seen: SourceObservation, namespace: string): Result[] {
  const { mailbox, source, server } = seen;
  const subject = `${mailbox}/${source}`;
  const params = { mailbox, source, server, namespace };
  if ("failed" in seen) return [fail("source", seen.failed, { ...params, reason: seen.reason }, subject)];
  const missing = seen.wanted.filter((folder) => !seen.waiting.some((one) => one.folder === folder));
  const problems = [
    ...missing.map((folder) => fail("source", "folder", { ...params, folder }, subject)),
    ...seen.quarantined.map(({ folder, count }) =>
      fail("source", "quarantined", { ...params, folder, count: messages(count) }, subject),
    ),
  ];
  const waiting = seen.waiting.reduce((sum, { count }) => sum + count, 0);
  const counts = { waiting: messages(waiting), kept: seen.kept };
  return problems.length > 0 ? problems : [ok("source", counts, subject)];
}
