import { defineMessages } from "../../messages";

export const fetchingMessages = defineMessages("flow", {
  fetching: {
    title: "fetching",
    description: "what each fetcher says of itself: whether mail flows, and when the last message came",
    ok: "flows, last message {ago}",
    failures: {
      stopped: {
        level: "failure",
        message: "does not flow: {reason}",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`; [what the words mean](../reference/fetcher.md)",
        breaks: ["in"],
      },
      silent: {
        level: "failure",
        message: "the fetcher cannot be asked: {reason}",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance=fetchmail-{mailbox}`",
        obscures: ["in"],
      },
      left: {
        level: "warning",
        message: "{count} stay at the provider, because the mail server did not take them in the latest round",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
      },
    },
  },
  refused: {
    title: "refused",
    description: "whether a fetcher has set messages aside, and why",
    ok: "nothing was set aside",
    failures: {
      aside: {
        level: "warning",
        message: "{count} set aside: {reason}",
        fix: "Read them at the provider, in Fetcher-Refused; delete what you do not need",
        row: "`INBOX: … refused for good, moved to the provider's folder Fetcher-Refused: …`",
      },
    },
  },
});
