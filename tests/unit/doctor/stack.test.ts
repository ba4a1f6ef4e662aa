import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pocketIdClient } from "../../../components/identity/pocketId";
import type { StackConfig } from "../../../config/types";
import { buildChecks } from "../../../doctor/checks";
import { type Stack, understand } from "../../../doctor/clients/pulumi";
import { createContext } from "../../../doctor/context";
import type { Group } from "../../../doctor/groups";
import type { Result } from "../../../doctor/result";
import { PrivateCa } from "../../rig/ca";
import { deploy } from "../../support/deploy";
import { fakeImapServer, fakeSmtpServer, stopFakeServers } from "../../support/fakeMailServers";
import { fakeStalwart } from "../../support/fakeStalwart";
import { listen } from "../../support/listen";
import { type FakePocketId, startPocketId } from "../../support/pocketId";
import { engineValues, working } from "../config/support";
import { FakeCluster } from "./support/fakeCluster";

const folder = mkdtempSync(join(tmpdir(), "doctor-stack-"));
const privateCa = new PrivateCa(folder);
const { key, cert } = privateCa.issue("127.0.0.1");
const KEY = "S3cret-api-key";
const secrets = ["mailboxes", "relay", "identity"];

let issuer: FakePocketId;
/** Where the mail host is, with its port. */
let mail: string;
let believesForwarded = false;
let config: Record<string, unknown>;
const called: string[] = [];
const sent: string[] = [];
const closing: (() => void)[] = [stopFakeServers];

/** What the CLI shows of the stack's configuration. */
const shown = () =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(engineValues(config)).map(([name, value]) => [
        name,
        { value, secret: secrets.includes(name.split(":")[1] ?? "") },
      ]),
    ),
  );

beforeAll(async () => {
  const tls = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  issuer = await startPocketId(KEY, { tls, groups: { family: "id-of-family" } });
  const host = createServer(tls, ({ url, headers }, response) => {
    const own = believesForwarded && headers.forwarded !== undefined;
    response.writeHead(url === "/api/auth" && !own ? 403 : 404).end();
  });
  mail = `127.0.0.1:${await listen(host)}`;
  closing.push(
    () => host.closeAllConnections(),
    () => host.close(),
  );
  const inbox = { user: "kinga@newjoy.ro", password: "k1nga-password" };
  // Two that were fetched and stay, and one that is new.
  const fetched = { date: "01-Mar-2026 10:00:00 +0000", keywords: ["$HomelabMailFetched"] };
  const folders = { INBOX: [fetched, fetched, { date: fetched.date }], "Fetcher-Refused": [] };
  const source = { user: "kinga.of-long-ago", password: "of-the-source" };
  const imap = await fakeImapServer({ key, cert }, { ...inbox, folders });
  const elsewhere = await fakeImapServer({ key, cert }, { ...source, folders: { INBOX: [] } });
  const smtp = await fakeSmtpServer({ key, cert }, "service@newjoy.ro", "relay-password", { taken: sent });
  const sources = { old: { host: "127.0.0.1", port: elsewhere, ...source } };
  config = {
    ...working,
    relay: { ...working.relay, mode: "single" },
    hosts: { mail: "mail.newjoy.test" },
    mailboxes: { kinga: { password: inbox.password, sources } },
    provider: { imap: { host: "127.0.0.1", port: imap }, smtp: { host: "127.0.0.1", port: smtp } },
    trust: { certificates: [readFileSync(privateCa.cert, "utf8")] },
    identity: { issuer: issuer.issuer, apiKey: KEY, clientId: "mail", allowedGroups: ["family"] },
  };
  const { recorder } = await deploy(config);
  const [client] = recorder.resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
  await pocketIdClient.create(client?.inputs);
});
afterAll(async () => {
  for (const close of closing) close();
  await issuer.close();
  rmSync(folder, { recursive: true });
});

const stack = (): Omit<Stack, "name"> => {
  const understood = understand(shown(), "homelab-mail", undefined);
  if (typeof understood === "string") throw new Error(understood);
  return understood;
};

/** What the doctor reports of a group. */
async function reported(group: Group, change: Partial<StackConfig> = {}): Promise<Result[]> {
  const understood = stack();
  const stalwart = await fakeStalwart({
    password: "admin-password",
    issuer: issuer.issuer,
    called,
    inbox: () => sent.map((message) => /^Message-ID: <(.+)>$/im.exec(message)?.[1] as string),
  });
  closing.push(stalwart.close);
  const cluster = Object.assign(new FakeCluster({}), { forward: async () => stalwart.base });
  const context = createContext({
    stack: {
      name: "family",
      ...understood,
      config: { ...understood.config, ...change },
    },
    state: Promise.resolve({ objects: [], pending: [], adminPassword: "admin-password" }),
    cluster,
    kubeContext: "homelab",
    resolvers: [],
    pods: false,
    send: true,
    migration: false,
    signal: new AbortController().signal,
    registerCleanup: () => {},
  });
  const checks = buildChecks(context).filter((check) => check.group === group);
  const results = await Promise.all(checks.map(({ run }) => run(new AbortController().signal)));
  return results.flat();
}

/** The same, without what is ok. */
const told = async (...args: Parameters<typeof reported>): Promise<string[]> =>
  (await reported(...args)).flatMap(({ level, check, code }) => (level === "ok" ? [] : [`${check}.${code}`]));

test("what the stack registers at Pocket ID is what the doctor expects there, and asks for with the stack's own key", async () => {
  expect(await told("signIn")).toEqual(["address.unknown"]);
  issuer.state.users = [{ id: "1", username: "mallory", email: "postmaster@newjoy.ro", disabled: false }];
  issuer.state.configuration.allowOwnAccountEdit = "true";
  issuer.allowed.set("mail", []);
  issuer.clients.set("mail", { ...issuer.clients.get("mail"), callbackURLs: [], requiresReauthentication: false });
  expect(await told("signIn")).toEqual([
    "client.addresses",
    "client.wrongGroups",
    "device.open",
    "accounts.edited",
    "users.wrong",
    "address.unknown",
  ]);
});

test("the doctor asks the mail host, with the stack's CAs, whether it believes what clients say of their addresses", async () => {
  const addressChecks = async () => {
    const { hosts } = stack().config;
    const results = await told("signIn", { hosts: { ...hosts, mail } });
    return results.filter((code) => code.startsWith("address."));
  };
  expect(await addressChecks()).toEqual([]);
  believesForwarded = true;
  expect(await addressChecks()).toEqual(["address.forgeable"]);
});

test("the doctor logs in at the provider and at sources as the stack does, and to send as each mailbox if the stack does", async () => {
  expect(await told("provider")).toEqual(["waiting.untested"]);
  const { relay } = stack().config;
  expect(await told("provider", { relay: { ...relay, mode: "mailbox" } })).toEqual([
    "waiting.untested",
    "sending.refused",
  ]);
});

test("mail that was fetched and stays at the provider does not wait there, where the stack keeps it for ever", async () => {
  const waiting = async (change: Partial<StackConfig> = {}) =>
    (await reported("provider", change)).find(({ check }) => check === "waiting")?.message;
  expect(await waiting()).toMatch(/^3 messages/);
  const mailboxes = stack().config.mailboxes.map((mailbox) => ({ ...mailbox, retention: "forever" as const }));
  expect(await waiting({ mailboxes })).toMatch(/^1 message;/);
});

test("a round trip of a working stack goes out and comes back, and the queue is read as the administrator", async () => {
  expect((await told("flow")).filter((code) => !code.startsWith("fetching"))).toEqual([]);
  expect(called).toContain("admin x:QueuedMessage/get");
  expect(called).toContain("kinga@newjoy.ro%admin Email/set");
});
