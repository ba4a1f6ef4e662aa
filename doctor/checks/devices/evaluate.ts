import type { Result } from "../../result";
import { type DevicesObservation, type FoundService, type SettingsAnswer, wantedOffers } from "./collect";
import { deviceMessages } from "./messages";

const { ok, fail } = deviceMessages;

function settings(
  namespace: string,
  mailHost: string,
  { host, kind, answer }: { host: string; kind: "autoconfig" | "autodiscover"; answer: SettingsAnswer },
): Result {
  if ("reason" in answer) return fail(kind, "unreachable", { reason: answer.reason, namespace }, host);
  const wanted = wantedOffers(mailHost);
  if (wanted.every((offer) => answer.offers.includes(offer))) return ok(kind, {}, host);
  const found = answer.offers.join(", ") || "no server with TLS";
  return fail(kind, "wrong", { found, wanted: wanted.join(", "), namespace }, host);
}

function service(namespace: string, mail: string, name: "caldav" | "carddav" | "jmap", found: FoundService): Result {
  if ("reason" in found) return fail("services", "unreachable", { reason: found.reason, namespace }, name);
  const { path, status, basic } = found;
  // JMAP may be discovered without a login; the session itself needs one.
  const right =
    !path.startsWith("/.well-known/") && (name === "jmap" ? status < 300 || status === 401 : status === 401 && basic);
  return right ? ok("services", { path }, name) : fail("services", "broken", { path, status, mail }, name);
}

export function evaluateDevices(observation: DevicesObservation, namespace: string): Result[] {
  const { mailHost, services } = observation;
  return [
    ...observation.settings.map((one) => settings(namespace, mailHost, one)),
    ...(["caldav", "carddav", "jmap"] as const).map((name) => service(namespace, mailHost, name, services[name])),
  ];
}
