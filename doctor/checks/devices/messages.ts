import { defineMessages } from "../../messages";

const reach =
  "Look whether the host leads to the ingress controller and its certificate is there: `kubectl -n {namespace} get certificate,ingress,httproute`";
const apply = "Apply the settings again: `kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`";

export const deviceMessages = defineMessages("devices", {
  autoconfig: {
    title: "Thunderbird",
    description: "that each autoconfiguration host answers Thunderbird's request with this stack's servers",
    ok: "is told the servers of this stack",
    failures: {
      unreachable: {
        level: "warning",
        message: "gets no settings ({reason}), so Thunderbird and programs like it must be set up by hand",
        fix: reach,
      },
      wrong: { level: "warning", message: "is told {found} and not {wanted}", fix: apply },
    },
  },
  autodiscover: {
    title: "Outlook",
    description: "that the mail host, where the SRV record leads, and each autodiscover host answer Outlook's request",
    ok: "is told the servers of this stack",
    failures: {
      unreachable: {
        level: "warning",
        message: "gets no settings ({reason}), so Outlook must be set up by hand",
        fix: reach,
      },
      wrong: { level: "warning", message: "is told {found} and not {wanted}", fix: apply },
    },
  },
  services: {
    title: "iPhone",
    description:
      "that requests to /.well-known lead to calendars, contacts and JMAP, and that a password is asked for there",
    ok: "finds it at {path}",
    failures: {
      unreachable: {
        level: "warning",
        message: "gets no answer ({reason}), so devices do not find it by the address",
        fix: reach,
      },
      lost: {
        level: "warning",
        message: "gets HTTP {status} at {path}, so devices do not find it by the address",
        fix: "Look whether the ingress controller hands on every path and method of the mail host, `PROPFIND` among them: `curl -i -X PROPFIND https://{mail}/.well-known/caldav`",
      },
    },
  },
});
