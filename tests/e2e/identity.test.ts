import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { type FakePocketId, startPocketId } from "../support/pocketId";
import { client, folder } from "./support/environment";
import { TestStack } from "./support/stack";

const KEY = "pocket-id-Adm1n-key";
const ROTATED = "pocket-id-R0tated-key";

/** A certificate for 127.0.0.1 that vouches for itself; openssl makes it. */
function certificate(): { cert: string; key: string; file: string } {
  const home = path.join(folder, "pocket-id");
  fs.mkdirSync(home, { recursive: true });
  const [cert, key] = [path.join(home, "cert.pem"), path.join(home, "key.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert, ...subject],
    { stdio: "ignore" },
  );
  return { cert: fs.readFileSync(cert, "utf8"), key: fs.readFileSync(key, "utf8"), file: cert };
}

describe("registering the sign-in client, against a fake of Pocket ID's API", () => {
  let server: FakePocketId;
  let stack: TestStack;
  let trusted: string | undefined;
  beforeAll(async () => {
    const { file, ...tls } = certificate();
    trusted = process.env.NODE_EXTRA_CA_CERTS;
    process.env.NODE_EXTRA_CA_CERTS = file; // for the engine's processes; this one read its own at start
    server = await startPocketId(KEY, { tls });
    console.warn("tests/support/pocketId.ts stands in for Pocket ID");
    stack = await TestStack.create("identity", ["kinga"]);
    await stack.set("identity.issuer", server.issuer);
  });
  afterAll(async () => {
    if (trusted === undefined) delete process.env.NODE_EXTRA_CA_CERTS;
    else process.env.NODE_EXTRA_CA_CERTS = trusted;
    await server.close();
  });

  test("a wrong key for Pocket ID stops the update before anything is made", async () => {
    await stack.setSecret("identity.apiKey", "not-the-key");
    const { text } = await stack.failingUp();
    expect(text).toContain("identity.apiKey: Pocket ID at");
    expect(text).toContain("pulumi config set --secret --path identity.apiKey");
    expect(text).not.toContain("not-the-key");
    expect(server.clients.size).toBe(0);
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: stack.namespace } };
    expect(await client.read(namespace)).toBeUndefined();
  });

  test("the right key registers the sign-in client, and a second update changes nothing", async () => {
    await stack.setSecret("identity.apiKey", KEY);
    await stack.up();
    expect(server.clients.get("stalwart-webui")).toMatchObject({
      isPublic: true,
      pkceEnabled: true,
      callbackURLs: [
        "https://webmail.newjoy.ro/index.php/login/oauth",
        "https://mail.newjoy.ro/admin/oauth/callback",
        "https://mail.newjoy.ro/account/oauth/callback",
      ],
    });
    expect((await stack.up()).steps).toEqual([]);
  });

  test("a new webmail host is registered at Pocket ID by the same update", async () => {
    await stack.set("hosts.webmail", "post.newjoy.ro");
    await stack.up();
    expect(server.clients.get("stalwart-webui")?.callbackURLs).toContain(
      "https://post.newjoy.ro/index.php/login/oauth",
    );
  });

  test("what somebody changed at Pocket ID shows in a refresh, and the next update puts it right", async () => {
    const before = server.clients.get("stalwart-webui");
    const strange = [...((before?.callbackURLs ?? []) as string[]), "https://attacker.example/*"];
    server.clients.set("stalwart-webui", { ...before, callbackURLs: strange, requiresReauthentication: false });
    await stack.refresh();
    expect((await stack.up()).steps).toEqual(["update PocketIdClient identity-client"]);
    expect(server.clients.get("stalwart-webui")).toEqual(before);
    expect((await stack.up()).steps).toEqual([]);
  });

  test("a key that was changed at Pocket ID works in a plain refresh, with the old one in the state", async () => {
    const before = server.clients.get("stalwart-webui");
    server.state.apiKey = ROTATED;
    await stack.setSecret("identity.apiKey", ROTATED);
    server.clients.set("stalwart-webui", { ...before, requiresReauthentication: false });
    await stack.refresh();
    expect((await stack.up()).steps).toEqual(["update PocketIdClient identity-client"]);
    expect(server.clients.get("stalwart-webui")).toEqual(before);
  });

  test("a preview names the users whose address opens somebody else's mail", async () => {
    server.state.users = [{ id: "1", username: "mallory", email: "postmaster@newjoy.ro", disabled: false }];
    const { text } = await stack.preview();
    expect(text).toContain("user mallory has an address of the stack's own accounts");
    server.state.users = [];
  });

  test("the key for Pocket ID is nowhere in the state", () => {
    const state = stack.exportedState();
    for (const form of [KEY, ROTATED, Buffer.from(ROTATED).toString("base64")]) expect(state).not.toContain(form);
  });

  test("the sign-in client stays when the key is removed, alone or together with onDestroy", async () => {
    await stack.set("identity.onDestroy", "remove");
    await stack.up();
    await stack.unset("identity.apiKey");
    expect((await stack.up()).steps).toEqual(["update PocketIdClient identity-client"]);
    expect(server.clients.size).toBe(1);
    await stack.setSecret("identity.apiKey", ROTATED);
    await stack.up();
    await stack.unset("identity.apiKey");
    await stack.unset("identity.onDestroy");
    expect((await stack.up()).steps).toEqual(["delete PocketIdClient identity-client"]);
    expect(server.clients.size).toBe(1);
  });

  test("a plain destroy removes the sign-in client when told to, with a key that was changed at Pocket ID since", async () => {
    await stack.set("identity.onDestroy", "remove");
    await stack.setSecret("identity.apiKey", ROTATED);
    await stack.up();
    server.state.apiKey = KEY;
    await stack.setSecret("identity.apiKey", KEY);
    await stack.destroy();
    expect(server.clients.size).toBe(0);
  });
});
