import type { ClientInputs } from "../../../../components/identity/pocketId";
import { configure, fakePulumiCommand, KEY, pocketIdForEachTest, provider } from "./support/client";

const { configIs } = fakePulumiCommand();
const at = pocketIdForEachTest();

it("the sign-in client is refreshed and removed with the configured key when the key in the state was revoked", async () => {
  await provider.create(at.inputs);
  const stale = { ...at.inputs, stack: "home" };
  at.server.state.apiKey = "rotated";
  at.server.clients.set("stalwart-webui", { ...at.server.clients.get("stalwart-webui"), isPublic: false });
  await configure({ issuer: at.server.issuer, apiKey: KEY }); // what the engine knows, when the program does not run
  configIs({ issuer: at.server.issuer, apiKey: "rotated" });
  expect((await provider.read("stalwart-webui", stale)).props).toEqual({ ...stale, isPublic: false });
  await provider.delete("stalwart-webui", stale);
  expect(at.server.clients.size).toBe(0);
});

it("when the key was revoked and the configuration cannot be read, the error names the command that works", async () => {
  await provider.create(at.inputs);
  const stale = { ...at.inputs, stack: "home" };
  at.server.state.apiKey = "rotated";
  await configure({ issuer: at.server.issuer, apiKey: KEY });
  const said = jest.spyOn(console, "error").mockImplementation(() => {});
  expect(await provider.read("stalwart-webui", stale)).toEqual({ id: "stalwart-webui", props: stale });
  expect(said.mock.calls.flat().join()).toMatch(/identity\.apiKey, then: pulumi refresh --run-program$/);
  said.mockRestore();
  await expect(provider.delete("stalwart-webui", stale)).rejects.toThrow(/then: pulumi destroy --run-program$/);
  await configure({ issuer: at.server.issuer, apiKey: "rotated" }); // with --run-program the engine knows it
  at.server.clients.set("stalwart-webui", { ...at.server.clients.get("stalwart-webui"), isPublic: false });
  expect((await provider.read("stalwart-webui", stale)).props).toEqual({ ...stale, isPublic: false });
  await provider.delete("stalwart-webui", stale);
  expect(at.server.clients.size).toBe(0);
});

it("the sign-in client stays when the key and onDestroy are removed in one update", async () => {
  await provider.create(at.inputs);
  await configure({ issuer: at.server.issuer, apiKey: KEY }); // of the last update: no such resource is in the program any more
  configIs({ issuer: at.server.issuer });
  await provider.delete("stalwart-webui", { ...at.inputs, stack: "home" });
  expect(at.server.clients.size).toBe(1);
});

it("the sign-in client is updated by another version of this program, whose text the next destroy has to run", async () => {
  const [older, newer] = ["older", "newer"].map((text) => ({ ...at.inputs, __provider: text }) as ClientInputs);
  expect(await provider.diff("stalwart-webui", older as ClientInputs, newer as ClientInputs)).toMatchObject({
    changes: true,
  });
});

it("Pocket ID is never shown a key that is for another issuer", async () => {
  await provider.create(at.inputs);
  await configure({ issuer: "https://id.other.example", apiKey: "of-the-other" });
  at.server.state.apiKey = "of-the-other";
  const changed = { ...at.inputs, name: "Mail" };
  const said = jest.spyOn(console, "error").mockImplementation(() => {});
  expect(await provider.read("stalwart-webui", changed)).toEqual({ id: "stalwart-webui", props: changed });
  said.mockRestore();
  at.server.requests.length = 0;
  await provider.delete("stalwart-webui", at.inputs);
  expect(at.server.requests).toEqual([]);
});

it("the sign-in client stays when the key is removed from the configuration, and is removed by destroy", async () => {
  await provider.create(at.inputs);
  const letGo = { ...at.inputs, apiKey: "" };
  at.server.requests.length = 0;
  expect(await provider.check(at.inputs, letGo)).toEqual({ inputs: letGo, failures: [] });
  expect(await provider.diff("stalwart-webui", at.inputs, letGo)).toMatchObject({ changes: true, replaces: [] });
  await provider.update("stalwart-webui", at.inputs, letGo);
  await provider.create(letGo);
  await provider.read("stalwart-webui", letGo);
  await provider.delete("stalwart-webui", letGo);
  expect(at.server.requests).toEqual([]);
  expect(at.server.clients.size).toBe(1);
  await configure({ issuer: at.server.issuer, apiKey: KEY });
  await provider.delete("stalwart-webui", at.inputs);
  expect(at.server.clients.size).toBe(0);
});
