import type { QueueObservation } from "../../../../../doctor/checks/queue/collect";
import { evaluateQueue } from "../../../../../doctor/checks/queue/evaluate";
import { queueMessages } from "../../../../../doctor/checks/queue/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;

const evaluate = (queue: QueueObservation) => [evaluateQueue(queue, "stalwart-mail", now)];
const queuedFor = (minutes: number) =>
  evaluate({ count: 2, oldest: now - minutes * minute, lastError: "454 4.7.0 Temporary authentication failure" });

reportsOkForAWorkingStack(evaluate({ count: 0 }), queueMessages.catalog);

reportsEveryFailure(queueMessages.catalog, {
  "queue.refused": evaluate({ reason: "401", refused: true }),
  "queue.silent": evaluate({ reason: "connection refused", refused: false }),
  "queue.waiting": queuedFor(20),
  "queue.stuck": queuedFor(90),
});

test("a message that has just been queued is no failure", () => {
  expect(evaluate({ count: 1, oldest: now - 2000 })).toMatchObject([{ level: "ok", message: "1 message being sent" }]);
});

test("a message that waits for minutes without an error, or failed right away, is reported with what is known", () => {
  expect(evaluate({ count: 2, oldest: now - 20 * minute })).toMatchObject([
    { code: "waiting", message: "2 messages to send, the oldest for 20 minutes; the last error: none yet" },
  ]);
  const [failed] = evaluate({ count: 1, oldest: now - 2000, lastError: "451 try later" });
  expect(failed).toMatchObject({ code: "waiting", message: expect.stringMatching(/^1 message .*: 451 try later$/) });
});

test("an empty queue is ok, whatever the last error was", () => {
  expect(evaluate({ count: 0, oldest: now - 90 * minute, lastError: "451 try later" })).toMatchObject([
    { level: "ok", message: "empty" },
  ]);
});
