import { defineMessages } from "../../messages";

const untrusted = {
  level: "failure",
  message: "the certificate of {server} is not trusted ({reason}); no password was sent",
  fix: "The provider must fix it. If its CA is private: `pulumi config set --path 'trust.certificates[0]' < ca.crt`",
} as const;

/** Of its SMTP server. */
const unreachable = {
  level: "failure",
  message: "{server} is unreachable from this machine: {reason}",
  fix: "Wait. If only this machine is blocked: `kubectl -n {namespace} logs deploy/stalwart` shows what is sent",
} as const;

export const providerMessages = defineMessages("provider", {
  login: {
    title: "login at the provider",
    description: "that each mailbox's password logs in over IMAP with TLS, as its fetcher does",
    ok: "works",
    failures: {
      refused: {
        level: "failure",
        message: "the provider refuses the login: {reason}",
        fix: "`pulumi config set --secret --path mailboxes.{mailbox}.password`, then `pulumi up`",
        breaks: ["in"],
        row: "`INBOX: the provider refuses the login: …`",
      },
      unreachable: {
        level: "failure",
        message: "{server} is unreachable from this machine: {reason}",
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
      "how many messages wait in the fetched folders and in the fetcher's outbox, how long none of them was delivered, and how many delivered ones are kept",
    ok: "{count}",
    failures: {
      untested: {
        level: "unknown",
        message: "{count}; it is unknown for how long, because the fetcher's status is",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/instance=fetchmail-{mailbox}` shows why",
      },
      late: {
        level: "warning",
        message: "{count} to fetch, and none delivered for {age}; it should take seconds",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
      },
      stuck: {
        level: "failure",
        message: "{count} to fetch, and none delivered for {age}: this mailbox is not fetched",
        fix: "`kubectl -n {namespace} logs deploy/fetchmail-{mailbox}` says why",
        breaks: ["in"],
      },
    },
  },
  quarantine: {
    title: "quarantine at the provider",
    description:
      "the folders Fetcher-Refused and Fetcher-Refused-Junk at the provider; the flow checks and the fetcher's log have the reasons",
    ok: "empty",
    failures: {
      quarantined: {
        level: "warning",
        message: "{count} in {folder} could not be delivered",
        fix: "Read them at the provider; why: `kubectl -n {namespace} logs deploy/fetchmail-{mailbox} | grep Fetcher-Refused`",
      },
    },
  },
  source: {
    title: "source",
    description:
      "that each account elsewhere that is fetched as well (`sources`) opens with its password, has the folders that are fetched, and has nothing in Fetcher-Refused",
    ok: "works; {waiting} to be fetched, {kept} kept there",
    failures: {
      refused: {
        level: "warning",
        message: "{server} refuses the login: {reason}",
        fix: "`pulumi config set --secret --path mailboxes.{mailbox}.sources.{source}.password`, then `pulumi up`",
      },
      unreachable: {
        level: "warning",
        message: "{server} is unreachable from here: {reason}",
        fix: "Wait; if it lasts, `kubectl -n {namespace} logs deploy/fetchmail-{mailbox} | grep {source}` says what the fetcher sees",
      },
      certificate: {
        level: "warning",
        message: "the certificate of {server} is not accepted ({reason}); no password was sent",
        fix: "Set `mailboxes.{mailbox}.sources.{source}.host` to the name in the certificate. If its CA is a custom one: `pulumi config set --path 'trust.certificates[0]' < ca.crt`",
      },
      folder: {
        level: "warning",
        message: "has no folder {folder}, which is to be fetched",
        fix: "`pulumi config rm --path mailboxes.{mailbox}.sources.{source}.folders`, then `pulumi up`; or make the folder there",
      },
      quarantined: {
        level: "warning",
        message: "{count} in {folder} there: they could not be delivered",
        fix: "Read them there; why: `kubectl -n {namespace} logs deploy/fetchmail-{mailbox} | grep {source}`",
      },
    },
  },
  relay: {
    title: "login for sending",
    description: "that the relay's password logs in over SMTP, as the mail server does",
    ok: "works at {server}",
    failures: {
      refused: {
        level: "failure",
        message: "the provider refuses the login that sends all mail: {reason}",
        fix: "`pulumi config set --secret --path relay.password`, then `pulumi up`",
        breaks: ["out"],
        row: "Bounce: authentication failed at the provider",
      },
      unreachable: {
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
      "that the provider accepts each mailbox's address as the sender, with the login that sends its mail; no message is sent",
    ok: "allowed",
    failures: {
      sender: {
        level: "failure",
        message: "the provider does not accept its address as the sender: {reason}",
        fix: "Allow sending for the mailbox at the provider; if one login must send everything: `pulumi config set --path relay.mode single`",
        breaks: ["out"],
        row: "Bounce: sender not allowed, for a mailbox's own address",
      },
      refused: {
        level: "failure",
        message: "the provider refuses the login that sends its mail: {reason}",
        fix: "`pulumi config set --secret --path mailboxes.{mailbox}.password`, then `pulumi up`",
        breaks: ["out"],
        row: "Bounce: authentication failed, for one mailbox only",
      },
      unreachable: {
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
