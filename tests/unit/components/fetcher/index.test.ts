import { ConfigMap } from "@pulumi/kubernetes/core/v1";
import { secret } from "@pulumi/pulumi";
import { Fetcher } from "../../../../components/fetcher";
import { programFiles } from "../../../../components/fetcher/pod";
import type { Mailbox } from "../../../../config/types";
import { type Recorded, type Recorder, settled, startRecording } from "../../../support/recorder";
import { sampleConfig, sampleMailbox, sampleSource } from "../../../support/sample";

const mailboxes = (): Mailbox[] => [
  sampleMailbox("alpar"),
  sampleMailbox("kinga", { folders: ["INBOX", "Junk"] }),
  sampleMailbox("mary-ann", { address: "mary.ann@newjoy.ro", retention: "forever" }),
];

async function fetchers(mailboxes: Mailbox[], host = "imap.migadu.com"): Promise<Recorder> {
  const recorder = await startRecording();
  const settings = new ConfigMap("settings-applied", { metadata: { name: "settings-applied" } });
  const config = sampleConfig();
  new Fetcher("fetchmail", {
    ...config,
    namespace: "stalwart-mail",
    mailboxes,
    provider: { imap: { host, port: 993 } },
    mailServerHost: "stalwart.stalwart-mail.svc.cluster.local",
    waitFor: settings,
  });
  await settled();
  return recorder;
}

const deployments = (recorder: Recorder): Map<string, unknown> =>
  new Map(recorder.kind("Deployment").map((d) => [d.inputs.metadata.name, d.inputs]));
const podOf = (deployment: Recorded) => deployment.inputs.spec.template.spec;
const item = (deployment: Recorded, source: number) =>
  podOf(deployment).volumes.find((v: { name: string }) => v.name === "credentials").projected.sources[source].secret;

test("each mailbox has a fetcher Deployment of its own, and no other object of its own", async () => {
  const two = await fetchers(mailboxes().slice(0, 2));
  const three = await fetchers(mailboxes());
  expect(three.resources.length - two.resources.length).toBe(1);
  expect([...deployments(three).keys()].sort()).toEqual(["fetchmail-alpar", "fetchmail-kinga", "fetchmail-mary-ann"]);
});

test("adding, changing or removing a mailbox leaves the other fetchers unchanged", async () => {
  const before = deployments(await fetchers(mailboxes()));
  const changed = [sampleMailbox("alpar"), sampleMailbox("kinga", { retention: "forever" }), sampleMailbox("zoe")];
  const after = deployments(await fetchers(changed));
  expect(after.get("fetchmail-alpar")).toEqual(before.get("fetchmail-alpar"));
  expect(after.get("fetchmail-kinga")).not.toEqual(before.get("fetchmail-kinga"));
});

test("a new password of a mailbox changes the Secret and nothing else", async () => {
  const before = await fetchers([sampleMailbox("kinga")]);
  const after = await fetchers([sampleMailbox("kinga", { password: secret("another password") })]);
  const rest = (recorder: Recorder) => recorder.resources.filter((r) => r.name !== "migadu-fetch-credentials");
  expect(rest(after).map((r) => r.inputs)).toEqual(rest(before).map((r) => r.inputs));
  expect(after.object("Secret", "migadu-fetch-credentials").inputs.stringData.FETCHMAIL_KINGA_PASSWORD).toBe(
    "another password",
  );
});

test("a fetcher's pod sees its own mailbox's password and address, and no other mailbox's", async () => {
  const recorder = await fetchers(mailboxes());
  const deployment = recorder.object("Deployment", "fetchmail-mary-ann");
  expect(item(deployment, 0)).toEqual({
    name: "migadu-fetch-credentials",
    items: [{ key: "FETCHMAIL_MARY_ANN_PASSWORD", path: "password" }],
  });
  expect(item(deployment, 1)).toEqual({
    name: "stalwart-emails",
    items: [{ key: "MARY_ANN_EMAIL", path: "address" }],
  });
});

test("every key that a fetcher's pod mounts exists", async () => {
  const recorder = await fetchers(mailboxes());
  for (const deployment of recorder.kind("Deployment")) {
    for (const source of [0, 1]) {
      const { name, items } = item(deployment, source);
      expect(Object.keys(recorder.object("Secret", name).inputs.stringData)).toContain(items[0].key);
    }
    const files = podOf(deployment).volumes.find((v: { name: string }) => v.name === "program").configMap;
    const data = recorder.object("ConfigMap", files.name).inputs.data;
    const [container] = podOf(deployment).containers;
    const mount = container.volumeMounts.find((m: { name: string }) => m.name === "program").mountPath;
    expect(Object.keys(data).map((file) => `${mount}/${file}`)).toContain(container.command.at(-1));
  }
});

test("mailboxes' addresses and passwords are in Secrets only, and secret in the state", async () => {
  const recorder = await fetchers(mailboxes());
  for (const resource of recorder.resources) {
    const text = JSON.stringify(resource.inputs);
    if (resource.inputs.kind === "Secret") expect(resource.secretPaths.length).toBeGreaterThan(0);
    else expect(text).not.toMatch(/@newjoy\.ro|mary\.ann|provider-password-of/);
  }
});

test("fetching starts only when the mail server's settings are applied; Secrets do not wait for that", async () => {
  const recorder = await fetchers(mailboxes());
  const gate = recorder.resources.find((r) => r.name === "settings-applied")?.urn;
  for (const deployment of recorder.kind("Deployment")) expect([...recorder.upstream(deployment)]).toContain(gate);
  for (const object of recorder.kind("Secret")) expect([...recorder.upstream(object)]).not.toContain(gate);
});

test("a new version of the fetching program restarts every fetcher, through an annotation", async () => {
  const here = await fetchers([sampleMailbox("kinga")]);
  const elsewhere = await fetchers([sampleMailbox("kinga")], "imap.example.org");
  const revision = (recorder: Recorder): string =>
    recorder.object("Deployment", "fetchmail-kinga").inputs.spec.template.metadata.annotations["homelab-mail/revision"];
  expect(revision(here)).toMatch(/^[0-9a-f]{16}$/);
  expect(revision(elsewhere)).not.toBe(revision(here));
});

test("two fetchers never work on one mailbox, and a fetcher that cannot log in is not ready within minutes", async () => {
  const { createTimeout, inputs } = (await fetchers(mailboxes())).object("Deployment", "fetchmail-kinga");
  expect(createTimeout).toBe("3m");
  const { spec } = inputs;
  expect(spec.strategy).toEqual({ type: "Recreate" });
  expect(spec.replicas).toBe(1);
  expect(spec.progressDeadlineSeconds).toBeLessThanOrEqual(180);
});

test("Junk is delivered to the mail server's junk port, only where it is configured", async () => {
  const recorder = await fetchers(mailboxes());
  const argsOf = (name: string): string[] => podOf(recorder.object("Deployment", name)).containers[0].args;
  expect(argsOf("fetchmail-kinga")).toContain("--junk-sink=stalwart.stalwart-mail.svc.cluster.local:2525");
  expect(argsOf("fetchmail-alpar").some((arg) => arg.includes("junk"))).toBe(false);
  expect(argsOf("fetchmail-mary-ann")).toContain("--retention=forever");
  expect(argsOf("fetchmail-kinga")).toContain("--retention=7");
});

test("a fetcher's pod writes only to its own scratch folder, and its image's user database has its user", async () => {
  const pod = podOf((await fetchers(mailboxes())).object("Deployment", "fetchmail-kinga"));
  const writable = pod.containers[0].volumeMounts.filter((m: { readOnly?: boolean }) => !m.readOnly);
  expect(writable).toEqual([{ name: "state", mountPath: "/run/fetcher" }]);
  expect(pod.containers[0].securityContext.readOnlyRootFilesystem).toBe(true);
  expect(pod.securityContext.runAsUser).toBe(65534);
});

describe("sources", () => {
  const gmail = sampleSource("old-gmail", { imap: { host: "imap.gmail.com", port: 993 }, retention: "forever" });
  const isp = sampleSource("password", { imap: { host: "10.0.0.9", port: 1993 }, folders: ["INBOX", "Junk"] });
  const withSources = () => fetchers([sampleMailbox("alpar"), sampleMailbox("kinga", { sources: [gmail, isp] })]);
  const secretOf = (recorder: Recorder) => recorder.object("Secret", "migadu-fetch-credentials").inputs.stringData;
  const credentials = (recorder: Recorder) =>
    podOf(recorder.object("Deployment", "fetchmail-kinga")).volumes.find(
      (v: { name: string }) => v.name === "credentials",
    ).projected.sources;

  test("a source adds keys, and changes neither the others nor any other mailbox's pod", async () => {
    const before = await fetchers([sampleMailbox("alpar"), sampleMailbox("kinga")]);
    const after = await withSources();
    expect(after.resources.length).toBe(before.resources.length);
    expect(deployments(after).get("fetchmail-alpar")).toEqual(deployments(before).get("fetchmail-alpar"));
    const { FETCHMAIL_ALPAR_PASSWORD, FETCHMAIL_KINGA_PASSWORD, ...added } = secretOf(after);
    expect({ FETCHMAIL_ALPAR_PASSWORD, FETCHMAIL_KINGA_PASSWORD }).toEqual(secretOf(before));
    expect(added).toEqual({
      "kinga.old-gmail.user": "old-gmail@example.net",
      "kinga.old-gmail.password": "source-password-of-old-gmail",
      "kinga.password.user": "password@example.net",
      "kinga.password.password": "source-password-of-password",
    });
  });

  test("only the pod of a source's mailbox has the source's server and login, in a folder of its own", async () => {
    const recorder = await withSources();
    const { args } = podOf(recorder.object("Deployment", "fetchmail-kinga")).containers[0];
    expect(args.filter((arg: string) => arg.startsWith("--source"))).toEqual([
      "--source=old-gmail,imap.gmail.com:993,forever",
      "--source=password,10.0.0.9:1993,7,stalwart.stalwart-mail.svc.cluster.local:2525",
    ]);
    const paths = credentials(recorder).flatMap(({ secret: { items } }: { secret: { items: { path: string }[] } }) =>
      items.map(({ path }) => path),
    );
    expect(paths).toEqual([
      "password",
      "address",
      "sources/old-gmail/user",
      "sources/old-gmail/password",
      "sources/password/user",
      "sources/password/password",
    ]);
    const others = JSON.stringify(recorder.object("Deployment", "fetchmail-alpar").inputs);
    expect(others).not.toMatch(/--source|sources\/|old-gmail/);
  });

  test("every key that a source's pod mounts exists, and one that is removed does not keep a pod from starting", async () => {
    const recorder = await withSources();
    for (const { secret } of credentials(recorder)) {
      for (const { key } of secret.items) {
        expect(Object.keys(recorder.object("Secret", secret.name).inputs.stringData)).toContain(key);
        expect({ key, optional: secret.optional === true }).toEqual({ key, optional: key.startsWith("kinga.") });
      }
    }
  });

  test("the user's name and the password of a source are in the Secret only", async () => {
    for (const { inputs } of (await withSources()).resources) {
      if (inputs.kind !== "Secret") expect(JSON.stringify(inputs)).not.toMatch(/@example\.net|source-password-of/);
    }
  });

  test("a change of the source's template restarts only pods that have sources", async () => {
    const files = (mailbox: Mailbox) => programFiles(mailbox).filter((file) => !file.endsWith(".py"));
    expect(files(sampleMailbox("alpar"))).toEqual(["inbox.fetchmailrc"]);
    expect(files(sampleMailbox("kinga", { sources: [gmail] }))).toEqual(["inbox.fetchmailrc", "source.fetchmailrc"]);
    const data = (await withSources()).object("ConfigMap", "fetchmail").inputs.data;
    expect(Object.keys(data)).toEqual(expect.arrayContaining(files(sampleMailbox("kinga", { sources: [gmail] }))));
  });
});
