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

test("calendars, contacts and JMAP are each reported, and JMAP may ask for a login at once", () => {
  const services = (jmap: FoundService) =>
    say({ services: { ...seen.services, jmap } }).flatMap(({ check, subject, level }) =>
      check === "services" ? [`${subject} ${level}`] : [],
    );
  const path = "/jmap/session";
  const others = ["caldav ok", "carddav ok"];
  expect(services({ path, status: 401, basic: false })).toEqual([...others, "jmap ok"]);
  expect(services({ path, status: 207, basic: true })).toEqual([...others, "jmap ok"]);
  expect(services({ path, status: 404, basic: false })).toEqual([...others, "jmap warning"]);
});

test("a calendar that answers with another status than a question for the password is reported", () => {
  const found = calendars({ path: "/dav/cal", status: 500, basic: true });
  expect(found.find(({ subject }) => subject === "caldav")).toMatchObject({ code: "broken" });
});

test("wrong settings for a device name the servers that it gets", () => {
  const other = ["imap 993 imap.migadu.com", "smtp 465 smtp.migadu.com"];
  expect(told("autoconfig", { offers: other })[0]?.message).toMatch(/^gets imap 993 imap\.migadu\.com, smtp 465 /);
  expect(told("autoconfig", { offers: [] })[0]?.message).toMatch(/^gets no server with TLS instead of /);
});

test("a device that cannot configure itself does not affect the answers about mail", () => {
  for (const { level, breaks } of told("autoconfig", { reason: "no such name" })) {
    expect(level).not.toBe("failure");
    expect(breaks).toEqual([]);
  }
});
