import type { PocketIdObservation } from "../../../../../doctor/checks/pocketId/collect";
import { evaluatePocketId } from "../../../../../doctor/checks/pocketId/evaluate";
import { pocketIdMessages } from "../../../../../doctor/checks/pocketId/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const good: PocketIdObservation = {
  issuer: "https://auth.newjoy.ro",
  clientId: "stalwart-webui",
  device: { closed: "passkey" },
  accounts: { editThemselves: false, signUp: false },
  users: { count: 3, problems: [] },
};
const say = (change: Partial<PocketIdObservation>) => evaluatePocketId({ ...good, ...change });
const { users: _, ...withoutKey } = good;

reportsOkForAWorkingStack(say({}), pocketIdMessages.catalog);

reportsEveryFailure(pocketIdMessages.catalog, {
  "device.open": say({ device: { open: true } }),
  "device.unknown": say({ device: { reason: "HTTP 404" } }),
  "accounts.edited": say({ accounts: { editThemselves: true, signUp: false } }),
  "accounts.signUp": say({ accounts: { editThemselves: false, signUp: true } }),
  "users.untested": evaluatePocketId(withoutKey),
  "users.unreadable": say({ users: { reason: "HTTP 401" } }),
  "users.wrong": say({ users: { count: 1, problems: [{ username: "mallory", kind: "alias", mailbox: "alpar" }] } }),
});

test("a client whose device sign-in is approved without a passkey is a failure, and the message names whose mail is at risk", () => {
  const [told] = say({ device: { open: true } });
  expect(told).toMatchObject({ level: "failure" });
  expect(told?.message).toContain("gives away all their mail");
});

test("what is ok at an issuer says how far it was checked", () => {
  const { accounts: _, ...elsewhere } = good;
  const told = (seen: PocketIdObservation, check: string) =>
    evaluatePocketId(seen).flatMap((result) => (result.check === check ? [`${result.level}: ${result.message}`] : []));
  expect(told(elsewhere, "accounts")).toEqual(["ok: not checked: the issuer is not Pocket ID"]);
  expect(told({ ...good, device: { closed: "no such grant" } }, "device")).toEqual([
    "ok: the issuer does not offer it",
  ]);
});
