import { createServer } from "node:http";
import { collectPocketId, type PocketIdArgs } from "../../../../../doctor/checks/pocketId/collect";
import { evaluatePocketId } from "../../../../../doctor/checks/pocketId/evaluate";
import { listen } from "../../../../support/listen";
import { type FakePocketId, startPocketId } from "../../../../support/pocketId";

const KEY = "S3cret-api-key";
const addresses = {
  domains: ["newjoy.ro"],
  mailboxes: { kinga: "kinga@newjoy.ro", alpar: "alpar@newjoy.ro" },
  aliases: { "boss@newjoy.ro": "alpar" },
  system: ["postmaster@newjoy.ro"],
};
const client = { id: "stalwart-webui", name: "Mail", requiresReauthentication: true };

let server: FakePocketId;
beforeEach(async () => {
  server = await startPocketId(KEY);
  server.clients.set("stalwart-webui", client);
});
afterEach(() => server.close());

async function codes(change: Partial<PocketIdArgs> = {}): Promise<string[]> {
  const args = { issuer: server.issuer, clientId: "stalwart-webui", apiKey: KEY, addresses, ca: [], limit: 60_000 };
  const wrong = evaluatePocketId(await collectPocketId({ ...args, ...change })).filter(({ level }) => level !== "ok");
  return wrong.map(({ check, code, subject }) => [check, code, ...(subject ? [subject] : [])].join("."));
}

test("a client that requires a passkey, and users with their own addresses, have no failures", async () => {
  server.state.users = [
    { id: "1", username: "kinga", email: "kinga@newjoy.ro", disabled: false },
    { id: "2", username: "guest", email: "Guest@Example.org", disabled: false },
    { id: "3", username: "robot", email: null, disabled: false },
  ];
  expect(await codes()).toEqual([]);
});

test("the device sign-in is tried as a stranger would, without the key", async () => {
  server.clients.set("stalwart-webui", { ...client, requiresReauthentication: false });
  expect(await codes({ apiKey: undefined })).toEqual(["device.open", "users.untested"]);
  expect(server.requests).toContain("POST /api/oidc/device/authorize");
  expect(await codes({ apiKey: undefined, clientId: "another" })).toEqual(["users.untested"]);
});

/** The results of an issuer that is not Pocket ID and has these endpoints; a device code is answered with `status`. */
async function codesElsewhere(endpoints: readonly string[], status = 200): Promise<string[]> {
  const other = createServer(({ url, headers }, response) => {
    const base = `http://${headers.host}`;
    if (url === "/.well-known/openid-configuration")
      response.end(JSON.stringify(Object.fromEntries(endpoints.map((name) => [name, `${base}/device`]))));
    else response.writeHead(url === "/device" ? status : 404).end();
  });
  const issuer = `http://127.0.0.1:${await listen(other)}`;
  const found = await codes({ issuer, apiKey: undefined });
  other.close();
  return found;
}

test("an issuer that offers device codes and does not report what approving requires is unknown, and one that is broken", async () => {
  const offers = ["device_authorization_endpoint"];
  expect(await codesElsewhere(offers)).toEqual(["device.unknown", "users.untested"]);
  expect(await codesElsewhere(offers, 500)).toEqual(["device.unknown", "users.untested"]);
});

test("an issuer without device codes, or one that refuses them to the client, has no device sign-in to report", async () => {
  expect(await codesElsewhere([])).toEqual(["users.untested"]);
  expect(await codesElsewhere(["device_authorization_endpoint"], 400)).toEqual(["users.untested"]);
});

test("users who may edit themselves or sign up are found without a key", async () => {
  server.state.configuration.allowOwnAccountEdit = "true";
  server.state.configuration.allowUserSignups = "withToken";
  expect(await codes()).toEqual(["accounts.edited", "accounts.signUp"]);
});

test("an address in capitals, an alias, a system address and one without a mailbox are reported with the user's name", async () => {
  const user = (username: string, email: string, disabled = false) => ({ id: username, username, email, disabled });
  server.state.users = [
    ...Array.from({ length: 250 }, (_, n) => user(`u${n}`, `u${n}@example.org`)), // three pages
    user("capitals", "Kinga@newjoy.ro"),
    user("domain", "alpar@NewJoy.ro"),
    user("alias", "boss@newjoy.ro"),
    user("system", "Postmaster@newjoy.ro"),
    user("unknown", "nobody@newjoy.ro"),
    user("gone", "boss@newjoy.ro", true),
  ];
  expect(await codes()).toEqual(
    ["capitals", "domain", "alias", "system", "unknown"].map((name) => `users.wrong.${name}`),
  );
});

test("a key that Pocket ID refuses leaves the addresses untested", async () => {
  expect(await codes({ apiKey: "wrong" })).toEqual(["users.unreadable"]);
});
