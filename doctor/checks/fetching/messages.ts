import { defineMessages } from "../../messages";

export const fetchingMessages = defineMessages("flow", {
  fetching: {
    title: "fetching",
    description: "each fetcher's status: whether it delivers mail, and when the last message came",
    ok: "works, {last}",
    failures: {
      stopped: {
        level: "failure",
        message: "stopped: {reason}",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`; [what the reason means](../reference/fetcher.md)",
        breaks: ["in"],
      },
      silent: {
        level: "failure",
        message: "the fetcher does not respond: {reason}",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance=fetchmail-{mailbox}`",
        obscures: ["in"],
      },
      unsupported: {
        level: "unknown",
        message: "not tested: its pod runs another version, whose status this doctor cannot read",
        fix: "`pulumi up` updates it",
        obscures: ["in"],
      },
      left: {
        level: "warning",
        message: "{count} stay at the provider: {reason}",
        fix: "[What the reason means](../reference/fetcher.md); the log: `kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`",
      },
    },
  },
  quarantine: {
    title: "quarantine",
    description: "whether a fetcher has quarantined messages, and why",
    ok: "empty",
    failures: {
      quarantined: {
        level: "warning",
        message: "{count} quarantined: {reason}",
        fix: "Read them at the provider, in Fetcher-Refused; delete what you do not need",
        row: "`INBOX: … refused for good, moved to the provider's folder Fetcher-Refused: …`",
      },
    },
  },
});
