import type { RoundTrip } from "../../../../../doctor/checks/roundTrip/collect";
import { evaluateRoundTrip } from "../../../../../doctor/checks/roundTrip/evaluate";
import { roundTripMessages } from "../../../../../doctor/checks/roundTrip/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const mailbox = "kinga";
const evaluate = (roundTrip: RoundTrip) => [evaluateRoundTrip(roundTrip, "stalwart-mail")];

reportsOkForAWorkingStack(
  evaluate({ mailbox, out: 800, back: 1200, waited: 1200, cleaned: "removed from the mailbox" }),
  roundTripMessages.catalog,
);

reportsEveryFailure(roundTripMessages.catalog, {
  "roundTrip.unsent": evaluate({ mailbox, unsent: "550 sender not allowed" }),
  "roundTrip.lost": evaluate({ mailbox, out: 800, waited: 60_000, cleaned: "removed at the provider" }),
  "roundTrip.unreadable": evaluate({ mailbox, out: 800, unseen: "HTTP 401", subject: "Does my mail work? 12345678" }),
});
