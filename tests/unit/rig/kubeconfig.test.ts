import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { PrivateCa } from "../../rig/ca";
import { KubeClient } from "../../rig/cluster/kube";
import { listen } from "../../support/listen";

const API = "client.authentication.k8s.io/v1";
const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
const ca = new PrivateCa(folder);
const pair = ca.issue("localhost");
ca.issue("kinga"); // kinga.pem and kinga.key, beside the kubeconfig

/** What the server saw of each request: its bearer token, or the name in its client certificate. */
const seen: (string | undefined)[] = [];
/** Tokens that the server no longer accepts. */
const revoked = new Set<string>();
const server = https.createServer(
  {
    cert: readFileSync(pair.cert),
    key: readFileSync(pair.key),
    ca: readFileSync(ca.cert),
    requestCert: true,
    rejectUnauthorized: false,
  },
  (request, response) => {
    const token = request.headers.authorization?.replace("Bearer ", "");
    const name: unknown = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
    seen.push(token ?? (name as string | undefined));
    response.writeHead(token && revoked.has(token) ? 401 : 200).end("{}");
  },
);
let port = 0;

beforeAll(async () => {
  port = await listen(server);
});
beforeEach(() => {
  seen.length = 0;
  revoked.clear();
  rmSync(join(folder, "runs"), { force: true });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function clientFor(user: object): KubeClient {
  const file = join(folder, "kubeconfig");
  const cluster = { server: `https://localhost:${port}`, "certificate-authority": "ca.pem" };
  const config = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
  };
  writeFileSync(file, JSON.stringify(config));
  return KubeClient.fromFile(file);
}

/** A login command beside the kubeconfig, which counts its runs; gives the user that runs it. */
function execUser(script: string, more: object = {}): object {
  writeFileSync(join(folder, "login"), `#!/bin/sh\ncd '${folder}'\necho run >>runs\n${script}\n`, { mode: 0o755 });
  return { exec: { apiVersion: API, command: "./login", interactiveMode: "Never", ...more } };
}

const printing = (status: string): string =>
  `n=$(wc -l <runs | tr -d ' '); cat <<END\n{"kind": "ExecCredential", "apiVersion": "${API}", "status": ${status}}\nEND`;

const runs = (): number => readFileSync(join(folder, "runs"), "utf8").split("\n").length - 1;

const ask = (client: KubeClient): Promise<unknown> => client.request("GET", "/");

test("a token file is read beside the kubeconfig, wins over a token, and is read again when it changes", async () => {
  writeFileSync(join(folder, "token"), "first\n");
  const client = clientFor({ token: "other", tokenFile: "token" });
  await ask(client);
  writeFileSync(join(folder, "token"), "second\n");
  await ask(client);
  expect(seen).toEqual(["first", "second"]);
});

test("a client certificate is found beside the kubeconfig, or in it", async () => {
  await ask(clientFor({ "client-certificate": "kinga.pem", "client-key": "kinga.key" }));
  const data = (name: string): string => readFileSync(join(folder, name)).toString("base64");
  await ask(clientFor({ "client-certificate-data": data("kinga.pem"), "client-key-data": data("kinga.key") }));
  expect(seen).toEqual(["kinga", "kinga"]);
});

test("a login command runs once for requests at the same time and for later ones", async () => {
  const client = clientFor(execUser(printing(`{"token": "login-$n"}`)));
  await Promise.all([ask(client), ask(client)]);
  await ask(client);
  expect(seen).toEqual(["login-1", "login-1", "login-1"]);
  expect(runs()).toBe(1);
});

test("a login command runs again when its credentials have expired", async () => {
  const client = clientFor(execUser(printing(`{"token": "login-$n", "expirationTimestamp": "2020-01-01T00:00:00Z"}`)));
  await ask(client);
  await ask(client);
  expect(seen).toEqual(["login-1", "login-2"]);
});

test("a login command runs again when the server refuses what it gave, and only once more", async () => {
  const client = clientFor(execUser(printing(`{"token": "login-$n"}`)));
  await ask(client);
  revoked.add("login-1");
  await ask(client);
  expect(seen).toEqual(["login-1", "login-1", "login-2"]);
  revoked.add("login-2").add("login-3").add("login-4");
  await expect(ask(client)).rejects.toThrow("401");
  expect(runs()).toBe(3);
});

test("a login command may give a client certificate", async () => {
  const inJson = (name: string): string => JSON.stringify(readFileSync(join(folder, name), "utf8")).slice(1, -1);
  const status = `{"clientCertificateData": "${inJson("kinga.pem")}", "clientKeyData": "${inJson("kinga.key")}"}`;
  writeFileSync(join(folder, "status.json"), `{"kind": "ExecCredential", "apiVersion": "${API}", "status": ${status}}`);
  await ask(clientFor(execUser("cat status.json")));
  expect(seen).toEqual(["kinga"]);
});

test("a login command gets its arguments, its environment, and the cluster where the kubeconfig asks for it", async () => {
  const user = execUser(`echo "$1 $ORG" >got; echo "$KUBERNETES_EXEC_INFO" >info; ${printing(`{"token": "t"}`)}`, {
    args: ["--for=family"],
    env: [{ name: "ORG", value: "home" }],
    provideClusterInfo: true,
  });
  await ask(clientFor(user));
  expect(readFileSync(join(folder, "got"), "utf8")).toBe("--for=family home\n");
  expect(JSON.parse(readFileSync(join(folder, "info"), "utf8"))).toEqual({
    kind: "ExecCredential",
    apiVersion: API,
    spec: {
      interactive: false,
      cluster: {
        server: `https://localhost:${port}`,
        "certificate-authority-data": readFileSync(ca.cert).toString("base64"),
        config: null,
      },
    },
  });
});

const missing = { exec: { apiVersion: API, command: "no-such-login", installHint: "Install it from example.org" } };
const failing = (): object => execUser("echo 'log in first' >&2; exit 3");

test.each([
  ["is not installed", () => missing, "no-such-login is not installed: Install it from example.org"],
  ["fails", failing, "login failed (3): log in first"],
  ["prints no JSON", () => execUser("echo secret-token"), "login printed no JSON"],
  ["prints no credentials", () => execUser(printing("{}")), `login printed no ExecCredential of ${API}`],
  ["needs a terminal", () => execUser("exit 0", { interactiveMode: "Always" }), "login needs a terminal"],
  ["speaks another version", () => execUser("exit 0", { apiVersion: "v1alpha1" }), "login command speaks v1alpha1"],
] as const)("a login command that %s is named in the message, without what it printed", async (_, user, message) => {
  const failure = await ask(clientFor(user())).catch((error: Error) => error.message);
  expect(failure).toContain(message);
  expect(failure).not.toContain("secret-token");
  expect(seen).toEqual([]);
});
