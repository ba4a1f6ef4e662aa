import { defineMessages } from "../../messages";

const renew = "`kubectl -n {namespace} describe certificate`";

export const certificateMessages = defineMessages("certificates", {
  served: {
    title: "certificate",
    description:
      "on 993, 465 and 587 of the mail host and on 443 of both hosts: names, chain, days left, and whether it is the one in the Secret",
    ok: "is valid for {days} more{note}",
    failures: {
      unreachable: {
        level: "failure",
        message: "refuses connections from this machine: {reason}",
        fix: "Check what the name resolves to, and that the Service has an address: `kubectl -n {namespace} get service stalwart-mail`",
        breaks: ["read"],
        row: "Cannot connect from outside",
      },
      name: {
        level: "failure",
        message: "serves a certificate for {names}, so every mail program warns or refuses",
        fix: `See why there is none for this host: ${renew}`,
        breaks: ["read"],
        row: "Certificate warning",
      },
      expired: {
        level: "failure",
        message: "serves a certificate that expired {days} ago",
        fix: `See why it was not renewed: ${renew}`,
        breaks: ["read"],
        row: "Certificate warning",
      },
      untrusted: {
        level: "failure",
        message: "serves a certificate that this machine does not trust ({reason})",
        fix: `${renew} shows which CA issued it. If that is your own: \`pulumi config set --path 'trust.certificates[0]' < ca.crt\``,
        breaks: ["read"],
        row: "Certificate warning",
      },
      soon: {
        level: "warning",
        message: "serves a certificate that expires in {days} and should have been renewed by now",
        fix: `See why it was not renewed: ${renew}`,
        row: "Certificate warning",
      },
      oldCertificate: {
        level: "warning",
        message:
          "serves a different certificate than the Secret {secret} holds, so the server has not loaded the renewed one",
        fix: "Make the server load it: `kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`",
      },
    },
  },
});
