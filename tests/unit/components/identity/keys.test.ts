import type { ClientInputs } from "../../../../components/identity/pocketId";
import { type FakePocketId, startPocketId } from "../../../support/pocketId";
import { configure, fakePulumiCommand, inputsFor, KEY, provider } from "./support/client";

const { configIs } = fakePulumiCommand();
let server: FakePocketId;
let inputs: ClientInputs;
beforeEach(async () => {
  server = await startPocketId(KEY, { groups: { family: "id-of-family", "family-friends": "id-of-friends" } });
  inputs = inputsFor(server.issuer);
});
afterEach(() => server.close());

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
