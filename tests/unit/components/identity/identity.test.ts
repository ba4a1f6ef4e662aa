import { rootCertificates } from "node:tls";
import { runtime } from "@pulumi/pulumi";
import { type ClientInputs, pocketIdClient } from "../../../../components/identity/pocketId";
import { deploy, threeMailboxes } from "../../../support/deploy";
import { type PocketIdStandIn, startPocketId } from "../../../support/pocketId";

const provider = pocketIdClient as Required<typeof pocketIdClient>;
const KEY = "S3cret-api-key";

describe("the client at Pocket ID", () => {
  let server: PocketIdStandIn;
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
    };
  });
  afterEach(() => server.close());

  it("is registered as a public client with PKCE and exact redirect URIs", async () => {
    expect(await provider.create(inputs)).toEqual({ id: "stalwart-webui", outs: inputs });
    expect(server.clients.get("stalwart-webui")).toMatchObject({
      isPublic: true,
      pkceEnabled: true,
      callbackURLs: inputs.callbackUrls,
      logoutCallbackURLs: inputs.logoutCallbackUrls,
      isGroupRestricted: false,
    });
  });

  it("is adopted when somebody made it by hand, and keeps what only they knew", async () => {
    server.clients.set("stalwart-webui", {
      id: "stalwart-webui",
      name: "by hand",
      callbackURLs: [],
      launchURL: "https://home.newjoy.ro",
      accessTokenDurationMinutes: 30,
    });
    await provider.create(inputs);
    expect(server.clients.size).toBe(1);
    expect(server.clients.get("stalwart-webui")).toMatchObject({
      name: "Mail newjoy.ro",
      callbackURLs: inputs.callbackUrls,
      launchURL: "https://home.newjoy.ro",
      accessTokenDurationMinutes: 30,
    });
    expect(server.requests).not.toContain("POST /api/oidc/clients");
  });

  it("stays one client however often it is registered", async () => {
    await provider.create(inputs);
    const first = JSON.stringify(server.clients.get("stalwart-webui"));
    await provider.update("stalwart-webui", inputs, inputs);
    await provider.create(inputs);
    expect(server.clients.size).toBe(1);
    expect(JSON.stringify(server.clients.get("stalwart-webui"))).toBe(first);
  });

  it("lets in the named groups only, and says when there is no such group", async () => {
    await provider.create({ ...inputs, allowedGroups: ["family"] });
    expect(server.allowed.get("stalwart-webui")).toEqual(["id-of-family"]);
    expect(server.clients.get("stalwart-webui")).toMatchObject({ isGroupRestricted: true });
    const { failures } = await provider.check(inputs, { ...inputs, allowedGroups: ["famly"] });
    expect(failures?.map((f) => f.reason)).toEqual([
      expect.stringMatching(/^identity\.allowedGroups: there is no group "famly" at .*Nothing was changed\./),
    ]);
  });

  it("is not touched with a wrong key, which the preview names with the command that mends it", async () => {
    const { failures } = await provider.check(inputs, { ...inputs, apiKey: "wrong" });
    expect(failures).toEqual([
      {
        property: "apiKey",
        reason: expect.stringMatching(
          /^identity\.apiKey: .* refuses the key \(HTTP 403\)\. Nothing was changed\. Mend it: pulumi config set --secret --path identity\.apiKey$/,
        ),
      },
    ]);
    expect(JSON.stringify(failures)).not.toContain("wrong");
    expect(server.requests.filter((r) => !r.startsWith("GET"))).toEqual([]);
  });

  it("is not touched while the server is away, which the preview says", async () => {
    await server.close();
    const { failures } = await provider.check(inputs, inputs);
    expect(failures?.[0]?.reason).toMatch(/^identity\.issuer: Pocket ID at .* does not answer \(ECONNREFUSED\)/);
  });

  it("is updated when anything about it changes, made anew under another id, and otherwise left alone", async () => {
    const diff = (changed: Partial<ClientInputs>) => provider.diff("stalwart-webui", inputs, { ...inputs, ...changed });
    expect(await diff({})).toMatchObject({ changes: false, replaces: [] });
    expect(await diff({ callbackUrls: ["https://post.newjoy.ro/"] })).toMatchObject({ changes: true, replaces: [] });
    expect(await diff({ apiKey: "new" })).toMatchObject({ changes: true, replaces: [] });
    expect(await diff({ clientId: "mail" })).toMatchObject({ changes: true, replaces: ["clientId"] });
  });

  it("is missed by a refresh when somebody removed it", async () => {
    await provider.create(inputs);
    expect(await provider.read("stalwart-webui", inputs)).toMatchObject({ id: "stalwart-webui" });
    server.clients.clear();
    expect((await provider.read("stalwart-webui", inputs)).id).toBeUndefined();
  });

  it("can be removed twice", async () => {
    await provider.create(inputs);
    await provider.delete("stalwart-webui", inputs);
    await provider.delete("stalwart-webui", inputs);
    expect(server.clients.size).toBe(0);
  });
});

describe("registering with Pocket ID", () => {
  const withKey = (identity: Record<string, unknown>) => ({
    ...threeMailboxes,
    identity: { apiKey: KEY, ...identity },
  });
  const registrations = async (config: Record<string, unknown>) =>
    (await deploy(config)).recorder.resources.filter((r) => r.type.startsWith("pulumi-nodejs:dynamic"));

  it("is left to people unless there is a key", async () => {
    expect(await registrations(threeMailboxes)).toEqual([]);
  });

  it("comes before anything in the cluster, with the key as a secret", async () => {
    const { recorder } = await deploy(withKey({}));
    const [client] = recorder.resources.filter((r) => r.type.startsWith("pulumi-nodejs:dynamic"));
    expect(client?.secretPaths).toContain("apiKey");
    expect([...recorder.upstream(recorder.object("Namespace", "stalwart-mail"))]).toContain(client?.urn);
    expect(client?.inputs).toMatchObject({
      clientId: "stalwart-webui",
      callbackUrls: [
        "https://webmail.newjoy.ro/index.php/login/oauth",
        "https://mail.newjoy.ro/admin/oauth/callback",
        "https://mail.newjoy.ro/account/oauth/callback",
      ],
    });
    expect(client?.inputs.__provider).not.toContain(KEY);
  });

  it("survives destroy unless the configuration says otherwise", async () => {
    expect((await registrations(withKey({}))).map((r) => r.retainOnDelete)).toEqual([true]);
    expect((await registrations(withKey({ onDestroy: "remove" }))).map((r) => r.retainOnDelete)).toEqual([false]);
  });
});

/** Of a server on this machine, self-signed, so its own authority; valid until 2126. */
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

describe("Pocket ID with a certificate of a private authority", () => {
  let server: PocketIdStandIn;
  const inputs = (): ClientInputs => ({
    issuer: server.issuer,
    apiKey: KEY,
    clientId: "stalwart-webui",
    name: "Mail newjoy.ro",
    callbackUrls: [],
    logoutCallbackUrls: [],
    allowedGroups: [],
  });
  beforeEach(async () => {
    server = await startPocketId(KEY, { tls });
  });
  afterEach(() => server.close());

  it("is refused, with the command that makes it trusted, before the key is sent", async () => {
    const { failures } = await provider.check(inputs(), inputs());
    expect(failures?.[0]?.reason).toContain("pulumi config set --path 'trust.certificates[0]' < ca.crt");
    expect(server.requests).toEqual([]);
  });

  it("is taken once that authority is trusted, from the text that the state holds, too", async () => {
    const trusting = { ...inputs(), trustedCertificates: [rootCertificates[0] as string, tls.cert] };
    expect((await provider.check(trusting, trusting)).failures).toEqual([]);
    const { text } = await runtime.serializeFunction(() => provider.create);
    const shipped = { exports: {} as { handler: () => typeof provider.create } };
    new Function("exports", "require", text)(shipped.exports, require);
    await shipped.exports.handler()(trusting);
    expect([...server.clients.keys()]).toEqual(["stalwart-webui"]);
  });
});
