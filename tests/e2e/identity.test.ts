import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { type PocketIdStandIn, startPocketId } from "../support/pocketId";
import { TestStack } from "./support/stack";
import { client, folder } from "./support/world";

const KEY = "pocket-id-Adm1n-key";

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

describe("registering the sign-in client, against a stand-in for Pocket ID's API", () => {
  let server: PocketIdStandIn;
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

  test("a wrong key stops the update before anything is made", async () => {
    await stack.setSecret("identity.apiKey", "not-the-key");
    const { text } = await stack.failingUp();
    expect(text).toContain("identity.apiKey: Pocket ID at");
    expect(text).toContain("pulumi config set --secret --path identity.apiKey");
    expect(text).not.toContain("not-the-key");
    expect(server.clients.size).toBe(0);
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: stack.namespace } };
    expect(await client.read(namespace)).toBeUndefined();
  });

  test("the right key registers it, and a second update changes nothing", async () => {
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

  test("a new webmail host is registered by the same update", async () => {
    await stack.set("hosts.webmail", "post.newjoy.ro");
    await stack.up();
    expect(server.clients.get("stalwart-webui")?.callbackURLs).toContain(
      "https://post.newjoy.ro/index.php/login/oauth",
    );
  });

  test("the key is nowhere in the state", () => {
    const state = stack.exportedState();
    for (const form of [KEY, Buffer.from(KEY).toString("base64")]) expect(state).not.toContain(form);
  });

  test("destroy removes the client when told to", async () => {
    await stack.set("identity.onDestroy", "remove");
    await stack.up();
    await stack.destroy();
    expect(server.clients.size).toBe(0);
  });
});
