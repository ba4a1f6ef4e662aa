import { defineMessages } from "../../messages";

/** What decides at the identity provider whose mail somebody opens. */
export const pocketIdMessages = defineMessages("signIn", {
  device: {
    title: "device sign-in",
    description:
      "what a stranger gets who starts a device sign-in with the client's public id and mails its link: a code is asked for, which nobody approves and which ends by itself",
    ok: "{note}",
    failures: {
      open: {
        level: "failure",
        message:
          "whoever is signed in at {issuer} and opens a link that somebody mailed gives the sender all their mail: the client {client} approves device sign-ins without a passkey",
        fix: "Set Requires Re-Authentication in the client's settings at Pocket ID; with identity.apiKey, `pulumi up` sets it",
      },
      unknown: {
        level: "unknown",
        message:
          "{issuer} may give a device sign-in for {client} to whoever mails its link to somebody who is signed in; it does not tell: {reason}",
        fix: "At Pocket ID: Set Requires Re-Authentication in the client's settings. Elsewhere: take the device grant away from the client",
      },
    },
  },
  accounts: {
    title: "accounts at the issuer",
    description: "that nobody can choose their own address at Pocket ID: it decides whose mail opens",
    ok: "{note}",
    failures: {
      edited: {
        level: "failure",
        message: "users of {issuer} may change their own address, and with it whose mail they open",
        fix: "Set Enable Self-Account Editing to off in Administration → Application Configuration (where the environment decides: `ALLOW_OWN_ACCOUNT_EDIT=false`)",
      },
      signUp: {
        level: "warning",
        message:
          "people may sign up at {issuer}, and choose their address: a mailbox that nobody has claimed there is theirs",
        fix: "Restrict sign-in to a group: `pulumi config set --path 'identity.allowedGroups[0]' family`; or set Enable User Signups to disabled there",
      },
    },
  },
  users: {
    title: "addresses at the issuer",
    description:
      "with identity.apiKey: that every user's address there opens one mailbox of their own, or nothing here",
    ok: "{note}",
    failures: {
      untested: {
        level: "unknown",
        message: "not tested: there is no identity.apiKey",
        fix: "Compare the users' addresses at Pocket ID with `pulumi stack output mailboxes`, or set the key: `pulumi config set --secret --path identity.apiKey`",
      },
      unreadable: {
        level: "warning",
        message: "the users of {issuer} cannot be listed with identity.apiKey: {reason}",
        fix: "Make a new key at Pocket ID: `pulumi config set --secret --path identity.apiKey`, then `pulumi up`",
      },
      wrong: {
        level: "failure",
        message: "user {user} {problem}",
        fix: "Set the user's address at Pocket ID",
      },
    },
  },
});
