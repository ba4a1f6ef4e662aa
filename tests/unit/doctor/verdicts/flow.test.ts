import type { FetcherSeen } from "../../../../doctor/observe/fetchers";
import type { QueueSeen } from "../../../../doctor/observe/queue";
import type { RoundTrip } from "../../../../doctor/observe/send";
import { flowTexts, judgeFlow, judgeRoundTrip } from "../../../../doctor/verdicts/flow";
import { everyTroubleIsTold, nothingIsWrong } from "./provoke";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const folder = { folder: "INBOX", waiting: 0, left: 0, aside: 0, lastDelivery: now - 4 * minute };
const flowing: FetcherSeen = { mailbox: "kinga", trouble: "", folders: [folder], refusals: [] };
const empty: QueueSeen = { count: 0 };
const arrived: RoundTrip = {
  mailbox: "kinga",
  out: 800,
  back: 1200,
  waited: 1200,
  cleaned: "removed from the mailbox",
};

const say = (fetcher: FetcherSeen, queue: QueueSeen = empty) =>
  judgeFlow({ namespace: "stalwart-mail", now, fetchers: [fetcher], queue });
const queued = (minutes: number) =>
  say(flowing, { count: 2, oldest: now - minutes * minute, lastError: "454 4.7.0 Temporary authentication failure" });
const tripped = (roundTrip: RoundTrip) => [judgeRoundTrip(roundTrip, "stalwart-mail")];

nothingIsWrong([...say(flowing), ...tripped(arrived)], flowTexts);

everyTroubleIsTold(flowTexts, {
  "fetching.stopped": say({ ...flowing, trouble: "INBOX: the provider refuses the login: Authentication failed." }),
  "fetching.silent": say({ mailbox: "kinga", reason: "container not found" }),
  "fetching.left": say({ ...flowing, folders: [{ ...folder, left: 2 }] }),
  "refused.aside": say({ ...flowing, folders: [{ ...folder, aside: 1 }], refusals: ["552 5.3.4 Message too big"] }),
  "queue.refused": say(flowing, { reason: "401", refused: true }),
  "queue.silent": say(flowing, { reason: "connection refused", refused: false }),
  "queue.waiting": queued(20),
  "queue.stuck": queued(90),
  "roundTrip.unsent": tripped({ mailbox: "kinga", unsent: "550 sender not allowed" }),
  "roundTrip.lost": tripped({ mailbox: "kinga", out: 800, waited: 60_000, cleaned: "removed at the provider" }),
  "roundTrip.unseen": tripped({
    mailbox: "kinga",
    out: 800,
    unseen: "HTTP 401",
    subject: "Does my mail work? 12345678",
  }),
});

test("a message that is just leaving is no trouble", () => {
  const [, , queue] = say(flowing, { count: 1, oldest: now - 2000 });
  expect(queue).toMatchObject({ level: "ok", meaning: "1 message on the way out" });
});

test("why something was set aside is told in the mail server's words", () => {
  const told = say({ ...flowing, folders: [{ ...folder, aside: 1 }], refusals: ["552 5.3.4 Message too big"] });
  expect(told.find(({ check }) => check === "refused")?.meaning).toContain("552 5.3.4 Message too big");
});

test("a mailbox that got nothing since its pod started is ok, and says so", () => {
  const { lastDelivery: _, ...never } = folder;
  expect(say({ ...flowing, folders: [never] })[0]).toMatchObject({
    level: "ok",
    meaning: "flows, last message none since its pod started",
  });
});
