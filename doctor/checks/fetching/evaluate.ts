import { formatDuration } from "../../duration";
import type { Result } from "../../result";
import type { FetcherObservation, Messages } from "./collect";
import { fetchingMessages } from "./messages";

const { ok, fail } = fetchingMessages;

const counted = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

/** Messages of all folders, with the first reasons. */
function total(all: readonly Messages[]) {
  const count = all.reduce((sum, messages) => sum + messages.count, 0);
  const reasons = [...new Set(all.flatMap((messages) => messages.reasons))];
  return { count, reason: reasons.slice(0, 3).join("; ") };
}

function evaluateFetcher(seen: FetcherObservation, namespace: string, now: number): Result[] {
  const { mailbox } = seen;
  const object = { mailbox, namespace };
  if ("reason" in seen) return [fail("fetching", "silent", { reason: seen.reason, ...object }, mailbox)];
  if ("unsupported" in seen) return [fail("fetching", "unsupported", {}, mailbox)];
  const left = total(seen.folders.map((folder) => folder.left));
  const setAside = total(seen.folders.map((folder) => folder.setAside));
  const last = Math.max(...seen.folders.flatMap(({ lastDelivery }) => lastDelivery ?? []));
  const lastMessage = Number.isFinite(last)
    ? `last message ${formatDuration(now - last)} ago`
    : "no message since the pod started";
  const unknown = "the reason is not known until they are retried";
  return [
    seen.notReady !== ""
      ? fail("fetching", "stopped", { reason: seen.notReady, ...object }, mailbox)
      : left.count > 0
        ? fail("fetching", "left", { count: counted(left.count), reason: left.reason || unknown, ...object }, mailbox)
        : ok("fetching", { last: lastMessage }, mailbox),
    setAside.count > 0
      ? fail(
          "quarantine",
          "quarantined",
          { count: counted(setAside.count), reason: setAside.reason || unknown },
          mailbox,
        )
      : ok("quarantine", {}, mailbox),
  ];
}

export const evaluateFetching = (fetchers: readonly FetcherObservation[], namespace: string, now: number): Result[] =>
  fetchers.flatMap((one) => evaluateFetcher(one, namespace, now));
