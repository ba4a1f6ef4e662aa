import type { Result } from "../../result";
import type { ForgedObservation } from "./collect";
import { clientAddressMessages } from "./messages";

const { ok, fail } = clientAddressMessages;

export function evaluateForged({ host, plain, believed }: ForgedObservation): Result[] {
  if ("reason" in plain) return [fail("address", "unknown", { reason: plain.reason }, host)];
  if (plain.status !== 403) {
    const reason = `it should refuse a request from outside, and answers HTTP ${plain.status}`;
    return [fail("address", "unknown", { reason }, host)];
  }
  if (believed.length > 0) return [fail("address", "believed", { header: believed.join(" and ") }, host)];
  return [ok("address", {}, host)];
}
