import type { FetcherObservation } from "../../../../../doctor/checks/fetching/collect";
import { evaluateFetching } from "../../../../../doctor/checks/fetching/evaluate";
import { fetchingMessages } from "../../../../../doctor/checks/fetching/messages";
import { answers } from "../../../../../doctor/result";
import { emptyFolder } from "../../support/fetcherStatus";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const folder = { ...emptyFolder, lastDelivery: now - 4 * minute };
const works: FetcherObservation = { mailbox: "kinga", notReady: "", folders: [folder] };

const evaluate = (fetcher: FetcherObservation) => evaluateFetching([fetcher], "stalwart-mail", now);
const having = (change: object) => evaluate({ ...works, folders: [{ ...folder, ...change }] });
const tooBig = { count: 1, reasons: ["552 5.3.4 Message too big"] };

reportsOkForAWorkingStack(evaluate(works), fetchingMessages.catalog);

reportsEveryFailure(fetchingMessages.catalog, {
  "fetching.stopped": evaluate({
    ...works,
    notReady: "INBOX: the provider refuses the login: Authentication failed.",
  }),
  "fetching.silent": evaluate({ mailbox: "kinga", reason: "container not found" }),
  "fetching.unsupported": evaluate({ mailbox: "kinga", unsupported: true }),
  "fetching.left": having({ left: tooBig }),
  "quarantine.quarantined": having({ setAside: tooBig }),
});

test("the reasons of the servers for failed fetching are reported once each, and three at most", () => {
  const refused = (setAside: object) => having({ setAside }).find(({ check }) => check === "quarantine")?.message;
  expect(refused(tooBig)).toBe("1 message quarantined: 552 5.3.4 Message too big");
  expect(refused({ count: 5, reasons: ["a", "b", "a", "c", "d"] })).toBe("5 messages quarantined: a; b; c");
  expect(refused({ count: 1, reasons: [] })).toContain("the reason is not known");
  expect(having({ left: tooBig })[0]?.message).toContain("552 5.3.4 Message too big");
  expect(having({ left: { count: 1, reasons: [] } })[0]?.message).toContain("the reason is not known");
});

test("the last message is the newest of all folders, and a folder without one does not hide it", () => {
  const earlier = { ...folder, lastDelivery: now - 90 * minute };
  expect(evaluate({ ...works, folders: [earlier, emptyFolder, folder] })[0]).toMatchObject({
    level: "ok",
    message: "works, last message 4 minutes ago",
  });
});

test("a pod that is not ready is reported before the messages that it leaves, and those that are set aside are, too", () => {
  const stopped = evaluate({
    ...works,
    notReady: "INBOX: no",
    folders: [{ ...folder, left: tooBig, setAside: tooBig }],
  });
  expect(stopped.map(({ check, level }) => `${check} ${level}`)).toEqual(["fetching failure", "quarantine warning"]);
  expect(stopped[0]?.message).toContain("INBOX: no");
});

test("a mailbox that got no mail since its pod started is ok, and the message says so", () => {
  expect(evaluate({ ...works, folders: [emptyFolder] })[0]).toMatchObject({
    level: "ok",
    message: "works, no message since the pod started",
  });
});

test("a fetcher's pod of another version leaves unknown whether mail arrives", () => {
  expect(answers(evaluate({ mailbox: "kinga", unsupported: true })).in).toBe("unknown");
});
