import { formatDuration } from "../../duration";
import type { Result } from "../../result";
import type { FetcherObservation } from "../fetching/collect";
import type { MailboxObservation, RelayObservation } from "./collect";
import type { SenderObservation } from "./collectSenders";
import { providerMessages } from "./messages";

const { ok, fail } = providerMessages;

const MINUTE = 60_000;
/** New mail is fetched within a second; without IDLE within half a minute, and Junk within three minutes. */
const lateAfter = 10 * MINUTE;
const stuckAfter = 60 * MINUTE;

export interface ProviderObservation {
  readonly namespace: string;
  readonly now: number;
  readonly mailboxes: readonly MailboxObservation[];
  readonly relay: RelayObservation;
  readonly senders: readonly SenderObservation[];
  /** The status of each fetcher. */
  readonly fetchers: readonly FetcherObservation[];
}

const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

/**
 * Since when mail has been waiting, from its fetcher's status: `now` if none is waiting, undefined if the status is not available.
 * The dates of messages do not show it: those of imported mail are years old.
 */
function knownSince(fetcher: FetcherObservation | undefined, now: number): number | undefined {
  if (fetcher === undefined || !("folders" in fetcher)) return undefined;
  return Math.min(now, ...fetcher.folders.flatMap(({ waitingSince }) => waitingSince ?? []));
}

function evaluateWaiting(seen: Extract<MailboxObservation, { kept: number }>, args: ProviderObservation): Result {
  const { mailbox } = seen;
  const { namespace, now, fetchers } = args;
  const waiting = seen.waiting.reduce((sum, { count }) => sum + count, 0);
  const firstDay = seen.keptSince === undefined ? "" : ` since ${seen.keptSince}`;
  const kept = seen.kept > 0 ? `, and ${messages(seen.kept)} kept${firstDay}` : "";
  if (waiting === 0) return ok("waiting", { count: `none${kept}` }, mailbox);
  const since = knownSince(
    fetchers.find((fetcher) => fetcher.mailbox === mailbox),
    now,
  );
  const params = { count: messages(waiting), mailbox, namespace };
  if (since === undefined) return fail("waiting", "untested", params, mailbox);
  const age = now - since;
  if (age > stuckAfter) return fail("waiting", "stuck", { ...params, age: formatDuration(age) }, mailbox);
  if (age > lateAfter) return fail("waiting", "late", { ...params, age: formatDuration(age) }, mailbox);
  return ok("waiting", { count: messages(waiting) + kept }, mailbox);
}

function evaluateMailbox(seen: MailboxObservation, args: ProviderObservation): Result[] {
  const { mailbox, server } = seen;
  const { namespace } = args;
  if ("failed" in seen) {
    const { failed, reason } = seen;
    return [fail("login", failed, { reason, mailbox, server, namespace }, mailbox)];
  }
  return [
    ok("login", {}, mailbox),
    evaluateWaiting(seen, args),
    ...(seen.quarantined.length === 0
      ? [ok("quarantine", {}, mailbox)]
      : seen.quarantined.map(({ folder, count }) =>
          fail("quarantine", "quarantined", { count: messages(count), folder, mailbox, namespace }, mailbox),
        )),
  ];
}

export function evaluateProvider(args: ProviderObservation): Result[] {
  const { namespace, mailboxes, relay, senders } = args;
  const { server } = relay;
  return [
    ...mailboxes.flatMap((seen) => evaluateMailbox(seen, args)),
    "failed" in relay
      ? fail("relay", relay.failed, { reason: relay.reason, server, namespace })
      : ok("relay", { server }),
    ...senders.map((seen) =>
      "failed" in seen
        ? fail(
            "sending",
            seen.failed,
            { reason: seen.reason, server: seen.server, mailbox: seen.mailbox, namespace },
            seen.mailbox,
          )
        : ok("sending", {}, seen.mailbox),
    ),
  ];
}
