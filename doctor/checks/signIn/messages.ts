import { defineMessages } from "../../messages";

const heal = "`kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`";

export const signInMessages = defineMessages("signIn", {
  discovery: {
    title: "issuer",
    description:
      "that the identity provider answers, and spells its name as the configuration does, for tokens are compared by it",
    ok: "{issuer} answers under that name",
    failures: {
      away: {
        level: "failure",
        message: "{issuer} does not answer: {reason}. Nobody can sign in; mail and app passwords go on",
        fix: "Bring it back; `curl {issuer}/.well-known/openid-configuration` shows when it is",
        breaks: ["read"],
      },
      untrusted: {
        level: "failure",
        message: "the certificate of {issuer} is not accepted ({reason})",
        fix: "If its authority is private: `pulumi config set --path 'trust.certificates[0]' < ca.crt`, then `pulumi up`",
        breaks: ["read"],
        row: "The issuer has a certificate of your own CA",
      },
      noIssuer: {
        level: "failure",
        message: "{issuer} answers, but not as an OpenID Connect issuer: {reason}",
        fix: "`pulumi config set --path identity.issuer` to the address that Pocket ID is reached under, then `pulumi up`",
        breaks: ["read"],
      },
      spelling: {
        level: "failure",
        message: "the configuration has {issuer}, and the issuer calls itself {found}: its tokens are refused",
        fix: "`pulumi config set --path identity.issuer {found}`, then `pulumi up`",
        breaks: ["read"],
      },
    },
  },
  keys: {
    title: "key set",
    description: "that the keys that tokens are signed with are published",
    ok: "has {count}",
    failures: {
      missing: {
        level: "failure",
        message: "the key set at {url} cannot be used: {reason}, so no token can be checked",
        fix: "Look at the issuer; `curl {url}` must give a list of keys",
        breaks: ["read"],
      },
    },
  },
  clock: {
    title: "clocks",
    description: "how far the issuer's clock is from this machine's and the cluster's; the mail server allows a minute",
    ok: "{seconds} seconds apart at most",
    failures: {
      apart: {
        level: "failure",
        message: "{whose} clock and the issuer's are {seconds} seconds apart, and tokens are refused from 60 on",
        fix: "Set the clocks by NTP: `timedatectl set-ntp true` on the nodes and where the issuer runs",
        breaks: ["read"],
      },
      drifting: {
        level: "warning",
        message: "{whose} clock and the issuer's are {seconds} seconds apart; from 60 on tokens are refused",
        fix: "Set the clocks by NTP: `timedatectl set-ntp true` on the nodes and where the issuer runs",
      },
    },
  },
  client: {
    title: "client",
    description:
      "with identity.apiKey: that the client is there, public, returns to the stack's addresses and no others, and is for the groups that may sign in",
    ok: "{note}",
    failures: {
      untested: {
        level: "unknown",
        message: "not tested: there is no identity.apiKey",
        fix: "Compare the client at Pocket ID with `pulumi stack output identityClient`, or set the key: `pulumi config set --secret --path identity.apiKey`",
      },
      unreadable: {
        level: "warning",
        message: "the client {client} cannot be read with identity.apiKey: {reason}",
        fix: "Make a new key at Pocket ID: `pulumi config set --secret --path identity.apiKey`, then `pulumi up`",
        row: "`identity.apiKey: … refuses the key`",
      },
      missing: {
        level: "failure",
        message: "there is no client {client} at the issuer",
        fix: "`pulumi refresh`, then `pulumi up`, which makes it",
        breaks: ["read"],
      },
      addresses: {
        level: "failure",
        message: "the client {client} lacks {missing}, so the sign-in that returns there is refused",
        fix: "Copy all of `pulumi stack output identityClient` into the client",
        breaks: ["read"],
        row: "Pocket ID says the redirect URI is not allowed",
      },
      strange: {
        level: "failure",
        message:
          "the client {client} also returns sign-ins to {extra}: whoever is there opens the mail of those who sign in",
        fix: "`pulumi up --refresh` takes it away",
      },
      lifted: {
        level: "failure",
        message: "the client {client} is for {found}, and not for {wanted}",
        fix: "`pulumi up --refresh` restricts it again",
      },
      unrestricted: {
        level: "warning",
        message:
          "the client {client} lets everybody sign in who has an account at the issuer; a stranger gets an empty mailbox, and can send",
        fix: "Make a group at Pocket ID, then `pulumi config set --path 'identity.allowedGroups[0]' family` and `pulumi up`",
      },
      secretive: {
        level: "failure",
        message: "the client {client} is not a public one, so the mail server's own pages cannot sign in",
        fix: "Set Public client in the client's settings at Pocket ID",
      },
    },
  },
  directory: {
    title: "the server's sign-in",
    description:
      "that the mail server checks tokens with this issuer: it names the issuer to whoever asks, and refuses a wrong token",
    ok: "Stalwart knows the issuer, and refuses a wrong token",
    failures: {
      away: {
        level: "failure",
        message: "the mail server could not be asked: {reason}",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
        obscures: ["read"],
      },
      dead: {
        level: "failure",
        message:
          "Stalwart does not know the issuer: it started while the issuer was away, or its settings were not taken",
        fix: `Wait six minutes, or ${heal}`,
        breaks: ["read"],
        row: "Nobody can sign in after a power cut",
      },
      another: {
        level: "failure",
        message: "Stalwart checks tokens with {found}",
        fix: "`pulumi up` applies the settings",
        breaks: ["read"],
      },
      open: {
        level: "failure",
        message: "Stalwart answered a made-up token with HTTP {status} and not with 401",
        fix: "`pulumi up` applies the settings; `kubectl -n {namespace} logs deploy/stalwart` says what it did",
      },
    },
  },
});
