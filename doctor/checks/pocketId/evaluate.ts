import { explain } from "../../../config/addresses";
import type { Result } from "../../result";
import type { PocketIdObservation } from "./collect";
import { pocketIdMessages } from "./messages";

const { ok, fail } = pocketIdMessages;

const closed = {
  "no such grant": "the issuer does not offer it",
  refused: "refused for this client",
  passkey: "requires a passkey",
} as const;

function device({ device, issuer, clientId: client }: PocketIdObservation): Result[] {
  if ("closed" in device) return [ok("device", { note: closed[device.closed] })];
  return [
    "open" in device
      ? fail("device", "open", { issuer, client })
      : fail("device", "unknown", { issuer, client, reason: device.reason }),
  ];
}

function accounts({ accounts, issuer }: PocketIdObservation): Result[] {
  if (accounts === undefined) return [ok("accounts", { note: "not checked: the issuer is not Pocket ID" })];
  const results = [
    ...(accounts.editThemselves ? [fail("accounts", "edited", { issuer })] : []),
    ...(accounts.signUp ? [fail("accounts", "signUp", { issuer })] : []),
  ];
  return results.length > 0 ? results : [ok("accounts", { note: "only administrators set addresses" })];
}

function users({ users, issuer }: PocketIdObservation): Result[] {
  if (users === undefined) return [fail("users", "untested", {})];
  if ("reason" in users) return [fail("users", "unreadable", { issuer, reason: users.reason })];
  const { count, problems } = users;
  if (problems.length === 0) return [ok("users", { note: count === 1 ? "1 user" : `${count} users` })];
  return problems.map((problem) =>
    fail("users", "wrong", { user: problem.username, problem: explain(problem) }, problem.username),
  );
}

export const evaluatePocketId = (seen: PocketIdObservation): Result[] =>
  [device, accounts, users].flatMap((judge) => judge(seen));
