import type { DevicesObservation, FoundService } from "../../../../../doctor/checks/devices/collect";
import { evaluateDevices } from "../../../../../doctor/checks/devices/evaluate";
import { deviceMessages } from "../../../../../doctor/checks/devices/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const offers = ["imap 993 mail.newjoy.ro", "smtp 465 mail.newjoy.ro"];
const dav = (kind: string): FoundService => ({ path: `/dav/${kind}`, status: 401, basic: true });

const seen: DevicesObservation = {
  mailHost: "mail.newjoy.ro",
  settings: [
    { host: "autoconfig.newjoy.ro", kind: "autoconfig", answer: { offers } },
    { host: "mail.newjoy.ro", kind: "autodiscover", answer: { offers: [...offers, "imap 143 mail.newjoy.ro"] } },
  ],
  services: {
    caldav: dav("cal"),
    carddav: dav("card"),
    jmap: { path: "/jmap/session", status: 200, basic: false },
  },
};

const say = (changes: Partial<DevicesObservation>) => evaluateDevices({ ...seen, ...changes }, "stalwart-mail");
const told = (kind: "autoconfig" | "autodiscover", answer: DevicesObservation["settings"][number]["answer"]) =>
  say({ settings: [{ host: "h.newjoy.ro", kind, answer }] });
const calendars = (caldav: FoundService) => say({ services: { ...seen.services, caldav } });

reportsOkForAWorkingStack(say({}), deviceMessages.catalog);

reportsEveryFailure(deviceMessages.catalog, {
  "autoconfig.unreachable": told("autoconfig", { reason: "no such name" }),
  "autoconfig.wrong": told("autoconfig", { offers: ["imap 993 imap.migadu.com", "smtp 465 smtp.migadu.com"] }),
  "autodiscover.unreachable": told("autodiscover", { reason: "HTTP 404" }),
  "autodiscover.wrong": told("autodiscover", { offers: [] }),
  "services.unreachable": calendars({ reason: "CERT_HAS_EXPIRED" }),
  "services.broken": calendars({ path: "/.well-known/caldav", status: 405, basic: false }),
});

test.each<[string, FoundService]>([
  ["is redirected and finds nothing there", { path: "/dav/cal", status: 404, basic: false }],
  ["is asked for something else than a password", { path: "/dav/cal", status: 401, basic: false }],
  ["is let in without one", { path: "/dav/cal", status: 207, basic: false }],
  ["is answered where it should be sent on", { path: "/.well-known/caldav", status: 401, basic: true }],
])("an iPhone that %s is reported", (_what, found) => {
  expect(calendars(found).find(({ subject }) => subject === "caldav")).toMatchObject({ code: "broken" });
});

test("a device that cannot configure itself does not affect the answers about mail", () => {
  for (const { level, breaks } of told("autoconfig", { reason: "no such name" })) {
    expect(level).not.toBe("failure");
    expect(breaks).toEqual([]);
  }
});
