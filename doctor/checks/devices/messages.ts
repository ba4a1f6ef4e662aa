import { defineMessages } from "../../messages";

const reach =
  "Check that the host resolves to the ingress controller and that its certificate exists: `kubectl -n {namespace} get certificate,ingress,httproute`";
const apply = "Apply the settings again: `kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`";

export const deviceMessages = defineMessages("devices", {
  autoconfig: {
    title: "Thunderbird",
    description: "that each autoconfiguration host answers Thunderbird's request with this stack's servers",
    ok: "gets the servers of this stack",
    failures: {
      unreachable: {
        level: "warning",
        message: "gets no settings ({reason}), so Thunderbird and programs like it must be set up by hand",
        fix: reach,
      },
      wrong: { level: "warning", message: "gets {found} instead of {wanted}", fix: apply },
    },
  },
  autodiscover: {
    title: "Outlook",
    description: "that the mail host, which the SRV record names, and each autodiscover host answer Outlook's request",
    ok: "gets the servers of this stack",
    failures: {
      unreachable: {
        level: "warning",
        message: "gets no settings ({reason}), so Outlook must be set up by hand",
        fix: reach,
      },
      wrong: { level: "warning", message: "gets {found} instead of {wanted}", fix: apply },
    },
  },
  services: {
    title: "iPhone",
    description:
      "that requests to /.well-known are redirected to calendars, contacts and JMAP, and that those require a password",
    ok: "finds it at {path}",
    failures: {
      unreachable: {
        level: "warning",
        message: "gets no response ({reason}), so devices do not find it by the address",
        fix: reach,
      },
      broken: {
        level: "warning",
        message: "gets HTTP {status} at {path}, so devices do not find it by the address",
        fix: "Check that the ingress controller forwards every path and method of the mail host, `PROPFIND` among them: `curl -i -X PROPFIND https://{mail}/.well-known/caldav`",
      },
    },
  },
});
