import type { SignInObservation } from "../../../../../doctor/checks/signIn/collect";
import { evaluateSignIn } from "../../../../../doctor/checks/signIn/evaluate";
import { signInMessages } from "../../../../../doctor/checks/signIn/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const issuer = "https://auth.newjoy.ro";
const good: SignInObservation = {
  namespace: "stalwart-mail",
  issuer,
  clientId: "stalwart-webui",
  discovery: { issuer },
  keys: { count: 1 },
  skews: [
    { whose: "this machine's", seconds: 1 },
    { whose: "the cluster's", seconds: -2 },
  ],
  client: { public: true, missing: [], extra: [], groups: ["family"], allowedGroups: ["family"] },
  directory: { issuer, status: 401 },
};
const say = (change: Partial<SignInObservation>) => evaluateSignIn({ ...good, ...change });
const client = (change: object) => say({ client: { ...good.client, ...change } as never });
const discovery = (failed: "unreachable" | "untrusted" | "noIssuer", reason: string) =>
  say({ discovery: { failed, reason } });

const { client: _, ...withoutClient } = good;
const untested = evaluateSignIn(withoutClient);

reportsOkForAWorkingStack(say({}), signInMessages.catalog);

reportsEveryFailure(signInMessages.catalog, {
  "discovery.unreachable": discovery("unreachable", "connection refused"),
  "discovery.untrusted": discovery("untrusted", "SELF_SIGNED_CERT_IN_CHAIN"),
  "discovery.noIssuer": discovery("noIssuer", "HTTP 404"),
  "discovery.issuerMismatch": say({ discovery: { issuer: `${issuer}/` } }),
  "keys.missing": say({ keys: { url: `${issuer}/jwks`, reason: "HTTP 500" } }),
  "clock.clockSkew": say({ skews: [{ whose: "the cluster's", seconds: -75 }] }),
  "clock.clockDrift": say({ skews: [{ whose: "this machine's", seconds: 30 }] }),
  "client.untested": untested,
  "client.unreadable": say({ client: { reason: "HTTP 401" } }),
  "client.missing": say({ client: { absent: true } }),
  "client.addresses": client({ missing: ["https://mail.newjoy.ro/admin/oauth/callback"] }),
  "client.notPublic": client({ public: false }),
  "client.extraRedirect": client({ extra: ["https://attacker.example/"] }),
  "client.wrongGroups": client({ groups: undefined }),
  "client.unrestricted": client({ groups: undefined, allowedGroups: [] }),
  "directory.unreachable": say({ directory: { reason: "there is no pod" } }),
  "directory.directoryMissing": say({ directory: { issuer: "", status: 401 } }),
  "directory.another": say({ directory: { issuer: "https://auth.other.test", status: 401 } }),
  "directory.open": say({ directory: { issuer, status: 200 } }),
});

test("without a key for Pocket ID's API the client is unknown", () => {
  expect(untested.find(({ check }) => check === "client")?.level).toBe("unknown");
});

test("a wrong slash in the issuer's name is reported with the command that fixes it", () => {
  const [told] = say({ discovery: { issuer: `${issuer}/` } });
  expect(told?.fix).toBe("`pulumi config set --path identity.issuer https://auth.newjoy.ro/`, then `pulumi up`");
});

test("a client whose groups were all taken away is reported as one that nobody may use", () => {
  const [, , , told] = client({ groups: [] });
  expect(told).toMatchObject({ code: "wrongGroups", message: expect.stringContaining("nobody") });
});

test("the keys that an issuer publishes are counted", () => {
  expect(say({ keys: { count: 2 } })[1]?.message).toContain("2 keys");
  expect(say({})[1]?.message).toContain("1 key");
});
