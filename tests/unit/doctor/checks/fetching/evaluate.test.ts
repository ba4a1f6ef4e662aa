import type { FetcherObservation } from "../../../../../doctor/checks/fetching/collect";
import { evaluateFetching } from "../../../../../doctor/checks/fetching/evaluate";
import { fetchingMessages } from "../../../../../doctor/checks/fetching/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const folder = { folder: "INBOX", waiting: 0, left: 0, aside: 0, lastDelivery: now - 4 * minute };
const flowing: FetcherObservation = { mailbox: "kinga", trouble: "", folders: [folder], refusals: [] };

const evaluate = (fetcher: FetcherObservation) => evaluateFetching([fetcher], "stalwart-mail", now);

reportsOkForAWorkingStack(evaluate(flowing), fetchingMessages.catalog);

reportsEveryFailure(fetchingMessages.catalog, {
  "fetching.stopped": evaluate({
    ...flowing,
    trouble: "INBOX: the provider refuses the login: Authentication failed.",
  }),
  "fetching.silent": evaluate({ mailbox: "kinga", reason: "container not found" }),
  "fetching.left": evaluate({ ...flowing, folders: [{ ...folder, left: 2 }] }),
  "refused.aside": evaluate({
    ...flowing,
    folders: [{ ...folder, aside: 1 }],
    refusals: ["552 5.3.4 Message too big"],
  }),
});

test("the mail server's reason for a refusal is reported", () => {
  const results = evaluate({
    ...flowing,
    folders: [{ ...folder, aside: 1 }],
    refusals: ["552 5.3.4 Message too big"],
  });
  expect(results.find(({ check }) => check === "refused")?.message).toContain("552 5.3.4 Message too big");
});

test("a mailbox that got nothing since its pod started is ok, and says so", () => {
  const { lastDelivery: _, ...never } = folder;
  expect(evaluate({ ...flowing, folders: [never] })[0]).toMatchObject({
    level: "ok",
    message: "flows, last message none since its pod started",
  });
});
