import { listenersHash } from "../../../../../components/mailserver/listeners";
import { collectRunning, collectState } from "../../../../../doctor/checks/configuration/collect";
import { understand, understandState } from "../../../../../doctor/clients/pulumi";
import { sourceLogins } from "../../../../../doctor/context";
import { accounts } from "../../../../../refetch/main";
import { working } from "../../../config/support";
import { FakeCluster } from "../../support/fakeCluster";

const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const hidden = (value: unknown) => ({ ...secretMark, plaintext: JSON.stringify(value) });
const base64 = (text: string) => Buffer.from(text).toString("base64");

const resource = (kind: string, name: string, inputs: object = {}) => ({
  urn: `urn:pulumi:family::homelab-mail::kubernetes:x:${kind}::${name}`,
  type: `kubernetes:x:${kind}`,
  inputs: { apiVersion: "x", kind, metadata: { name, namespace: "stalwart-mail" }, ...inputs },
});
const container = (image: string) => ({ template: { spec: { containers: [{ image }] } } });
const exported = (pending: object[] = []) =>
  JSON.stringify({
    version: 3,
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:family::homelab-mail::pulumi:pulumi:Stack::homelab-mail-family",
          type: "pulumi:pulumi:Stack",
          outputs: { adminPassword: hidden("admin-password") },
        },
        resource("Deployment", "stalwart", { spec: container("stalwart:1") }),
        resource("Deployment", "fetchmail-kinga", { spec: container("fetchmail:1") }),
        resource("Secret", "stalwart-emails", {
          stringData: hidden({ KINGA_EMAIL: "kinga@newjoy.ro", ALPAR_EMAIL: "alpar@newjoy.ro" }),
        }),
        { ...resource("Deployment", "gone"), delete: true },
      ],
      pending_operations: pending,
    },
  });
const state = understandState(exported());

const place = (group: string, kind: string) => `/${group}/namespaces/stalwart-mail/${kind}`;
function cluster(more: { image?: string; emails?: object; mark?: string } = {}): FakeCluster {
  const annotations = { "homelab-mail/listeners": more.mark ?? listenersHash() };
  const server = container(more.image ?? "stalwart:1");
  return new FakeCluster({
    [place("apis/apps/v1", "deployments")]: {
      items: [
        { metadata: { name: "stalwart" }, spec: { template: { ...server.template, metadata: { annotations } } } },
        { metadata: { name: "fetchmail-kinga" }, spec: container("fetchmail:1") },
      ],
    },
    [place("api/v1", "secrets")]: {
      items: [
        {
          metadata: { name: "stalwart-emails" },
          data: more.emails ?? { KINGA_EMAIL: base64("kinga@newjoy.ro"), ALPAR_EMAIL: base64("alpar@newjoy.ro") },
        },
      ],
    },
  });
}
const running = (more?: Parameters<typeof cluster>[0]) => collectRunning(cluster(more), "stalwart-mail", state);

test("the state's objects, mailboxes and administrator are read from a stack export", () => {
  expect(collectState(state)).toEqual({ objects: 3, mailboxes: ["kinga"], pending: [] });
  expect(state.adminPassword).toBe("admin-password");
});

test("an interrupted update is found in the stack export", () => {
  const pending = [{ resource: { urn: "urn:pulumi:family::homelab-mail::kubernetes:x:Job::stalwart-settings" } }];
  expect(collectState(understandState(exported(pending))).pending).toEqual(["stalwart-settings"]);
});

test("a stack export with no resources is a stack that was never deployed", () => {
  expect(collectState(understandState('{"version":3,"deployment":{}}'))).toEqual({
    objects: 0,
    mailboxes: [],
    pending: [],
  });
});

test("a cluster that matches the state is ok", async () => {
  expect(await running()).toMatchObject({
    objects: 3,
    missing: [],
    secrets: [{ name: "stalwart-emails", absent: [], changed: [] }],
    listeners: { wanted: listenersHash(), found: listenersHash() },
  });
});

test("a Secret without a key, and one that was changed, are reported by the key's name, without any value", async () => {
  const seen = await running({ emails: { KINGA_EMAIL: base64("somebody@else.test") } });
  expect(seen.secrets).toEqual([{ name: "stalwart-emails", absent: ["ALPAR_EMAIL"], changed: ["KINGA_EMAIL"] }]);
  expect(JSON.stringify(seen)).not.toMatch(/@|somebody/);
});

test("another image, another listeners' annotation, and a missing object are found in the cluster", async () => {
  const seen = await running({ image: "stalwart:2", mark: "0000000000" });
  expect(seen.images[0]).toEqual({ workload: "stalwart", wanted: "stalwart:1", found: "stalwart:2" });
  expect(seen.listeners?.found).toBe("0000000000");
  const empty = await collectRunning(new FakeCluster({}), "stalwart-mail", state);
  expect(empty.missing).toEqual(["Deployment stalwart", "Deployment fetchmail-kinga", "Secret stalwart-emails"]);
});

describe("the configuration", () => {
  const shown = (config: object) =>
    JSON.stringify(
      Object.fromEntries(
        Object.entries(config).map(([key, value]) => [
          `homelab-mail:${key}`,
          {
            value: typeof value === "string" ? value : JSON.stringify(value),
            secret: key === "mailboxes" || key === "relay",
          },
        ]),
      ),
    );

  test("the doctor reads the configuration as the program does, with its passwords", () => {
    expect(understand(shown(working), "homelab-mail", undefined)).toMatchObject({
      config: { domain: "newjoy.ro", hosts: { mail: "mail.newjoy.ro" } },
      passwords: { kinga: "kinga-password", alpar: "alpar-password" },
      relayPassword: "relay-password",
    });
  });

  test("the configuration has the login of each source under its mailbox's name and its own, for the doctor and for refetch", () => {
    const old = { host: "imap.gmail.com", user: "me@gmail.com", password: "old-password" };
    const kinga = { ...working.mailboxes.kinga, sources: { "old-gmail": old }, folders: "Junk", retention: "forever" };
    const stack = understand(
      shown({ ...working, mailboxes: { ...working.mailboxes, kinga } }),
      "homelab-mail",
      undefined,
    );
    if (typeof stack === "string") throw new Error(stack);
    expect(stack.sources).toEqual({ "kinga.old-gmail": { user: "me@gmail.com", password: "old-password" } });
    expect(accounts({ name: "family", ...stack }).map(({ title, imap }) => `${title} at ${imap.host}`)).toEqual([
      "alpar at imap.migadu.com",
      "kinga at imap.migadu.com",
      "kinga/old-gmail at imap.gmail.com",
    ]);
    expect(sourceLogins({ name: "family", ...stack })).toEqual([
      {
        mailbox: "kinga",
        source: "old-gmail",
        imap: { host: "imap.gmail.com", port: 993 },
        address: "me@gmail.com",
        password: "old-password",
        folders: ["INBOX"],
        keep: true,
      },
    ]);
  });

  test("an invalid configuration gives the program's own report, without a password", () => {
    const report = understand(shown({ ...working, domain: "" }), "homelab-mail", undefined);
    expect(report).toContain("domain");
    expect(report).not.toContain("kinga-password");
  });
});
