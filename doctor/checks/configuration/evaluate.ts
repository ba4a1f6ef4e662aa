import type { Result } from "../../result";
import type { ConfigurationObservation } from "./collect";
import { configurationMessages } from "./messages";

const { ok, fail } = configurationMessages;

const or = (results: Result[], otherwise: Result): Result[] => (results.length > 0 ? results : [otherwise]);

export const evaluateUnreadable = (stack: string, reason: string): Result =>
  fail("loads", "unreadable", { stack, reason });
/** The report has a line for each problem and the commands below it, which `pulumi preview` shows as well. */
export const evaluateWrong = (report: string): Result => {
  const problems = report
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("$"));
  return fail("loads", "wrong", {
    report: problems.map((line) => line.trim().replace(/\s+/g, " ")).join("; ") || report,
  });
};
export const evaluateLoaded = (domains: readonly string[], mailboxes: number): Result =>
  ok("loads", { domain: domains.join(", "), count: mailboxes === 1 ? "1 mailbox" : `${mailboxes} mailboxes` });

/** Compares the state with the configuration. */
export function evaluateDeployed({
  configured,
  state,
}: Pick<ConfigurationObservation, "configured" | "state">): Result[] {
  const { objects, mailboxes, pending } = state;
  if (objects === 0) return [fail("deployed", "never", {})];
  const added = configured.filter((name) => !mailboxes.includes(name));
  const removed = mailboxes.filter((name) => !configured.includes(name));
  return or(
    [
      ...(added.length > 0 ? [fail("deployed", "mailboxes", { added: added.join(", ") })] : []),
      ...(removed.length > 0 ? [fail("deployed", "removed", { removed: removed.join(", ") })] : []),
      ...(pending.length > 0 ? [fail("deployed", "pending", { pending: pending.join(", ") })] : []),
    ],
    ok("deployed", { count: objects }),
  );
}

/** Compares the cluster with the state. */
export function evaluateRunning({
  running,
  context,
}: Pick<ConfigurationObservation, "running"> & { readonly context: string }): Result[] {
  const { objects, missing, secrets, images, listeners } = running;
  if (objects > 0 && missing.length === objects) return [fail("objects", "elsewhere", { count: objects, context })];
  const different = images.filter(({ wanted, found }) => wanted !== found);
  return [
    ...or(
      missing.length > 0 ? [fail("objects", "gone", { missing: missing.join(", ") })] : [],
      ok("objects", { count: objects }),
    ),
    ...or(
      secrets.flatMap(({ name: secret, absent, changed }) => [
        ...(absent.length > 0 ? [fail("secrets", "keys", { secret, keys: absent.join(", ") })] : []),
        ...(changed.length > 0 ? [fail("secrets", "values", { secret, keys: changed.join(", ") })] : []),
      ]),
      ok("secrets", {}),
    ),
    ...or(
      different.map((image) => fail("images", "other", image)),
      ok("images", {}),
    ),
    ...(listeners === undefined
      ? []
      : listeners.found === listeners.wanted
        ? [ok("listeners", {})]
        : [fail("listeners", "other", listeners)]),
  ];
}
