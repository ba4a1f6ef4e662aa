import type { Result } from "../../result";
import type { RoundTrip } from "./collect";
import { roundTripMessages } from "./messages";

const { ok, fail } = roundTripMessages;

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

export function evaluateRoundTrip(seen: RoundTrip, namespace: string): Result {
  const { mailbox } = seen;
  if ("unsent" in seen) return fail("roundTrip", "unsent", { reason: seen.unsent }, mailbox);
  const out = seconds(seen.out);
  if ("unseen" in seen) {
    const params = { out, reason: seen.unseen, subject: seen.subject, namespace };
    return fail("roundTrip", "unreadable", params, mailbox);
  }
  if (seen.back === undefined) {
    const waited = Math.round(seen.waited / 1000);
    return fail("roundTrip", "lost", { out, waited, cleaned: seen.cleaned, mailbox, namespace }, mailbox);
  }
  return ok("roundTrip", { out, back: seconds(seen.back), cleaned: seen.cleaned }, mailbox);
}
