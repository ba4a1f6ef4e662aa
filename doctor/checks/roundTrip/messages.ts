import { defineMessages } from "../../messages";

export const roundTripMessages = defineMessages("flow", {
  roundTrip: {
    title: "round trip",
    description:
      "with `--send`: a message through the provider to the first mailbox and back through its fetcher, with the seconds of each leg",
    ok: "sent in {out} s, fetched in {back} s; {cleaned}",
    failures: {
      unsent: {
        level: "failure",
        message: "the provider did not take the message: {reason}",
        fix: "As it says; `npm run doctor` shows whether the login works",
        breaks: ["out"],
      },
      lost: {
        level: "failure",
        message: "sent in {out} s, and not in the mailbox after {waited} more seconds; {cleaned}",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`",
        breaks: ["in"],
      },
      unseen: {
        level: "failure",
        message:
          'sent in {out} s; the mailbox cannot be looked into: {reason}. The message stays, its subject is "{subject}"',
        fix: "`kubectl -n {namespace} logs deploy/stalwart`",
        obscures: ["in"],
      },
    },
  },
});
