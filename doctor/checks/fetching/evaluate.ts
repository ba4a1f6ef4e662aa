import { formatDuration } from "../../duration";
import type { Result } from "../../result";
import type { FetcherObservation } from "./collect";
import { fetchingMessages } from "./messages";

const { ok, fail } = fetchingMessages;

const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

function evaluateFetcher(seen: FetcherObservation, namespace: string, now: number): Result[] {
  const { mailbox } = seen;
  if ("reason" in seen) return [fail("fetching", "silent", { reason: seen.reason, mailbox, namespace }, mailbox)];
  const sum = (of: "left" | "aside"): number => seen.folders.reduce((total, folder) => total + folder[of], 0);
  const last = Math.max(...seen.folders.flatMap(({ lastDelivery }) => lastDelivery ?? []));
  const ago = Number.isFinite(last) ? `${formatDuration(now - last)} ago` : "none since its pod started";
  return [
    seen.trouble !== ""
      ? fail("fetching", "stopped", { reason: seen.trouble, mailbox, namespace }, mailbox)
      : sum("left") > 0
        ? fail("fetching", "left", { count: messages(sum("left")), mailbox, namespace }, mailbox)
        : ok("fetching", { ago }, mailbox),
    sum("aside") > 0
      ? fail(
          "refused",
          "aside",
          { count: messages(sum("aside")), reason: seen.refusals.at(-1) ?? "its log does not go back that far" },
          mailbox,
        )
      : ok("refused", {}, mailbox),
  ];
}

export const evaluateFetching = (fetchers: readonly FetcherObservation[], namespace: string, now: number): Result[] =>
  fetchers.flatMap((one) => evaluateFetcher(one, namespace, now));
