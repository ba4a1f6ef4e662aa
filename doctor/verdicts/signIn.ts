import type { SignInObservation } from "../observe/signIn";
import { type Catalogue, speaker, type Verdict } from "../verdict";

const heal = "`kubectl -n {namespace} create job --from=cronjob/stalwart-reload heal`";

export const signInTexts = {
  discovery: {
    title: "issuer",
    looks:
      "that the identity provider answers, and spells its name as the configuration does, for tokens are compared by it",
    ok: "{issuer} answers under that name",
    troubles: {
      away: {
        level: "failure",
        meaning: "{issuer} does not answer: {reason}. Nobody can sign in; mail and app passwords go on",
        mend: "Bring it back; `curl {issuer}/.well-known/openid-configuration` shows when it is",
        stops: ["read"],
      },
      untrusted: {
        level: "failure",
        meaning: "the certificate of {issuer} is not accepted ({reason})",
        mend: "If its authority is private: `pulumi config set --path 'trust.certificates[0]' < ca.crt`, then `pulumi up`",
        stops: ["read"],
        row: "The issuer has a certificate of your own CA",
      },
      noIssuer: {
        level: "failure",
        meaning: "{issuer} answers, but not as an OpenID Connect issuer: {reason}",
        mend: "`pulumi config set --path identity.issuer` to the address that Pocket ID is reached under, then `pulumi up`",
        stops: ["read"],
      },
      spelling: {
        level: "failure",
        meaning: "the configuration has {issuer}, and the issuer calls itself {found}: its tokens are refused",
        mend: "`pulumi config set --path identity.issuer {found}`, then `pulumi up`",
        stops: ["read"],
      },
    },
  },
  keys: {
    title: "key set",
    looks: "that the keys that tokens are signed with are published",
    ok: "has {count}",
    troubles: {
      missing: {
        level: "failure",
        meaning: "the key set at {url} cannot be used: {reason}, so no token can be checked",
        mend: "Look at the issuer; `curl {url}` must give a list of keys",
        stops: ["read"],
      },
    },
  },
  clock: {
    title: "clocks",
    looks: "how far the issuer's clock is from this machine's and the cluster's; the mail server allows a minute",
    ok: "{seconds} seconds apart at most",
    troubles: {
      apart: {
        level: "failure",
        meaning: "{whose} clock and the issuer's are {seconds} seconds apart, and tokens are refused from 60 on",
        mend: "Set the clocks by NTP: `timedatectl set-ntp true` on the nodes and where the issuer runs",
        stops: ["read"],
      },
      drifting: {
        level: "warning",
        meaning: "{whose} clock and the issuer's are {seconds} seconds apart; from 60 on tokens are refused",
        mend: "Set the clocks by NTP: `timedatectl set-ntp true` on the nodes and where the issuer runs",
      },
    },
  },
  client: {
    title: "client",
    looks:
      "with identity.apiKey: that the client is there, public, returns to the stack's addresses and no others, and is for the groups that may sign in",
    ok: "{note}",
    troubles: {
      untested: {
        level: "unknown",
        meaning: "not tested: there is no identity.apiKey",
        mend: "Compare the client at Pocket ID with `pulumi stack output identityClient`, or set the key: `pulumi config set --secret --path identity.apiKey`",
      },
      unreadable: {
        level: "warning",
        meaning: "the client {client} cannot be read with identity.apiKey: {reason}",
        mend: "Make a new key at Pocket ID: `pulumi config set --secret --path identity.apiKey`, then `pulumi up`",
        row: "`identity.apiKey: … refuses the key`",
      },
      missing: {
        level: "failure",
        meaning: "there is no client {client} at the issuer",
        mend: "`pulumi refresh`, then `pulumi up`, which makes it",
        stops: ["read"],
      },
      addresses: {
        level: "failure",
        meaning: "the client {client} lacks {missing}, so the sign-in that returns there is refused",
        mend: "Copy all of `pulumi stack output identityClient` into the client",
        stops: ["read"],
        row: "Pocket ID says the redirect URI is not allowed",
      },
      strange: {
        level: "failure",
        meaning:
          "the client {client} also returns sign-ins to {extra}: whoever is there opens the mail of those who sign in",
        mend: "`pulumi up --refresh` takes it away",
      },
      lifted: {
        level: "failure",
        meaning: "the client {client} is for {found}, and not for {wanted}",
        mend: "`pulumi up --refresh` restricts it again",
      },
      unrestricted: {
        level: "warning",
        meaning:
          "the client {client} lets everybody sign in who has an account at the issuer; a stranger gets an empty mailbox, and can send",
        mend: "Make a group at Pocket ID, then `pulumi config set --path 'identity.allowedGroups[0]' family` and `pulumi up`",
      },
      secretive: {
        level: "failure",
        meaning: "the client {client} is not a public one, so the mail server's own pages cannot sign in",
        mend: "Set Public client in the client's settings at Pocket ID",
      },
    },
  },
  directory: {
    title: "the server's sign-in",
    looks:
      "that the mail server checks tokens with this issuer: it names the issuer to whoever asks, and refuses a wrong token",
    ok: "Stalwart knows the issuer, and refuses a wrong token",
    troubles: {
      away: {
        level: "failure",
        meaning: "the mail server could not be asked: {reason}",
        mend: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
        hides: ["read"],
      },
      dead: {
        level: "failure",
        meaning:
          "Stalwart does not know the issuer: it started while the issuer was away, or its settings were not taken",
        mend: `Wait six minutes, or ${heal}`,
        stops: ["read"],
        row: "Nobody can sign in after a power cut",
      },
      another: {
        level: "failure",
        meaning: "Stalwart checks tokens with {found}",
        mend: "`pulumi up` applies the settings",
        stops: ["read"],
      },
      open: {
        level: "failure",
        meaning: "Stalwart answered a made-up token with HTTP {status} and not with 401",
        mend: "`pulumi up` applies the settings; `kubectl -n {namespace} logs deploy/stalwart` says what it did",
      },
    },
  },
} as const satisfies Catalogue;

const { fine, trouble } = speaker("signIn", signInTexts);

/** The server's own tolerance (crates/directory/src/backend/oidc/lookup.rs: leeway). */
const tolerated = 60;
/** HTTP dates are whole seconds, and an answer takes its time. */
const unremarkable = 10;

function discovery({ issuer, discovery }: SignInObservation): Verdict[] {
  if ("failed" in discovery) return [trouble("discovery", discovery.failed, { issuer, reason: discovery.reason })];
  const { issuer: found } = discovery;
  return [found === issuer ? fine("discovery", { issuer }) : trouble("discovery", "spelling", { issuer, found })];
}

function keys({ keys }: SignInObservation): Verdict[] {
  if (keys === undefined) return [];
  if ("reason" in keys) return [trouble("keys", "missing", keys)];
  return [fine("keys", { count: keys.count === 1 ? "1 key" : `${keys.count} keys` })];
}

function clock({ skews }: SignInObservation): Verdict[] {
  const worst = [...skews].sort((a, b) => Math.abs(b.seconds) - Math.abs(a.seconds))[0];
  if (worst === undefined) return [];
  const seconds = Math.abs(worst.seconds);
  const holes = { whose: worst.whose, seconds };
  if (seconds >= tolerated) return [trouble("clock", "apart", holes)];
  return [seconds > unremarkable ? trouble("clock", "drifting", holes) : fine("clock", { seconds })];
}

type Client = Extract<NonNullable<SignInObservation["client"]>, { public: boolean }>;

function restriction({ groups, allowedGroups }: Client, client: string): Verdict[] {
  if (allowedGroups.length === 0) return groups === undefined ? [trouble("client", "unrestricted", { client })] : [];
  const wanted = [...allowedGroups].sort().join(", ");
  const found = groups === undefined ? "everybody" : [...groups].sort().join(", ") || "nobody";
  return found === wanted ? [] : [trouble("client", "lifted", { client, found, wanted })];
}

function client({ client, clientId }: SignInObservation): Verdict[] {
  if (client === undefined) return [trouble("client", "untested", {})];
  if ("reason" in client) return [trouble("client", "unreadable", { client: clientId, reason: client.reason })];
  if ("absent" in client) return [trouble("client", "missing", { client: clientId })];
  const verdicts = [
    ...(client.missing.length > 0
      ? [trouble("client", "addresses", { client: clientId, missing: client.missing.join(", ") })]
      : []),
    ...(client.extra.length > 0
      ? [trouble("client", "strange", { client: clientId, extra: client.extra.join(", ") })]
      : []),
    ...restriction(client, clientId),
    ...(client.public ? [] : [trouble("client", "secretive", { client: clientId })]),
  ];
  return verdicts.length > 0 ? verdicts : [fine("client", { note: `${clientId} has all addresses` })];
}

function directory({ directory, issuer, namespace }: SignInObservation): Verdict[] {
  if ("reason" in directory) return [trouble("directory", "away", { reason: directory.reason, namespace })];
  const { status, issuer: found } = directory;
  if (found === "") return [trouble("directory", "dead", { namespace })];
  if (found !== issuer) return [trouble("directory", "another", { found })];
  return [status === 401 ? fine("directory", {}) : trouble("directory", "open", { status, namespace })];
}

export const judgeSignIn = (seen: SignInObservation): Verdict[] =>
  [discovery, keys, clock, client, directory].flatMap((judge) => judge(seen));
