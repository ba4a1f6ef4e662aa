import { deploy, threeMailboxes } from "../../../support/deploy";
import { KEY } from "./support/client";

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
