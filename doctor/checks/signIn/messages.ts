import { defineMessages } from "../../messages";

const heal = "`kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`";

export const signInMessages = defineMessages("signIn", {
  discovery: {
    title: "issuer",
    description:
      "that the identity provider responds, with the issuer name in the configuration, which tokens are compared with",
    ok: "{issuer} responds under that name",
    failures: {
      unreachable: {
        level: "failure",
        message: "{issuer} is unreachable: {reason}. Nobody can sign in; mail and app passwords still work",
        fix: "Start it; `curl {issuer}/.well-known/openid-configuration` shows when it responds",
        breaks: ["read"],
      },
      untrusted: {
        level: "failure",
        message: "the certificate of {issuer} is not trusted ({reason})",
        fix: "If its CA is private: `pulumi config set --path 'trust.certificates[0]' < ca.crt`, then `pulumi up`",
        breaks: ["read"],
        row: "The issuer has a certificate of your own CA",
      },
      noIssuer: {
        level: "failure",
        message: "{issuer} responds, but not as an OpenID Connect issuer: {reason}",
        fix: "`pulumi config set --path identity.issuer` to the URL of Pocket ID, then `pulumi up`",
        breaks: ["read"],
      },
      issuerMismatch: {
        level: "failure",
        message: "the configuration has {issuer}, but the issuer's name is {found}: its tokens are refused",
        fix: "`pulumi config set --path identity.issuer {found}`, then `pulumi up`",
        breaks: ["read"],
      },
    },
  },
  keys: {
    title: "key set",
    description: "that the keys are published that tokens are signed with",
    ok: "has {count}",
    failures: {
      missing: {
        level: "failure",
        message: "the key set at {url} cannot be used: {reason}, so no token can be verified",
        fix: "Check the issuer: `curl {url}` must return a list of keys",
        breaks: ["read"],
      },
    },
  },
  clock: {
    title: "clocks",
    description:
      "the difference between the issuer's clock and this machine's and the cluster's; the mail server tolerates a minute",
    ok: "{seconds} seconds apart at most",
    failures: {
      clockSkew: {
        level: "failure",
        message: "{whose} clock and the issuer's are {seconds} seconds apart; tokens are refused from 60 seconds",
        fix: "Set the clocks by NTP: `timedatectl set-ntp true` on the nodes and where the issuer runs",
        breaks: ["read"],
      },
      clockDrift: {
        level: "warning",
        message: "{whose} clock and the issuer's are {seconds} seconds apart; tokens are refused from 60 seconds",
        fix: "Set the clocks by NTP: `timedatectl set-ntp true` on the nodes and where the issuer runs",
      },
    },
  },
  client: {
    title: "client",
    description:
      "with identity.apiKey: that the client exists, is public, has exactly the stack's redirect URIs, and is restricted to the allowed groups",
    ok: "{note}",
    failures: {
      untested: {
        level: "unknown",
        message: "not tested: identity.apiKey is not set",
        fix: "Compare the client at Pocket ID with `pulumi stack output identityClient`, or set the key: `pulumi config set --secret --path identity.apiKey`",
      },
      unreadable: {
        level: "warning",
        message: "the client {client} cannot be read with identity.apiKey: {reason}",
        fix: "Create a new key at Pocket ID: `pulumi config set --secret --path identity.apiKey`, then `pulumi up`",
        row: "`identity.apiKey: … refuses the key`",
      },
      missing: {
        level: "failure",
        message: "the issuer has no client {client}",
        fix: "`pulumi refresh`, then `pulumi up`, which creates it",
        breaks: ["read"],
      },
      addresses: {
        level: "failure",
        message: "the client {client} has no redirect URI {missing}, so that sign-in is refused",
        fix: "Copy all of `pulumi stack output identityClient` into the client",
        breaks: ["read"],
        row: "Pocket ID says the redirect URI is not allowed",
      },
      extraRedirect: {
        level: "failure",
        message: "the client {client} also redirects to {extra}: that site can open the mail of users who sign in",
        fix: "`pulumi up --refresh` removes it",
      },
      wrongGroups: {
        level: "failure",
        message: "the client {client} is restricted to {found} instead of {wanted}",
        fix: "`pulumi up --refresh` restricts it again",
      },
      unrestricted: {
        level: "warning",
        message:
          "the client {client} lets every user of the issuer sign in; one without a mailbox gets an empty one, and can send",
        fix: "Make a group at Pocket ID, then `pulumi config set --path 'identity.allowedGroups[0]' family` and `pulumi up`",
      },
      notPublic: {
        level: "failure",
        message: "the client {client} is not public, so the mail server's web UI cannot sign in",
        fix: "Set Public client in the client's settings at Pocket ID",
      },
    },
  },
  directory: {
    title: "the server's sign-in",
    description: "that the mail server uses this issuer, and refuses an invalid token",
    ok: "Stalwart uses the issuer, and refuses an invalid token",
    failures: {
      unreachable: {
        level: "failure",
        message: "the mail server does not respond: {reason}",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
        obscures: ["read"],
      },
      directoryMissing: {
        level: "failure",
        message:
          "Stalwart does not use the issuer: it started while the issuer was unreachable, or its settings were not applied",
        fix: `Wait six minutes, or ${heal}`,
        breaks: ["read"],
        row: "Nobody can sign in after a power cut",
      },
      another: {
        level: "failure",
        message: "Stalwart uses the issuer {found}",
        fix: "`pulumi up` applies the settings",
        breaks: ["read"],
      },
      open: {
        level: "failure",
        message: "Stalwart answers an invalid token with HTTP {status} instead of 401",
        fix: "`pulumi up` applies the settings; `kubectl -n {namespace} logs deploy/stalwart` shows what it did",
      },
    },
  },
});
