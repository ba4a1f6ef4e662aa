import { z } from "zod";
import { type HttpResponse, httpRequest, parseResponse } from "../../../lib/http";
import { reasonOf } from "../../../lib/reason";
import { forwarded } from "../../clients/mailServer";

export interface SignInObservation {
  readonly namespace: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly discovery:
    | { readonly issuer: string }
    | { readonly failed: "unreachable" | "untrusted" | "noIssuer"; readonly reason: string };
  readonly keys?: { readonly count: number } | { readonly url: string; readonly reason: string };
  /** Seconds by which another clock is ahead of the issuer's. */
  readonly skews: readonly { readonly whose: string; readonly seconds: number }[];
  /** Absent without a key for Pocket ID's API. */
  readonly client?:
    | { readonly reason: string }
    | { readonly absent: true }
    | {
        readonly public: boolean;
        readonly missing: readonly string[];
        /** Redirect URIs that are not the stack's. */
        readonly extra: readonly string[];
        /** The groups that may sign in; absent if every user may. */
        readonly groups?: readonly string[];
        /** Those of the configuration; empty when it leaves that to Pocket ID. */
        readonly allowedGroups: readonly string[];
      };
  readonly directory:
    | { readonly reason: string }
    /** The issuer that the server reports, empty if it is the server itself; and its response to an invalid token. */
    | { readonly issuer: string; readonly status: number };
}

const discoveryShape = z.object({ issuer: z.string(), jwks_uri: z.url() });
const keySetShape = z.object({ keys: z.array(z.object({ kty: z.string() })).min(1) });
const clientShape = z.object({
  isPublic: z.boolean(),
  callbackURLs: z.array(z.string()).nullish(),
  logoutCallbackURLs: z.array(z.string()).nullish(),
  isGroupRestricted: z.boolean().nullish(),
  allowedUserGroups: z.array(z.object({ name: z.string() })).nullish(),
});

function parsed<T>(shape: z.ZodType<T>, response: HttpResponse): { value: T } | { reason: string } {
  try {
    return { value: parseResponse(shape, response) };
  } catch (problem) {
    return { reason: reasonOf(problem) };
  }
}

export interface SignInArgs {
  readonly namespace: string;
  readonly domain: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly apiKey?: string | undefined;
  readonly redirectUris: readonly string[];
  readonly logoutRedirectUris: readonly string[];
  readonly allowedGroups: readonly string[];
  readonly ca: readonly string[];
  readonly limit: number;
  /** Base URL of the mail server's HTTP port, for as long as it is needed. */
  readonly server: Promise<string>;
}

export interface IssuerArgs extends Pick<SignInArgs, "issuer" | "ca" | "limit"> {
  /** By how many seconds the cluster's clock is ahead of this machine's, if known. */
  readonly clusterAhead: Promise<number | undefined>;
}

export type IssuerObservation = Pick<SignInObservation, "discovery" | "keys" | "skews">;

export async function collectIssuer({ issuer, ca, limit, clusterAhead }: IssuerArgs): Promise<IssuerObservation> {
  let answer: HttpResponse;
  const started = Date.now();
  try {
    answer = await httpRequest(`${issuer}/.well-known/openid-configuration`, { ca, limit });
  } catch (problem) {
    const { code = "" } = problem as NodeJS.ErrnoException;
    const untrusted = /CERT|SIGNATURE|ISSUER|ALTNAME/.test(code);
    return {
      discovery: { failed: untrusted ? "untrusted" : "unreachable", reason: untrusted ? code : reasonOf(problem) },
      skews: [],
    };
  }
  const here = (started + Date.now()) / 2;
  const ahead = answer.date === undefined ? undefined : Math.round((here - answer.date - 500) / 1000);
  const cluster = await clusterAhead;
  const skews = [
    ...(ahead === undefined ? [] : [{ whose: "this machine's", seconds: ahead }]),
    ...(ahead === undefined || cluster === undefined
      ? []
      : [{ whose: "the cluster's", seconds: Math.round(ahead + cluster) }]),
  ];
  const document = parsed(discoveryShape, answer);
  if ("reason" in document) return { discovery: { failed: "noIssuer", reason: document.reason }, skews };
  const { issuer: found, jwks_uri: url } = document.value;
  const keys = await httpRequest(url, { ca, limit }).then(
    (reply) => parsed(keySetShape, reply),
    (problem) => ({ reason: reasonOf(problem) }),
  );
  return {
    discovery: { issuer: found },
    keys: "value" in keys ? { count: keys.value.keys.length } : { url, reason: keys.reason },
    skews,
  };
}

async function collectClient(args: SignInArgs): Promise<Pick<SignInObservation, "client">> {
  const { apiKey, issuer, clientId, ca, limit } = args;
  if (apiKey === undefined) return {};
  try {
    const url = `${issuer}/api/oidc/clients/${encodeURIComponent(clientId)}`;
    const answer = await httpRequest(url, { ca, limit, headers: { "X-API-Key": apiKey } });
    if (answer.status === 404) return { client: { absent: true } };
    const reply = parsed(clientShape, answer);
    if ("reason" in reply) return { client: reply };
    const { isPublic, callbackURLs, logoutCallbackURLs } = reply.value;
    const missing = [
      ...args.redirectUris.filter((uri) => !callbackURLs?.includes(uri)),
      ...args.logoutRedirectUris.filter((uri) => !logoutCallbackURLs?.includes(uri)),
    ];
    const extra = (callbackURLs ?? []).filter((uri) => !args.redirectUris.includes(uri));
    const groups = (reply.value.allowedUserGroups ?? []).map(({ name }) => name);
    const restriction = reply.value.isGroupRestricted ? { groups } : {};
    return { client: { public: isPublic, missing, extra, allowedGroups: args.allowedGroups, ...restriction } };
  } catch (problem) {
    return { client: { reason: reasonOf(problem) } };
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Has the form of a token, signed with a key that does not exist: the server refuses it without counting it as a failed login. */
const wrongToken = [part({ alg: "RS256", typ: "JWT", kid: "doctor" }), part({ sub: "doctor" }), "AAAA"].join(".");

/**
 * Stalwart returns a mail address's issuer without a login (crates/http/src/auth/oauth/auth.rs): the document of the
 * directory that it has loaded, or without one its own, which has an empty issuer over plain HTTP.
 */
async function collectDirectory({ server, domain, limit }: SignInArgs): Promise<SignInObservation["directory"]> {
  try {
    const base = await server;
    const [discovered, refused] = await Promise.all([
      httpRequest(`${base}/api/discover/postmaster@${domain}`, { limit, headers: forwarded }),
      httpRequest(`${base}/jmap/session`, { limit, headers: { ...forwarded, Authorization: `Bearer ${wrongToken}` } }),
    ]);
    const document = parsed(z.object({ issuer: z.string() }), discovered);
    if ("reason" in document) return { reason: document.reason };
    return { issuer: document.value.issuer, status: refused.status };
  } catch (problem) {
    return { reason: reasonOf(problem) };
  }
}

/** The issuer's document is fetched once, because other checks need it, too. */
export async function collectSignIn(
  args: SignInArgs,
  issuerAnswer: Promise<IssuerObservation>,
): Promise<SignInObservation> {
  const { namespace, issuer, clientId } = args;
  const [parts, client, directory] = await Promise.all([issuerAnswer, collectClient(args), collectDirectory(args)]);
  return { namespace, issuer, clientId, ...parts, ...client, directory };
}
