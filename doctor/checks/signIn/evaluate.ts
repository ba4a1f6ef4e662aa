import type { Result } from "../../result";
import type { SignInObservation } from "./collect";
import { signInMessages } from "./messages";

const { ok, fail } = signInMessages;

/** The server's own tolerance (crates/directory/src/backend/oidc/lookup.rs: leeway). */
const tolerated = 60;
/** HTTP dates are whole seconds, and a response has a delay. */
const unremarkable = 10;

function discovery({ issuer, discovery }: SignInObservation): Result[] {
  if ("failed" in discovery) return [fail("discovery", discovery.failed, { issuer, reason: discovery.reason })];
  const { issuer: found } = discovery;
  return [found === issuer ? ok("discovery", { issuer }) : fail("discovery", "issuerMismatch", { issuer, found })];
}

function keys({ keys }: SignInObservation): Result[] {
  if (keys === undefined) return [];
  if ("reason" in keys) return [fail("keys", "missing", keys)];
  return [ok("keys", { count: keys.count === 1 ? "1 key" : `${keys.count} keys` })];
}

function clock({ skews }: SignInObservation): Result[] {
  const worst = [...skews].sort((a, b) => Math.abs(b.seconds) - Math.abs(a.seconds))[0];
  if (worst === undefined) return [];
  const seconds = Math.abs(worst.seconds);
  const params = { whose: worst.whose, seconds };
  if (seconds >= tolerated) return [fail("clock", "clockSkew", params)];
  return [seconds > unremarkable ? fail("clock", "clockDrift", params) : ok("clock", { seconds })];
}

type Client = Extract<NonNullable<SignInObservation["client"]>, { public: boolean }>;

function restriction({ groups, allowedGroups }: Client, client: string): Result[] {
  if (allowedGroups.length === 0) return groups === undefined ? [fail("client", "unrestricted", { client })] : [];
  const wanted = [...allowedGroups].sort().join(", ");
  const found = groups === undefined ? "everyone" : [...groups].sort().join(", ") || "nobody";
  return found === wanted ? [] : [fail("client", "wrongGroups", { client, found, wanted })];
}

function client({ client, clientId }: SignInObservation): Result[] {
  if (client === undefined) return [fail("client", "untested", {})];
  if ("reason" in client) return [fail("client", "unreadable", { client: clientId, reason: client.reason })];
  if ("absent" in client) return [fail("client", "missing", { client: clientId })];
  const results = [
    ...(client.missing.length > 0
      ? [fail("client", "addresses", { client: clientId, missing: client.missing.join(", ") })]
      : []),
    ...(client.extra.length > 0
      ? [fail("client", "extraRedirect", { client: clientId, extra: client.extra.join(", ") })]
      : []),
    ...restriction(client, clientId),
    ...(client.public ? [] : [fail("client", "notPublic", { client: clientId })]),
  ];
  return results.length > 0 ? results : [ok("client", { note: `${clientId} is set up correctly` })];
}

function directory({ directory, issuer, namespace }: SignInObservation): Result[] {
  if ("reason" in directory) return [fail("directory", "unreachable", { reason: directory.reason, namespace })];
  const { status, issuer: found } = directory;
  if (found === "") return [fail("directory", "directoryMissing", { namespace })];
  if (found !== issuer) return [fail("directory", "another", { found })];
  return [status === 401 ? ok("directory", {}) : fail("directory", "open", { status, namespace })];
}

export const evaluateSignIn = (seen: SignInObservation): Result[] =>
  [discovery, keys, clock, client, directory].flatMap((judge) => judge(seen));
