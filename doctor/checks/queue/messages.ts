import { defineMessages } from "../../messages";

export const queueMessages = defineMessages("flow", {
  queue: {
    title: "queue",
    description: "how much waits to leave, since when, and what the last failure said",
    ok: "{count}",
    failures: {
      refused: {
        level: "failure",
        message: "the server refuses the administrator's password of the state",
        fix: "`pulumi refresh`, then `pulumi up`",
        obscures: ["out"],
      },
      silent: {
        level: "failure",
        message: "the server cannot be asked what waits to leave: {reason}",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
        obscures: ["out"],
      },
      waiting: {
        level: "warning",
        message: "{count} to leave, the oldest for {age}; the last failure: {reason}",
        fix: "`kubectl -n {namespace} logs deploy/stalwart`; it is tried again by itself",
      },
      stuck: {
        level: "failure",
        message: "{count} to leave, the oldest for {age}; the last failure: {reason}",
        fix: "As the provider says. A wrong password: `pulumi config set --secret --path relay.password`, then `pulumi up`",
        breaks: ["out"],
      },
    },
  },
});
