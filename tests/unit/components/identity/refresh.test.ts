import type { ClientInputs } from "../../../../components/identity/pocketId";
import { configure, pocketIdForEachTest, provider } from "./support/client";

const at = pocketIdForEachTest();

it("a refresh finds that somebody removed the sign-in client", async () => {
  await provider.create(at.inputs);
  expect(await provider.read("stalwart-webui", at.inputs)).toMatchObject({ id: "stalwart-webui" });
  at.server.clients.clear();
  expect((await provider.read("stalwart-webui", at.inputs)).id).toBeUndefined();
});

it("a sign-in client that somebody changed at Pocket ID is put right after a refresh", async () => {
  const wanted = { ...at.inputs, allowedGroups: ["family"] };
  const drifts: [string, Record<string, unknown>][] = [
    ["name", { name: "Another name" }],
    ["callbackUrls", { callbackURLs: [...at.inputs.callbackUrls, "https://attacker.example/*"] }],
    ["callbackUrls", { callbackURLs: null }],
    ["logoutCallbackUrls", { logoutCallbackURLs: null }],
    ["allowedGroups", { isGroupRestricted: false }],
    ["requiresReauthentication", { requiresReauthentication: false }],
    ["isPublic", { isPublic: false }],
    ["pkceEnabled", { pkceEnabled: false }],
  ];
  for (const [key, drift] of drifts) {
    await provider.update("stalwart-webui", wanted, wanted).catch(() => provider.create(wanted));
    const good = at.server.clients.get("stalwart-webui");
    expect(await provider.read("stalwart-webui", wanted)).toMatchObject({ props: wanted, inputs: wanted });
    at.server.clients.set("stalwart-webui", { ...good, ...drift });
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
  const two = { ...at.inputs, callbackUrls: ["https://b.newjoy.ro/", "https://a.newjoy.ro/"] };
  const reversed = { ...two, callbackUrls: [...two.callbackUrls].reverse() };
  await provider.create(reversed);
  expect((await provider.read("stalwart-webui", two)).props).toEqual(two);
  await provider.update("stalwart-webui", reversed, two);
  expect((await provider.read("stalwart-webui", reversed)).props).toEqual(reversed);
});

it("a refresh fails while Pocket ID is unreachable, and takes the client for neither removed nor unchanged", async () => {
  await at.server.close();
  await expect(provider.read("stalwart-webui", at.inputs)).rejects.toThrow(/does not answer \(ECONNREFUSED\)/);
});

it("a refresh uses the key in the state when the key was taken out of the configuration", async () => {
  await provider.create(at.inputs);
  await configure({ issuer: at.server.issuer });
  expect(await provider.read("stalwart-webui", at.inputs)).toMatchObject({ props: at.inputs });
  await configure({});
});
