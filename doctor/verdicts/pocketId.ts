import { explain } from "../../config/addresses";
import type { PocketIdObservation } from "../observe/pocketId";
import { type Catalogue, speaker, type Verdict } from "../verdict";

/** What decides at the identity provider whose mail somebody opens. */
export const pocketIdTexts = {
  device: {
    title: "device sign-in",
    looks:
      "what a stranger gets who starts a device sign-in with the client's public id and mails its link: a code is asked for, which nobody approves and which ends by itself",
    ok: "{note}",
    troubles: {
      open: {
        level: "failure",
        meaning:
          "whoever is signed in at {issuer} and opens a link that somebody mailed gives the sender all their mail: the client {client} approves device sign-ins without a passkey",
        mend: "Set Requires Re-Authentication in the client's settings at Pocket ID; with identity.apiKey, `pulumi up` sets it",
      },
      unknown: {
        level: "unknown",
        meaning:
          "{issuer} may give a device sign-in for {client} to whoever mails its link to somebody who is signed in; it does not tell: {reason}",
        mend: "At Pocket ID: Set Requires Re-Authentication in the client's settings. Elsewhere: take the device grant away from the client",
      },
    },
  },
  accounts: {
    title: "accounts at the issuer",
    looks: "that nobody can choose their own address at Pocket ID: it decides whose mail opens",
    ok: "{note}",
    troubles: {
      edited: {
        level: "failure",
        meaning: "users of {issuer} may change their own address, and with it whose mail they open",
        mend: "Set Enable Self-Account Editing to off in Administration → Application Configuration (where the environment decides: `ALLOW_OWN_ACCOUNT_EDIT=false`)",
      },
      signUp: {
        level: "warning",
        meaning:
          "people may sign up at {issuer}, and choose their address: a mailbox that nobody has claimed there is theirs",
        mend: "Restrict sign-in to a group: `pulumi config set --path 'identity.allowedGroups[0]' family`; or set Enable User Signups to disabled there",
      },
    },
  },
  users: {
    title: "addresses at the issuer",
    looks: "with identity.apiKey: that every user's address there opens one mailbox of their own, or nothing here",
    ok: "{note}",
    troubles: {
      untested: {
        level: "unknown",
        meaning: "not tested: there is no identity.apiKey",
        mend: "Compare the users' addresses at Pocket ID with `pulumi stack output mailboxes`, or set the key: `pulumi config set --secret --path identity.apiKey`",
      },
      unreadable: {
        level: "warning",
        meaning: "the users of {issuer} cannot be listed with identity.apiKey: {reason}",
        mend: "Make a new key at Pocket ID: `pulumi config set --secret --path identity.apiKey`, then `pulumi up`",
      },
      wrong: {
        level: "failure",
        meaning: "user {user} {problem}",
        mend: "Set the user's address at Pocket ID",
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("signIn", pocketIdTexts);

const closed = {
  "no such grant": "the issuer has none",
  refused: "is refused for this client",
  passkey: "takes a passkey to approve",
} as const;

function device({ device, issuer, clientId: client }: PocketIdObservation): Verdict[] {
  if ("closed" in device) return [fine("device", { note: closed[device.closed] })];
  return [
    "open" in device
      ? trouble("device", "open", { issuer, client })
      : trouble("device", "unknown", { issuer, client, reason: device.reason }),
  ];
}

function accounts({ accounts, issuer }: PocketIdObservation): Verdict[] {
  if (accounts === undefined) return [fine("accounts", { note: "the issuer is no Pocket ID, so it was not asked" })];
  const verdicts = [
    ...(accounts.editThemselves ? [trouble("accounts", "edited", { issuer })] : []),
    ...(accounts.signUp ? [trouble("accounts", "signUp", { issuer })] : []),
  ];
  return verdicts.length > 0 ? verdicts : [fine("accounts", { note: "only administrators choose addresses" })];
}

function users({ users, issuer }: PocketIdObservation): Verdict[] {
  if (users === undefined) return [trouble("users", "untested", {})];
  if ("reason" in users) return [trouble("users", "unreadable", { issuer, reason: users.reason })];
  const { count, problems } = users;
  if (problems.length === 0) return [fine("users", { note: count === 1 ? "1 user" : `${count} users` })];
  return problems.map((problem) =>
    trouble("users", "wrong", { user: problem.username, problem: explain(problem) }, problem.username),
  );
}

export const judgePocketId = (seen: PocketIdObservation): Verdict[] =>
  [device, accounts, users].flatMap((judge) => judge(seen));
