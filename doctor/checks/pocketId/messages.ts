import { defineMessages } from "../../messages";

/** Checks of the identity provider's settings that decide which mailbox a user opens. */
export const pocketIdMessages = defineMessages("signIn", {
  device: {
    title: "device sign-in",
    description:
      "whether an attacker who starts a device sign-in with the client's public id, and mails its link to a user, gets access: a code is requested, which nobody approves and which expires",
    ok: "{note}",
    failures: {
      open: {
        level: "failure",
        message:
          "a user who is signed in at {issuer} and opens a link that an attacker mailed gives away all their mail: the client {client} approves device sign-ins without a passkey",
        fix: "Set Requires Re-Authentication in the client's settings at Pocket ID; with identity.apiKey, `pulumi up` sets it",
      },
      unknown: {
        level: "unknown",
        message:
          "{issuer} may approve a device sign-in for {client} that an attacker mails to a user who is signed in; it does not report whether: {reason}",
        fix: "At Pocket ID: Set Requires Re-Authentication in the client's settings. Elsewhere: Remove the device grant from the client",
      },
    },
  },
  accounts: {
    title: "accounts at the issuer",
    description: "that users cannot choose their own address at Pocket ID: it decides which mailbox opens",
    ok: "{note}",
    failures: {
      edited: {
        level: "failure",
        message: "users of {issuer} may change their own address, and with it the mailbox that they open",
        fix: "Set Enable Self-Account Editing to off in Administration → Application Configuration (where the environment decides: `ALLOW_OWN_ACCOUNT_EDIT=false`)",
      },
      signUp: {
        level: "warning",
        message:
          "anyone may sign up at {issuer} and choose an address: a mailbox whose address has no user there is theirs",
        fix: "Restrict sign-in to a group: `pulumi config set --path 'identity.allowedGroups[0]' family`; or set Enable User Signups to disabled there",
      },
    },
  },
  users: {
    title: "addresses at the issuer",
    description: "with identity.apiKey: that every user's address opens one mailbox of their own, or none",
    ok: "{note}",
    failures: {
      untested: {
        level: "unknown",
        message: "not tested: identity.apiKey is not set",
        fix: "Compare the users' addresses at Pocket ID with `pulumi stack output mailboxes`, or set the key: `pulumi config set --secret --path identity.apiKey`",
      },
      unreadable: {
        level: "warning",
        message: "the users of {issuer} cannot be listed with identity.apiKey: {reason}",
        fix: "Create a new key at Pocket ID: `pulumi config set --secret --path identity.apiKey`, then `pulumi up`",
      },
      wrong: {
        level: "failure",
        message: "user {user} {problem}",
        fix: "Set the user's address at Pocket ID",
      },
    },
  },
});
