import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  collectIssuer,
  collectSignIn,
  type IssuerArgs,
  type SignInArgs,
} from "../../../../../doctor/checks/signIn/collect";
import { evaluateSignIn } from "../../../../../doctor/checks/signIn/evaluate";
import { PrivateCa } from "../../../../rig/ca";
import { listen } from "../../../../support/listen";

const folder = mkdtempSync(join(tmpdir(), "doctor-sign-in-"));
const privateCa = new PrivateCa(folder);
const pair = privateCa.issue("localhost");
const servers: http.Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

/** What a server answers, by path: a value is sent as JSON, a number is a status. */
type Pages = Record<string, unknown>;

interface Serving {
  readonly tls: boolean;
  /** What its clock shows; null if it does not say. */
  readonly date?: Date | null;
}

/** Stalwart counts whatever else is sent as a failed login, for which it bans an address. */
function isToken(authorization = ""): boolean {
  const [, ...parts] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(authorization) ?? [];
  const [header, claims] = parts.map((part) => Buffer.from(part, "base64url").toString());
  return parts.length === 3 && JSON.parse(header ?? "").alg === "RS256" && "sub" in JSON.parse(claims ?? "");
}

async function serve(make: (base: string) => Pages, options: Serving): Promise<string> {
  let pages: Pages = {};
  const answer: http.RequestListener = ({ url = "", headers }, response) => {
    const page = pages[url] ?? 404;
    response.sendDate = options.date !== null;
    if (options.date) response.setHeader("date", options.date.toUTCString());
    if (url === "/jmap/session") response.writeHead(isToken(headers.authorization) ? Number(page) : 500).end();
    else if (url.startsWith("/api/oidc") && headers["x-api-key"] !== "key") response.writeHead(401).end();
    else if (typeof page === "number") response.writeHead(page).end();
    else response.end(JSON.stringify(page));
  };
  const server = options.tls
    ? https.createServer({ key: readFileSync(pair.key), cert: readFileSync(pair.cert) }, answer)
    : http.createServer(answer);
  servers.push(server);
  const base = `${options.tls ? "https" : "http"}://localhost:${await listen(server)}`;
  pages = make(base);
  return base;
}

const callback = "https://webmail.newjoy.ro/index.php/login/oauth";
const client = {
  isPublic: true,
  callbackURLs: [callback],
  logoutCallbackURLs: ["https://webmail.newjoy.ro/?_task=logout"],
  isGroupRestricted: true,
  allowedUserGroups: [{ name: "family" }],
};

interface Otherwise {
  readonly issuer?: (base: string) => Pages;
  readonly stalwart?: (issuer: string) => Pages;
  readonly date?: Date;
  readonly args?: Partial<SignInArgs & IssuerArgs>;
  readonly without?: "apiKey";
}

async function codes({ issuer: more = () => ({}), stalwart = () => ({}), date, args, without }: Otherwise = {}) {
  const issuer = await serve(
    (base) => ({
      "/.well-known/openid-configuration": { issuer: base, jwks_uri: `${base}/jwks` },
      "/jwks": { keys: [{ kty: "RSA" }] },
      "/api/oidc/clients/stalwart-webui": client,
      ...more(base),
    }),
    { tls: true, ...(date && { date }) },
  );
  const server = await serve(
    () => ({ "/api/discover/postmaster@newjoy.ro": { issuer }, "/jmap/session": 401, ...stalwart(issuer) }),
    { tls: false },
  );
  const all = {
    namespace: "stalwart-mail",
    domain: "newjoy.ro",
    issuer,
    clientId: "stalwart-webui",
    ...(without !== "apiKey" && { apiKey: "key" }),
    redirectUris: [callback],
    logoutRedirectUris: ["https://webmail.newjoy.ro/?_task=logout"],
    allowedGroups: [],
    ca: [readFileSync(privateCa.cert, "utf8")],
    limit: 60_000,
    clusterAhead: Promise.resolve(0),
    server: Promise.resolve(server),
    ...args,
  };
  const seen = await collectSignIn(all, collectIssuer(all));
  const wrong = evaluateSignIn(seen).filter(({ level }) => level !== "ok");
  return wrong.map(({ check, code }) => `${check}.${code}`);
}

const document = (page: unknown) => ({ issuer: () => ({ "/.well-known/openid-configuration": page }) });

test("a working issuer, client and server have no failures", async () => {
  expect(await codes()).toEqual([]);
});

test("an additional slash in the issuer's own name is found", async () => {
  const issuer = (base: string) => ({
    "/.well-known/openid-configuration": { issuer: `${base}/`, jwks_uri: `${base}/jwks` },
  });
  expect(await codes({ issuer })).toEqual(["discovery.issuerMismatch"]);
});

test("an issuer that is unreachable, not trusted or not an issuer has its own result each", async () => {
  const away = { args: { issuer: "https://localhost:1" } };
  expect(await codes(away)).toEqual(expect.arrayContaining(["discovery.unreachable"]));
  expect(await codes({ args: { ca: [] } })).toEqual(["discovery.untrusted", "client.unreadable"]);
  expect(await codes(document(404))).toEqual(["discovery.noIssuer"]);
  expect(await codes(document({ hello: "world" }))).toEqual(["discovery.noIssuer"]);
});

test("an issuer that is not trusted is reported with its certificate's fault, and one that is unreachable with its own", async () => {
  const clusterAhead = Promise.resolve(0);
  const issuers = [await serve(() => ({}), { tls: true }), "https://localhost:1"];
  const seen = issuers.map((issuer) => collectIssuer({ issuer, ca: [], limit: 60_000, clusterAhead }));
  expect((await Promise.all(seen)).map(({ discovery }) => discovery)).toEqual([
    { failed: "untrusted", reason: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
    { failed: "unreachable", reason: "connection refused" },
  ]);
});

test("without an API key the sign-in client is not asked for, and is reported as not tested", async () => {
  const issuer = () => ({ "/api/oidc/clients/stalwart-webui": 500 });
  expect(await codes({ issuer })).toEqual(["client.unreadable"]);
  expect(await codes({ issuer, without: "apiKey" })).toEqual(["client.untested"]);
});

test("an issuer's key set that is empty or missing is found", async () => {
  expect(await codes({ issuer: () => ({ "/jwks": { keys: [] } }) })).toEqual(["keys.missing"]);
  expect(await codes({ issuer: () => ({ "/jwks": 500 }) })).toEqual(["keys.missing"]);
});

test("a client that is missing, lacks a redirect URI, is not public or not readable has its own result each", async () => {
  const of = (page: unknown) => ({ issuer: () => ({ "/api/oidc/clients/stalwart-webui": page }) });
  expect(await codes(of(404))).toEqual(["client.missing"]);
  expect(await codes(of({ ...client, callbackURLs: [`${callback}/`] }))).toEqual([
    "client.addresses",
    "client.extraRedirect",
  ]);
  expect(await codes(of({ ...client, logoutCallbackURLs: null }))).toEqual(["client.addresses"]);
  expect(await codes(of({ ...client, isPublic: false }))).toEqual(["client.notPublic"]);
  expect(await codes({ args: { apiKey: "wrong" } })).toEqual(["client.unreadable"]);
});

test("a client that also returns to other addresses, or whose restriction was lifted or does not exist, is found", async () => {
  const of = (page: object, allowedGroups: readonly string[] = []) => ({
    issuer: () => ({ "/api/oidc/clients/stalwart-webui": { ...client, ...page } }),
    args: { allowedGroups },
  });
  expect(await codes(of({ callbackURLs: [callback, "https://*.example/"] }))).toEqual(["client.extraRedirect"]);
  expect(await codes(of({ isGroupRestricted: false }))).toEqual(["client.unrestricted"]);
  expect(await codes(of({ isGroupRestricted: false }, ["family"]))).toEqual(["client.wrongGroups"]);
  expect(await codes(of({ allowedUserGroups: [{ name: "guests" }] }, ["family"]))).toEqual(["client.wrongGroups"]);
  const groups = ["a", "b"].map((name) => ({ name }));
  expect(await codes(of({ allowedUserGroups: groups }, ["b", "a"]))).toEqual([]);
  expect(await codes(of({ allowedUserGroups: groups.toReversed() }, ["a", "b"]))).toEqual([]);
});

test("a clock of the issuer or the cluster that is minutes off is found", async () => {
  expect(await codes({ date: new Date(Date.now() - 300_000) })).toEqual(["clock.clockSkew"]);
  expect(await codes({ args: { clusterAhead: Promise.resolve(-30) } })).toEqual(["clock.clockDrift"]);
});

test("a cluster's clock is compared with the issuer's, and this machine's in between does not count", async () => {
  const issuer = await serve(() => ({}), { tls: true, date: new Date(Date.now() - 300_000) });
  const ca = [readFileSync(privateCa.cert, "utf8")];
  const { skews } = await collectIssuer({ issuer, ca, limit: 60_000, clusterAhead: Promise.resolve(-300) });
  const [here = 0, cluster = 0] = skews.map(({ seconds }) => seconds);
  expect(Math.abs(here - 300)).toBeLessThan(60);
  expect(Math.abs(cluster)).toBeLessThan(60);
});

test("clocks are compared as far as they are known", async () => {
  const skews = async (date: Date | null, cluster: number | undefined) => {
    const issuer = await serve(() => ({}), { tls: true, date });
    const ca = [readFileSync(privateCa.cert, "utf8")];
    const clusterAhead = Promise.resolve(cluster);
    return (await collectIssuer({ issuer, ca, limit: 60_000, clusterAhead })).skews.map(({ whose }) => whose);
  };
  expect(await skews(new Date(), 0)).toEqual(["this machine's", "the cluster's"]);
  expect(await skews(new Date(), undefined)).toEqual(["this machine's"]);
  expect(await skews(null, 0)).toEqual([]);
});

test("a mail server that started while the issuer was down names no issuer", async () => {
  const stalwart = () => ({ "/api/discover/postmaster@newjoy.ro": { issuer: "" } });
  expect(await codes({ stalwart })).toEqual(["directory.directoryMissing"]);
});

test("a mail server with another issuer, one that accepts any token and one that is down have their own result each", async () => {
  const other = () => ({ "/api/discover/postmaster@newjoy.ro": { issuer: "https://auth.other.test" } });
  expect(await codes({ stalwart: other })).toEqual(["directory.another"]);
  expect(await codes({ stalwart: () => ({ "/jmap/session": 200 }) })).toEqual(["directory.open"]);
  const server = Promise.reject(new Error("there is no pod"));
  expect(await codes({ args: { server } })).toEqual(["directory.unreachable"]);
});
