import { defineMessages } from "../../messages";

export const roundTripMessages = defineMessages("flow", {
  roundTrip: {
    title: "round trip",
    description:
      "with `--send`: a message through the provider to the first mailbox and back through its fetcher, with the seconds that each part takes",
    ok: "sent in {out} s, fetched in {back} s; {cleaned}",
    failures: {
      unsent: {
        level: "failure",
        message: "the provider refused the message: {reason}",
        fix: "Follow the provider's message; `npm run doctor` shows whether the login works",
        breaks: ["out"],
      },
      lost: {
        level: "failure",
        message: "sent in {out} s, but not in the mailbox {waited} seconds later; {cleaned}",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`",
        breaks: ["in"],
      },
      unreadable: {
        level: "failure",
        message:
          'sent in {out} s, but the mailbox cannot be read: {reason}. The message stays; its subject is "{subject}"',
        fix: "`kubectl -n {namespace} logs deploy/stalwart`",
        obscures: ["in"],
      },
    },
  },
});
