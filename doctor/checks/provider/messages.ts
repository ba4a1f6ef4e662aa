import { defineMessages } from "../../messages";

const untrusted = {
  level: "failure",
  message: "the certificate of {server} is not accepted ({reason}); no password was sent",
  fix: "The provider must fix it. If its authority is private: `pulumi config set --path 'trust.certificates[0]' < ca.crt`",
} as const;

/** Of its SMTP server. */
const unreachable = {
  level: "failure",
  message: "{server} cannot be asked from here: {reason}",
  fix: "Wait. If only this machine is kept out: `kubectl -n {namespace} logs deploy/stalwart` shows what leaves",
} as const;

export const providerMessages = defineMessages("provider", {
  login: {
    title: "login at the provider",
    description: "that each mailbox's password opens it over IMAP with TLS, as its fetcher does",
    ok: "works",
    failures: {
      refused: {
        level: "failure",
        message: "the provider refuses the login: {reason}",
        fix: "`pulumi config set --secret --path mailboxes.{mailbox}.password`, then `pulumi up`",
        breaks: ["in"],
        row: "`INBOX: the provider refuses the login: …`",
      },
      away: {
        level: "failure",
        message: "{server} cannot be asked from here: {reason}",
        fix: "Wait; if it lasts, look at `kubectl -n {namespace} logs deploy/fetchmail-{mailbox}`",
        obscures: ["in"],
      },
      certificate: {
        ...untrusted,
        breaks: ["in"],
        row: "`INBOX: the provider's certificate is not accepted: …`",
      },
    },
  },
  waiting: {
    title: "waiting at the provider",
    description:
      "how many messages wait in the folders that are fetched and in the fetcher's outbox, for how long none of them was delivered, and how many delivered ones are kept",
    ok: "{count}",
    failures: {
      untested: {
        level: "unknown",
        message: "{count}; since when is not known, because the fetcher cannot be asked",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance=fetchmail-{mailbox}` says why",
      },
      late: {
        level: "warning",
        message: "{count} to be fetched, and none delivered for {age}: it should take seconds",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
      },
      stuck: {
        level: "failure",
        message: "{count} to be fetched, and none delivered for {age}: this mailbox is not fetched",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
        breaks: ["in"],
      },
    },
  },
  aside: {
    title: "set aside",
    description:
      "what is in the folders Fetcher-Refused and Fetcher-Refused-Junk at the provider; the reason is in the flow checks and in the fetcher's log",
    ok: "nothing",
    failures: {
      refused: {
        level: "warning",
        message: "{count} in {folder}: they could not be delivered",
        fix: "Read them at the provider; why: `kubectl -n {namespace} logs deploy/fetchmail-{mailbox} | grep Fetcher-Refused`",
      },
    },
  },
  relay: {
    title: "login for sending",
    description: "that the relay's password opens SMTP at the provider, as the mail server does",
    ok: "works at {server}",
    failures: {
      refused: {
        level: "failure",
        message: "the provider refuses the login that all mail leaves through: {reason}",
        fix: "`pulumi config set --secret --path relay.password`, then `pulumi up`",
        breaks: ["out"],
        row: "Bounce: authentication failed at the provider",
      },
      away: {
        ...unreachable,
        obscures: ["out"],
      },
      certificate: {
        ...untrusted,
        breaks: ["out"],
      },
    },
  },
  sending: {
    title: "sending as itself",
    description:
      "that the provider takes each mailbox's address as the sender, with the login that its mail leaves through; no message is sent",
    ok: "allowed",
    failures: {
      sender: {
        level: "failure",
        message: "the provider does not let it send as itself: {reason}",
        fix: "Allow sending for the mailbox at the provider; if one login must send everything: `pulumi config set --path relay.mode single`",
        breaks: ["out"],
        row: "Bounce: sender not allowed, for a mailbox's own address",
      },
      refused: {
        level: "failure",
        message: "the provider refuses the login that its mail leaves through: {reason}",
        fix: "`pulumi config set --secret --path mailboxes.{mailbox}.password`, then `pulumi up`",
        breaks: ["out"],
        row: "Bounce: authentication failed, for one mailbox only",
      },
      away: {
        ...unreachable,
        obscures: ["out"],
      },
      certificate: {
        ...untrusted,
        breaks: ["out"],
      },
    },
  },
});
