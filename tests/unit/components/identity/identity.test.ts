import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { rootCertificates } from "node:tls";
import { runtime } from "@pulumi/pulumi";
import { type ClientInputs, pocketIdClient } from "../../../../components/identity/pocketId";
import { deploy, threeMailboxes } from "../../../support/deploy";
import { type FakePocketId, startPocketId } from "../../../support/pocketId";

const provider = pocketIdClient as Required<typeof pocketIdClient>;
const KEY = "S3cret-api-key";

const always = { isPublic: true, pkceEnabled: true, requiresReauthentication: true } as const;

/** What the engine tells a provider of the stack's configuration, in every command. */
const configure = (identity: Record<string, unknown>) =>
  provider.configure({
    config: { get: () => JSON.stringify(identity), require: () => JSON.stringify(identity) },
  });

/** What `pulumi config get identity` answers from then on: a command in front of all others, without which there is none. */
function configIs(identity: Record<string, unknown> | undefined): void {
  fs.rmSync(path.join(commands, "pulumi"), { force: true });
  if (identity === undefined) return;
  const says = `[ "$*" = "config get identity --stack home --non-interactive" ] && echo '${JSON.stringify(identity)}'`;
  fs.writeFileSync(path.join(commands, "pulumi"), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
}
const commands = fs.mkdtempSync(path.join(os.tmpdir(), "pulumi-command-"));
const searchPath = process.env.PATH;
beforeEach(() => {
  process.env.PATH = `${commands}${path.delimiter}/usr/bin${path.delimiter}/bin`;
});
afterEach(() => {
  process.env.PATH = searchPath;
  configIs(undefined);
  (pocketIdClient as { configured?: unknown }).configured = undefined;
});
afterAll(() => fs.rmSync(commands, { recursive: true }));

describe("the client at Pocket ID", () => {
  let server: FakePocketId;
  let inputs: ClientInputs;
  beforeEach(async () => {
    server = await startPocketId(KEY, { groups: { family: "id-of-family", "family-friends": "id-of-friends" } });
    inputs = {
      issuer: server.issuer,
      apiKey: KEY,
      clientId: "stalwart-webui",
      name: "Mail newjoy.ro",
      callbackUrls: ["https://webmail.newjoy.ro/index.php/login/oauth"],
      logoutCallbackUrls: ["https://webmail.newjoy.ro/?_task=logout"],
      allowedGroups: [],
      ...always,
    };
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

  it("a refresh finds that somebody removed the sign-in client", async () => {
    await provider.create(inputs);
    expect(await provider.read("stalwart-webui", inputs)).toMatchObject({ id: "stalwart-webui" });
    server.clients.clear();
    expect((await provider.read("stalwart-webui", inputs)).id).toBeUndefined();
  });

  it("a sign-in client that somebody changed at Pocket ID is put right after a refresh", async () => {
    const wanted = { ...inputs, allowedGroups: ["family"] };
    const drifts: [string, Record<string, unknown>][] = [
      ["name", { name: "Another name" }],
      ["callbackUrls", { callbackURLs: [...inputs.callbackUrls, "https://attacker.example/*"] }],
      ["logoutCallbackUrls", { logoutCallbackURLs: [] }],
      ["allowedGroups", { isGroupRestricted: false }],
      ["requiresReauthentication", { requiresReauthentication: false }],
      ["isPublic", { isPublic: false }],
      ["pkceEnabled", { pkceEnabled: false }],
    ];
    for (const [key, drift] of drifts) {
      await provider.update("stalwart-webui", wanted, wanted).catch(() => provider.create(wanted));
      const good = server.clients.get("stalwart-webui");
      expect(await provider.read("stalwart-webui", wanted)).toMatchObject({ props: wanted, inputs: wanted });
      server.clients.set("stalwart-webui", { ...good, ...drift });
      const { props, inputs: live } = await provider.read("stalwart-webui", wanted);
      const differing = Object.keys(wanted).filter(
        (name) => JSON.stringify(props?.[name as never]) !== JSON.stringify(wanted[name as never]),
      );
      expect([key, differing]).toEqual([key, [key]]);
      expect(live).toEqual(props);
      expect(await provider.diff("stalwart-webui", props as ClientInputs, wanted)).toMatchObject({ changes: true });
    }
  });

  it("redirect addresses in another order at Pocket ID are no change of the sign-in client", async () => {
    const two = { ...inputs, callbackUrls: ["https://b.newjoy.ro/", "https://a.newjoy.ro/"] };
    await provider.create({ ...two, callbackUrls: [...two.callbackUrls].reverse() });
    expect((await provider.read("stalwart-webui", two)).props).toEqual(two);
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

  it("the sign-in client is refreshed and removed with the configured key when the key in the state was revoked", async () => {
    await provider.create(inputs);
    const stale = { ...inputs, stack: "home" };
    server.state.apiKey = "rotated";
    server.clients.set("stalwart-webui", { ...server.clients.get("stalwart-webui"), isPublic: false });
    await configure({ issuer: server.issuer, apiKey: KEY }); // what the engine knows, when the program does not run
    configIs({ issuer: server.issuer, apiKey: "rotated" });
    expect((await provider.read("stalwart-webui", stale)).props).toEqual({ ...stale, isPublic: false });
    await provider.delete("stalwart-webui", stale);
    expect(server.clients.size).toBe(0);
  });

  it("when the key was revoked and the configuration cannot be read, the error names the command that works", async () => {
    await provider.create(inputs);
    const stale = { ...inputs, stack: "home" };
    server.state.apiKey = "rotated";
    await configure({ issuer: server.issuer, apiKey: KEY });
    const said = jest.spyOn(console, "error").mockImplementation(() => {});
    expect(await provider.read("stalwart-webui", stale)).toEqual({ id: "stalwart-webui", props: stale });
    expect(said.mock.calls.flat().join()).toMatch(/identity\.apiKey, then: pulumi refresh --run-program$/);
    said.mockRestore();
    await expect(provider.delete("stalwart-webui", stale)).rejects.toThrow(/then: pulumi destroy --run-program$/);
    await configure({ issuer: server.issuer, apiKey: "rotated" }); // with --run-program the engine knows it
    server.clients.set("stalwart-webui", { ...server.clients.get("stalwart-webui"), isPublic: false });
    expect((await provider.read("stalwart-webui", stale)).props).toEqual({ ...stale, isPublic: false });
    await provider.delete("stalwart-webui", stale);
    expect(server.clients.size).toBe(0);
  });

  it("the sign-in client stays when the key and onDestroy are removed in one update", async () => {
    await provider.create(inputs);
    await configure({ issuer: server.issuer, apiKey: KEY }); // of the last update: no such resource is in the program any more
    configIs({ issuer: server.issuer });
    await provider.delete("stalwart-webui", { ...inputs, stack: "home" });
    expect(server.clients.size).toBe(1);
  });

  it("the sign-in client is updated by another version of this program, whose text the next destroy has to run", async () => {
    const [older, newer] = ["older", "newer"].map((text) => ({ ...inputs, __provider: text }) as ClientInputs);
    expect(await provider.diff("stalwart-webui", older as ClientInputs, newer as ClientInputs)).toMatchObject({
      changes: true,
    });
  });

  it("Pocket ID is never shown a key that is for another issuer", async () => {
    await provider.create(inputs);
    await configure({ issuer: "https://id.other.example", apiKey: "of-the-other" });
    server.state.apiKey = "of-the-other";
    const changed = { ...inputs, name: "Mail" };
    const said = jest.spyOn(console, "error").mockImplementation(() => {});
    expect(await provider.read("stalwart-webui", changed)).toEqual({ id: "stalwart-webui", props: changed });
    said.mockRestore();
    server.requests.length = 0;
    await provider.delete("stalwart-webui", inputs);
    expect(server.requests).toEqual([]);
  });

  it("the sign-in client stays when the key is removed from the configuration, and is removed by destroy", async () => {
    await provider.create(inputs);
    const letGo = { ...inputs, apiKey: "" };
    server.requests.length = 0;
    expect((await provider.check(inputs, letGo)).failures).toEqual([]);
    expect(await provider.diff("stalwart-webui", inputs, letGo)).toMatchObject({ changes: true, replaces: [] });
    await provider.update("stalwart-webui", inputs, letGo);
    await provider.read("stalwart-webui", letGo);
    await provider.delete("stalwart-webui", letGo);
    expect(server.requests).toEqual([]);
    expect(server.clients.size).toBe(1);
    await configure({ issuer: server.issuer, apiKey: KEY });
    await provider.delete("stalwart-webui", inputs);
    expect(server.clients.size).toBe(0);
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
});

describe("registering with Pocket ID", () => {
  const withKey = (identity: Record<string, unknown>) => ({
    ...threeMailboxes,
    identity: { issuer: "https://auth.newjoy.ro", apiKey: KEY, ...identity },
  });
  const registrations = async (config: Record<string, unknown>) =>
    (await deploy(config)).recorder.resources.filter((r) => r.type.startsWith("pulumi-nodejs:dynamic"));

  it("without a key for Pocket ID, registering the sign-in client is left to the administrator", async () => {
    expect(await registrations(threeMailboxes)).toEqual([]);
  });

  it("the sign-in client is registered before anything in the cluster, with the key as a secret", async () => {
    const { recorder } = await deploy(withKey({}));
    const [client] = recorder.resources.filter((r) => r.type.startsWith("pulumi-nodejs:dynamic"));
    expect(client?.secretPaths).toContain("apiKey");
    expect([...recorder.upstream(recorder.object("Namespace", "stalwart-mail"))]).toContain(client?.urn);
    expect(client?.inputs).toMatchObject({
      clientId: "stalwart-webui",
      isPublic: true,
      pkceEnabled: true,
      requiresReauthentication: true,
      callbackUrls: [
        "https://webmail.newjoy.ro/index.php/login/oauth",
        "https://mail.newjoy.ro/admin/oauth/callback",
        "https://mail.newjoy.ro/account/oauth/callback",
      ],
    });
    expect(client?.inputs.__provider).not.toContain(KEY);
  });

  it("without a key, a sign-in client that destroy would remove stays in the program, so that it is released and not removed", async () => {
    const identity = { issuer: "https://auth.newjoy.ro", onDestroy: "remove" };
    const [client, ...others] = await registrations({ ...threeMailboxes, identity });
    expect([client?.inputs.apiKey, others]).toEqual(["", []]);
  });

  it("the sign-in client survives destroy unless the configuration says otherwise", async () => {
    expect((await registrations(withKey({}))).map((r) => r.retainOnDelete)).toEqual([true]);
    expect((await registrations(withKey({ onDestroy: "remove" }))).map((r) => r.retainOnDelete)).toEqual([false]);
  });
});

/** Of a server on this machine, self-signed, so its own CA; valid until 2126. */
const tls = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUcQuGewUZQ5MDPfgMFkllS3IoSFUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNjEwMTAwOVoYDzIxMjYxMTAy
MTAxMDA5WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQdJHTAploJRIFzacTX4TCtNnQD6beJB695GWHh9OgIv3MBYNsFedvs
PHVbsCS+HYcGGEIJQEu70g6rjRFfrQa/o28wbTAdBgNVHQ4EFgQUcV24TohCcHJF
q8Aw0YuUbL8dqcMwHwYDVR0jBBgwFoAUcV24TohCcHJFq8Aw0YuUbL8dqcMwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSQAwRgIhAKfP6VwFCJ2wo3LpJi+vg+YwUUTsf7xA++08krOw0IhBAiEA
qBH9knoI6ajl1ZCvX5GTtCQGUyb/elSE2/c4OcZfEMs=
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxUyLmM7wfo/2iCrB
tGHEQApp58OZip2Pz1J4HKdazSehRANCAAQdJHTAploJRIFzacTX4TCtNnQD6beJ
B695GWHh9OgIv3MBYNsFedvsPHVbsCS+HYcGGEIJQEu70g6rjRFfrQa/
-----END PRIVATE KEY-----`,
};

describe("Pocket ID with a certificate of a custom CA", () => {
  let server: FakePocketId;
  const inputs = (): ClientInputs => ({
    issuer: server.issuer,
    apiKey: KEY,
    clientId: "stalwart-webui",
    name: "Mail newjoy.ro",
    callbackUrls: [],
    logoutCallbackUrls: [],
    allowedGroups: [],
    ...always,
  });
  beforeEach(async () => {
    server = await startPocketId(KEY, { tls });
  });
  afterEach(() => server.close());

  it("a Pocket ID with an untrusted custom CA is refused before the key is sent, with the command that makes it trusted", async () => {
    const { failures } = await provider.check(inputs(), inputs());
    expect(failures?.[0]?.reason).toContain("pulumi config set --path 'trust.certificates[0]' < ca.crt");
    expect(server.requests).toEqual([]);
  });

  it("a Pocket ID with a trusted custom CA is accepted, also with the CA's text from the state", async () => {
    const trusting = { ...inputs(), trustedCertificates: [rootCertificates[0] as string, tls.cert] };
    expect((await provider.check(trusting, trusting)).failures).toEqual([]);
    const { text } = await runtime.serializeFunction(() => pocketIdClient);
    const shipped = { exports: {} as { handler: () => typeof provider } };
    new Function("exports", "require", text)(shipped.exports, require);
    const fromState = shipped.exports.handler();
    await fromState.configure({
      config: { get: () => JSON.stringify({ issuer: server.issuer, apiKey: "revoked" }) } as never,
    });
    expect((await fromState.check(trusting, trusting)).failures).toEqual([]);
    await fromState.create(trusting);
    expect([...server.clients.keys()]).toEqual(["stalwart-webui"]);
    const stale = { ...trusting, apiKey: "revoked", stack: "home" };
    configIs({ issuer: server.issuer, apiKey: KEY });
    expect((await fromState.read("stalwart-webui", stale)).props).toEqual(stale);
    await fromState.delete("stalwart-webui", stale);
    expect([...server.clients.keys()]).toEqual([]);
  });
});
