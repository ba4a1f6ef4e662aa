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
      unsupported: {
        level: "unknown",
        message: "not tested: its pod is of another version, and does not report its status in this one's form",
        fix: "`pulumi up` starts it with this version",
        obscures: ["in"],
      },
      left: {
        level: "warning",
        message: "{count} stay at the provider: {reason}",
        fix: "[What the words mean](../reference/fetcher.md); what else happened: `kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`",
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
