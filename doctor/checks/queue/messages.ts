import { defineMessages } from "../../messages";

export const queueMessages = defineMessages("flow", {
  queue: {
    title: "queue",
    description: "how many messages wait to be sent, how long, and the last error",
    ok: "{count}",
    failures: {
      refused: {
        level: "failure",
        message: "the mail server refuses the administrator's password in the state",
        fix: "`pulumi refresh`, then `pulumi up`",
        obscures: ["out"],
      },
      silent: {
        level: "failure",
        message: "the mail server does not report its queue: {reason}",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
        obscures: ["out"],
      },
      waiting: {
        level: "warning",
        message: "{count} to send, the oldest for {age}; the last error: {reason}",
        fix: "`kubectl -n {namespace} logs deploy/stalwart`; the server retries by itself",
      },
      stuck: {
        level: "failure",
        message: "{count} to send, the oldest for {age}; the last error: {reason}",
        fix: "Follow the provider's message. If the password is wrong: `pulumi config set --secret --path relay.password`, then `pulumi up`",
        breaks: ["out"],
      },
    },
  },
});
