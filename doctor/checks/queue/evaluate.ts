import { formatDuration } from "../../duration";
import type { Result } from "../../result";
import type { QueueObservation } from "./collect";
import { queueMessages } from "./messages";

const { ok, fail } = queueMessages;

const MINUTE = 60_000;
const stuckAfter = 60 * MINUTE;
const waitingAfter = 5 * MINUTE;
const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

export function evaluateQueue(seen: QueueObservation, namespace: string, now: number): Result {
  if ("reason" in seen) {
    return seen.refused ? fail("queue", "refused", {}) : fail("queue", "silent", { reason: seen.reason, namespace });
  }
  const age = now - (seen.oldest ?? now);
  const reason = seen.lastError ?? "none yet";
  const params = { count: messages(seen.count), age: formatDuration(age), reason, namespace };
  if (seen.count > 0 && age > stuckAfter) return fail("queue", "stuck", params);
  if (seen.count > 0 && (age > waitingAfter || seen.lastError !== undefined)) return fail("queue", "waiting", params);
  return ok("queue", { count: seen.count === 0 ? "empty" : `${messages(seen.count)} being sent` });
}
