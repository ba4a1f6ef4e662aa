import { evaluateForged } from "../../../../../doctor/checks/clientAddresses/evaluate";
import { clientAddressMessages } from "../../../../../doctor/checks/clientAddresses/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const seen = { host: "mail.newjoy.ro", plain: { status: 403 }, forgeable: [] } as const;

reportsOkForAWorkingStack(evaluateForged(seen), clientAddressMessages.catalog);

reportsEveryFailure(clientAddressMessages.catalog, {
  "address.forgeable": evaluateForged({ ...seen, forgeable: ["Forwarded"] }),
  "address.unknown": evaluateForged({ ...seen, plain: { reason: "no such name" } }),
});

test("forwarding headers are not evaluated where the mail server does not refuse what it should", () => {
  const [told] = evaluateForged({ ...seen, plain: { status: 404 } });
  expect(told).toMatchObject({ code: "unknown", message: expect.stringContaining("HTTP 404") });
});
