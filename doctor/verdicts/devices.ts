import { type DevicesObservation, type FoundService, type SettingsAnswer, wantedOffers } from "../observe/devices";
import { type Catalogue, speaker, type Verdict } from "../verdict";

const reach =
  "Look whether the host leads to the ingress controller and its certificate is there: `kubectl -n {namespace} get certificate,ingress,httproute`";
const apply = "Apply the settings again: `kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`";

export const deviceTexts = {
  autoconfig: {
    title: "Thunderbird",
    looks: "that each autoconfiguration host answers Thunderbird's request with this stack's servers",
    ok: "is told the servers of this stack",
    troubles: {
      unreachable: {
        level: "warning",
        meaning: "gets no settings ({reason}), so Thunderbird and programs like it must be set up by hand",
        mend: reach,
      },
      wrong: { level: "warning", meaning: "is told {found} and not {wanted}", mend: apply },
    },
  },
  autodiscover: {
    title: "Outlook",
    looks: "that the mail host, where the SRV record leads, and each autodiscover host answer Outlook's request",
    ok: "is told the servers of this stack",
    troubles: {
      unreachable: {
        level: "warning",
        meaning: "gets no settings ({reason}), so Outlook must be set up by hand",
        mend: reach,
      },
      wrong: { level: "warning", meaning: "is told {found} and not {wanted}", mend: apply },
    },
  },
  services: {
    title: "iPhone",
    looks: "that requests to /.well-known lead to calendars, contacts and JMAP, and that a password is asked for there",
    ok: "finds it at {path}",
    troubles: {
      unreachable: {
        level: "warning",
        meaning: "gets no answer ({reason}), so devices do not find it by the address",
        mend: reach,
      },
      lost: {
        level: "warning",
        meaning: "gets HTTP {status} at {path}, so devices do not find it by the address",
        mend: "Look whether the ingress controller hands on every path and method of the mail host, `PROPFIND` among them: `curl -i -X PROPFIND https://{mail}/.well-known/caldav`",
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("devices", deviceTexts);

function settings(
  namespace: string,
  mailHost: string,
  { host, kind, answer }: { host: string; kind: "autoconfig" | "autodiscover"; answer: SettingsAnswer },
): Verdict {
  if ("reason" in answer) return trouble(kind, "unreachable", { reason: answer.reason, namespace }, host);
  const wanted = wantedOffers(mailHost);
  if (wanted.every((offer) => answer.offers.includes(offer))) return fine(kind, {}, host);
  const found = answer.offers.join(", ") || "no server with TLS";
  return trouble(kind, "wrong", { found, wanted: wanted.join(", "), namespace }, host);
}

function service(namespace: string, mail: string, name: "caldav" | "carddav" | "jmap", found: FoundService): Verdict {
  if ("reason" in found) return trouble("services", "unreachable", { reason: found.reason, namespace }, name);
  const { path, status, basic } = found;
  // JMAP tells anybody where it is; what is in it needs a sign-in.
  const right =
    !path.startsWith("/.well-known/") && (name === "jmap" ? status < 300 || status === 401 : status === 401 && basic);
  return right ? fine("services", { path }, name) : trouble("services", "lost", { path, status, mail }, name);
}

export function judgeDevices(observation: DevicesObservation, namespace: string): Verdict[] {
  const { mailHost, services } = observation;
  return [
    ...observation.settings.map((one) => settings(namespace, mailHost, one)),
    ...(["caldav", "carddav", "jmap"] as const).map((name) => service(namespace, mailHost, name, services[name])),
  ];
}
