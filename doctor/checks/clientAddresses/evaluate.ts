import type { Result } from "../../result";
import type { ForgedObservation } from "./collect";
import { clientAddressMessages } from "./messages";

const { ok, fail } = clientAddressMessages;

export function evaluateForged({ host, plain, forgeable }: ForgedObservation): Result[] {
  if ("reason" in plain) return [fail("address", "unknown", { reason: plain.reason }, host)];
  if (plain.status !== 403) {
    const reason = `a request from outside got HTTP ${plain.status} instead of 403`;
    return [fail("address", "unknown", { reason }, host)];
  }
  if (forgeable.length > 0) return [fail("address", "forgeable", { header: forgeable.join(" and ") }, host)];
  return [ok("address", {}, host)];
}
