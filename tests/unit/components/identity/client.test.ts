import type { ClientInputs } from "../../../../components/identity/pocketId";
import { type FakePocketId, startPocketId } from "../../../support/pocketId";
import { inputsFor, KEY, provider } from "./support/client";

let server: FakePocketId;
let inputs: ClientInputs;
beforeEach(async () => {
  server = await startPocketId(KEY, { groups: { family: "id-of-family", "family-friends": "id-of-friends" } });
  inputs = inputsFor(server.issuer);
});
afterEach(() => server.close());

it("the sign-in client is registered at Pocket ID as a public client with PKCE and exact redirect URIs", async () => {
  expect(await provider.create(inputs)).toEqual({ id: "stalwart-webui", outs: inputs });
  expect(server.clients.get("stalwart-webui")).toMatchObject({
    isPublic: true,
    pkceEnabled: true,
    callbackURLs: inputs.callbackUrls,
    logoutCallbackURLs: inputs.logoutCallbackUrls,
    isGroupRestricted: false,
  });
});

it("the sign-in client asks for a passkey in the device flow, also when the client existed before", async () => {
  await provider.create(inputs);
  expect(server.clients.get("stalwart-webui")).toMatchObject({ requiresReauthentication: true });
  server.clients.set("stalwart-webui", { ...server.clients.get("stalwart-webui"), requiresReauthentication: false });
  const { requiresReauthentication: _, ...before } = inputs; // as an earlier version left it in the state
  expect(await provider.diff("stalwart-webui", before as ClientInputs, inputs)).toMatchObject({ changes: true });
  await provider.update("stalwart-webui", before as ClientInputs, inputs);
  expect(server.clients.get("stalwart-webui")).toMatchObject({ requiresReauthentication: true });
});

it("a sign-in client that somebody made by hand is adopted, and keeps the settings that only Pocket ID has", async () => {
  server.clients.set("stalwart-webui", {
    id: "stalwart-webui",
    name: "by hand",
    callbackURLs: [],
    launchURL: "https://home.newjoy.ro",
    accessTokenDurationMinutes: 30,
    description: "for the family",
    skipConsent: false,
    isGroupRestricted: true,
  });
  server.allowed.set("stalwart-webui", ["id-of-family"]);
  await provider.create(inputs);
  expect(server.clients.size).toBe(1);
  expect(server.clients.get("stalwart-webui")).toMatchObject({
    name: "Mail newjoy.ro",
    callbackURLs: inputs.callbackUrls,
    launchURL: "https://home.newjoy.ro",
    accessTokenDurationMinutes: 30,
    description: "for the family",
    skipConsent: false,
    isGroupRestricted: true,
  });
  expect(server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
  expect(server.requests).not.toContain("POST /api/oidc/clients");
});

it("registering the sign-in client again and again leaves one client", async () => {
  await provider.create(inputs);
  const first = JSON.stringify(server.clients.get("stalwart-webui"));
  await provider.update("stalwart-webui", inputs, inputs);
  await provider.create(inputs);
  expect(server.clients.size).toBe(1);
  expect(JSON.stringify(server.clients.get("stalwart-webui"))).toBe(first);
});

it("the sign-in client admits the configured groups only, and a group that does not exist is reported", async () => {
  await provider.create({ ...inputs, allowedGroups: ["family"] });
  expect(server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
  expect(server.clients.get("stalwart-webui")).toMatchObject({ isGroupRestricted: true });
  const { failures } = await provider.check(inputs, { ...inputs, allowedGroups: ["famly"] });
  expect(failures?.map((f) => f.reason)).toEqual([
    expect.stringMatching(/^identity\.allowedGroups: there is no group "famly" at .*Nothing was changed\./),
  ]);
});

it("the sign-in client is not touched with a wrong key, which the preview names with the command that fixes it", async () => {
  const { failures } = await provider.check(inputs, { ...inputs, apiKey: "wrong" });
  expect(failures).toEqual([
    {
      property: "apiKey",
      reason: expect.stringMatching(
        /^identity\.apiKey: .* refuses the key \(HTTP 401\)\. Nothing was changed\. Fix it: pulumi config set --secret --path identity\.apiKey$/,
      ),
    },
  ]);
  expect(JSON.stringify(failures)).not.toContain("wrong");
  expect(server.requests.filter((r) => !r.startsWith("GET"))).toEqual([]);
});

it("the sign-in client is not changed while Pocket ID is unreachable, which the preview reports", async () => {
  await server.close();
  const { failures } = await provider.check(inputs, inputs);
  expect(failures?.[0]?.reason).toMatch(/^identity\.issuer: Pocket ID at .* does not answer \(ECONNREFUSED\)/);
});

it("the sign-in client is updated when anything about it changes, created anew under another id, and otherwise left alone", async () => {
  const diff = (changed: Partial<ClientInputs>) => provider.diff("stalwart-webui", inputs, { ...inputs, ...changed });
  expect(await diff({})).toMatchObject({ changes: false, replaces: [] });
  expect(await diff({ callbackUrls: ["https://post.newjoy.ro/"] })).toMatchObject({ changes: true, replaces: [] });
  expect(await diff({ apiKey: "new" })).toMatchObject({ changes: true, replaces: [] });
  expect(await diff({ clientId: "mail" })).toMatchObject({ changes: true, replaces: ["clientId"] });
});

it("a restriction that somebody set by hand stays, however often the sign-in client is registered", async () => {
  await provider.create(inputs);
  server.clients.set("stalwart-webui", { ...server.clients.get("stalwart-webui"), isGroupRestricted: true });
  server.allowed.set("stalwart-webui", ["id-of-family"]);
  await provider.update("stalwart-webui", inputs, { ...inputs, name: "Mail" });
  expect(server.clients.get("stalwart-webui")).toMatchObject({ name: "Mail", isGroupRestricted: true });
  expect(server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
});

it("a group is found behind a hundred other groups of a similar name", async () => {
  await server.close();
  const many = Array.from({ length: 250 }, (_, n): [string, string] => [`family-${n}`, `id-${n}`]);
  server = await startPocketId(KEY, { groups: Object.fromEntries([...many, ["family", "id-of-family"]]) });
  await provider.create({ ...inputs, issuer: server.issuer, allowedGroups: ["family"] });
  expect(server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
});

it.each([
  ["3.0.0", /is version 3\.0\.0, which has another API/],
  ["2.9.1", /is version 2\.9\.1, and at least 2\.10\.0 is needed/],
  ["1.16.0", /at least 2\.10\.0/],
  ["2.10.0", undefined],
  ["v2.14.0", undefined],
  ["2.100.0", undefined],
  ["unknown", undefined],
])("registering the sign-in client asks Pocket ID for its version first: %s", async (version, expected) => {
  server.state.version = version;
  const { failures } = await provider.check(inputs, inputs);
  if (expected === undefined) expect(failures).toEqual([]);
  else expect(failures?.[0]?.reason).toMatch(expected);
  if (expected !== undefined) expect(server.requests).toEqual(["GET /api/version/current"]);
});

it("removing the sign-in client a second time succeeds", async () => {
  await provider.create(inputs);
  await provider.delete("stalwart-webui", inputs);
  await provider.delete("stalwart-webui", inputs);
  expect(server.clients.size).toBe(0);
});
