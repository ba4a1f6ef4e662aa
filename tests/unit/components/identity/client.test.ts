import type { ClientInputs } from "../../../../components/identity/pocketId";
import { startPocketId } from "../../../support/pocketId";
import { KEY, pocketIdForEachTest, provider } from "./support/client";

const at = pocketIdForEachTest();

it("the sign-in client is registered at Pocket ID as a public client with PKCE and exact redirect URIs", async () => {
  expect(await provider.create(at.inputs)).toEqual({ id: "stalwart-webui", outs: at.inputs });
  expect(at.server.clients.get("stalwart-webui")).toMatchObject({
    isPublic: true,
    pkceEnabled: true,
    callbackURLs: at.inputs.callbackUrls,
    logoutCallbackURLs: at.inputs.logoutCallbackUrls,
    skipConsent: true,
    isGroupRestricted: false,
  });
});

it("the sign-in client asks for a passkey in the device flow, also when the client existed before", async () => {
  await provider.create(at.inputs);
  expect(at.server.clients.get("stalwart-webui")).toMatchObject({ requiresReauthentication: true });
  at.server.clients.set("stalwart-webui", {
    ...at.server.clients.get("stalwart-webui"),
    requiresReauthentication: false,
  });
  const { requiresReauthentication: _, ...before } = at.inputs; // as an earlier version left it in the state
  expect(await provider.diff("stalwart-webui", before as ClientInputs, at.inputs)).toMatchObject({ changes: true });
  await provider.update("stalwart-webui", before as ClientInputs, at.inputs);
  expect(at.server.clients.get("stalwart-webui")).toMatchObject({ requiresReauthentication: true });
});

it("a sign-in client that somebody made by hand is adopted, and keeps the settings that only Pocket ID has", async () => {
  at.server.clients.set("stalwart-webui", {
    id: "stalwart-webui",
    name: "by hand",
    callbackURLs: [],
    launchURL: "https://home.newjoy.ro",
    accessTokenDurationMinutes: 30,
    refreshTokenDurationMinutes: 1440,
    credentials: { federatedIdentities: [{ issuer: "https://ci.newjoy.ro" }] },
    description: "for the family",
    skipConsent: false,
    isGroupRestricted: true,
  });
  at.server.allowed.set("stalwart-webui", ["id-of-family"]);
  await provider.create(at.inputs);
  expect(at.server.clients.size).toBe(1);
  expect(at.server.clients.get("stalwart-webui")).toMatchObject({
    name: "Mail newjoy.ro",
    callbackURLs: at.inputs.callbackUrls,
    launchURL: "https://home.newjoy.ro",
    accessTokenDurationMinutes: 30,
    refreshTokenDurationMinutes: 1440,
    credentials: { federatedIdentities: [{ issuer: "https://ci.newjoy.ro" }] },
    description: "for the family",
    skipConsent: false,
    isGroupRestricted: true,
  });
  expect(at.server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
  expect(at.server.requests).not.toContain("POST /api/oidc/clients");
});

it("a sign-in client whose id Pocket ID does not take fails with Pocket ID's answer", async () => {
  for (const clientId of ["mail@home", "mail:home", "~mail", "m", "m".repeat(129)]) {
    await expect(provider.create({ ...at.inputs, clientId })).rejects.toThrow(/HTTP 400: .*Invalid client ID/);
  }
  await provider.create({ ...at.inputs, clientId: "Mail_at-home.2" });
  expect([...at.server.clients.keys()]).toEqual(["Mail_at-home.2"]);
});

it("registering the sign-in client again and again leaves one client", async () => {
  await provider.create(at.inputs);
  const first = JSON.stringify(at.server.clients.get("stalwart-webui"));
  expect(await provider.update("stalwart-webui", at.inputs, at.inputs)).toEqual({ outs: at.inputs });
  await provider.create(at.inputs);
  expect(at.server.clients.size).toBe(1);
  expect(JSON.stringify(at.server.clients.get("stalwart-webui"))).toBe(first);
});

it("the sign-in client admits the configured groups only, and a group that does not exist is reported", async () => {
  await provider.create({ ...at.inputs, allowedGroups: ["family"] });
  expect(at.server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
  expect(at.server.clients.get("stalwart-webui")).toMatchObject({ isGroupRestricted: true });
  const { failures } = await provider.check(at.inputs, { ...at.inputs, allowedGroups: ["famly"] });
  expect(failures?.map((f) => f.reason)).toEqual([
    expect.stringMatching(/^identity\.allowedGroups: there is no group "famly" at .*Nothing was changed\./),
  ]);
});

it("the sign-in client is not touched with a wrong key, which the preview names with the command that fixes it", async () => {
  const { failures } = await provider.check(at.inputs, { ...at.inputs, apiKey: "wrong" });
  expect(failures).toEqual([
    {
      property: "apiKey",
      reason: expect.stringMatching(
        /^identity\.apiKey: .* refuses the key \(HTTP 401\)\. Nothing was changed\. Fix it: pulumi config set --secret --path identity\.apiKey$/,
      ),
    },
  ]);
  expect(JSON.stringify(failures)).not.toContain("wrong");
  expect(at.server.requests.filter((r) => !r.startsWith("GET"))).toEqual([]);
});

it("a key of a user of Pocket ID who is no administrator is refused with the same words as a wrong one", async () => {
  at.server.state.administrates = false;
  const { failures } = await provider.check(at.inputs, at.inputs);
  expect(failures?.[0]?.reason).toMatch(/^identity\.apiKey: .* refuses the key \(HTTP 403\)\. Nothing was changed\./);
});

it("the sign-in client is not changed while Pocket ID is unreachable, which the preview reports", async () => {
  await at.server.close();
  const { failures } = await provider.check(at.inputs, at.inputs);
  expect(failures?.[0]?.reason).toMatch(/^identity\.issuer: Pocket ID at .* does not answer \(ECONNREFUSED\)/);
  expect(failures?.[0]?.reason).toMatch(/Fix it, then try again: pulumi up$/);
});

it("the sign-in client is updated when anything about it changes, created anew under another id, and otherwise left alone", async () => {
  const diff = (changed: Partial<ClientInputs>) =>
    provider.diff("stalwart-webui", at.inputs, { ...at.inputs, ...changed });
  expect(await diff({})).toMatchObject({ changes: false, replaces: [] });
  const changed = { name: "Post", callbackUrls: [], logoutCallbackUrls: [], allowedGroups: ["family"], apiKey: "new" };
  for (const [key, value] of Object.entries({ ...changed, stack: "home", trustedCertificates: ["PEM"] })) {
    expect({ key, ...(await diff({ [key]: value })) }).toEqual({ key, changes: true, replaces: [] });
  }
  expect(await diff({ clientId: "mail" })).toEqual({ changes: true, replaces: ["clientId"] });
  expect(await diff({ issuer: "https://id.newjoy.ro" })).toEqual({ changes: true, replaces: ["issuer"] });
});

it("a restriction that somebody set by hand stays, however often the sign-in client is registered", async () => {
  await provider.create(at.inputs);
  at.server.clients.set("stalwart-webui", { ...at.server.clients.get("stalwart-webui"), isGroupRestricted: true });
  at.server.allowed.set("stalwart-webui", ["id-of-family"]);
  expect(await provider.read("stalwart-webui", at.inputs)).toMatchObject({ props: at.inputs, inputs: at.inputs });
  await provider.update("stalwart-webui", at.inputs, { ...at.inputs, name: "Mail" });
  expect(at.server.clients.get("stalwart-webui")).toMatchObject({ name: "Mail", isGroupRestricted: true });
  expect(at.server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
});

it("a group is found behind a hundred other groups of a similar name", async () => {
  await at.server.close();
  const many = Array.from({ length: 250 }, (_, n): [string, string] => [`family-${n}`, `id-${n}`]);
  at.server = await startPocketId(KEY, { groups: Object.fromEntries([...many, ["family", "id-of-family"]]) });
  await provider.create({ ...at.inputs, issuer: at.server.issuer, allowedGroups: ["family"] });
  expect(at.server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
});

it.each([
  ["3.0.0", /is version 3\.0\.0, which has another API/],
  ["2.9.1", /is version 2\.9\.1, and at least 2\.10\.0 is needed/],
  ["1.16.0", /at least 2\.10\.0/],
  ["2.10.0", undefined],
  ["v2.14.0", undefined],
  ["2.100.0", undefined],
  ["unknown", undefined],
  [undefined, /is older than 2\.4, and at least 2\.10\.0 is needed/],
])("registering the sign-in client asks Pocket ID for its version first: %s", async (version, expected) => {
  at.server.state.version = version;
  const { inputs, failures } = await provider.check(at.inputs, at.inputs);
  expect(inputs).toEqual(at.inputs);
  if (expected === undefined) expect(failures).toEqual([]);
  else expect(failures?.[0]?.reason).toMatch(expected);
  if (expected !== undefined) expect(at.server.requests).toEqual(["GET /api/version/current"]);
});

it("removing the sign-in client a second time succeeds", async () => {
  await provider.create(at.inputs);
  await provider.delete("stalwart-webui", at.inputs);
  await provider.delete("stalwart-webui", at.inputs);
  expect(at.server.clients.size).toBe(0);
});

it("removing the sign-in client fails while Pocket ID is unreachable, and blames no key", async () => {
  await at.server.close();
  await expect(provider.delete("stalwart-webui", at.inputs)).rejects.toThrow(/try again: pulumi up$/);
});
