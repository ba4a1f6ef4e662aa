import { defineMessages } from "../../messages";

const renew = "`kubectl -n {namespace} describe certificate`";

export const certificateMessages = defineMessages("certificates", {
  served: {
    title: "certificate",
    description:
      "on 993, 465 and 587 of the mail host and on 443 of both hosts: names, chain, days left, and whether it is the Secret's",
    ok: "is valid for {days} more{note}",
    failures: {
      unreachable: {
        level: "failure",
        message: "does not take a connection from here: {reason}",
        fix: "Look where the name leads, and whether the Service has an address: `kubectl -n {namespace} get service stalwart-mail`",
        breaks: ["read"],
        row: "Cannot connect from outside",
      },
      name: {
        level: "failure",
        message: "serves a certificate for {names}, so every program warns or refuses",
        fix: `Look why there is none for this host: ${renew}`,
        breaks: ["read"],
        row: "Certificate warning",
      },
      expired: {
        level: "failure",
        message: "serves a certificate that ended {days} ago",
        fix: `Look why it was not renewed: ${renew}`,
        breaks: ["read"],
        row: "Certificate warning",
      },
      untrusted: {
        level: "failure",
        message: "serves a certificate that this machine does not trust ({reason})",
        fix: `${renew} says of which authority it is. If that is your own: \`pulumi config set --path 'trust.certificates[0]' < ca.crt\``,
        breaks: ["read"],
        row: "Certificate warning",
      },
      soon: {
        level: "warning",
        message: "serves a certificate that ends in {days} and should have been renewed by now",
        fix: `Look why it was not renewed: ${renew}`,
        row: "Certificate warning",
      },
      stale: {
        level: "warning",
        message: "serves another certificate than the Secret {secret} holds, so a renewed one has not been taken",
        fix: "Let the server take it: `kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`",
      },
    },
  },
});
