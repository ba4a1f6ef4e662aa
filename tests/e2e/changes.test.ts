import { client } from "./support/environment";
import type { Report } from "./support/report";
import { passwordOf, TestStack } from "./support/stack";

let stack: TestStack;
let first: Report;

beforeAll(async () => {
  stack = await TestStack.create("changes");
  first = await stack.up();
});

/** New settings are new objects: the hash of their content is in their names. */
const newSettings = [
  "create-replacement Job stalwart-reload",
  "create-replacement Job stalwart-settings",
  "create-replacement Secret stalwart-settings-plan",
  "delete-replaced Job stalwart-reload",
  "delete-replaced Job stalwart-settings",
  "delete-replaced Secret stalwart-settings-plan",
  "replace Job stalwart-reload",
  "replace Job stalwart-settings",
  "replace Secret stalwart-settings-plan",
  "update Secret stalwart-settings",
];

const settingsObjects = [
  "Job/stalwart-reload-HASH",
  "Job/stalwart-settings-HASH",
  "Secret/stalwart-settings",
  "Secret/stalwart-settings-HASH",
];

/** What a mailbox more or less comes to. */
const mailboxSteps = (what: "create" | "delete"): string[] =>
  [
    `${what} Deployment fetchmail-dora`,
    "update Secret migadu-fetch-credentials",
    "update Secret migadu-smtp-logins",
    "update Secret roundcube-identities",
    "update Secret stalwart-accounts",
    "update Secret stalwart-emails",
    ...newSettings,
  ].sort();
const mailboxObjects = [
  "Deployment/fetchmail-dora",
  "Secret/migadu-fetch-credentials",
  "Secret/migadu-smtp-logins",
  "Secret/roundcube-identities",
  "Secret/stalwart-accounts",
  "Secret/stalwart-emails",
  ...settingsObjects,
].sort();

describe("pulumi up", () => {
  test("the first update deploys the whole stack, and every workload is ready", async () => {
    expect(Object.keys(first.summary)).toEqual(["create"]);
    const objects = await stack.live();
    for (const { metadata, status } of objects.filter(({ kind }) => kind === "Deployment")) {
      expect({ name: metadata.name, ready: status.readyReplicas }).toEqual({ name: metadata.name, ready: 1 });
    }
    const names = objects.filter(({ kind }) => kind === "Deployment").map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(["fetchmail-alpar", "fetchmail-kinga", "roundcube", "stalwart"]);
  });

  test("a second update without a change of the configuration changes nothing", async () => {
    let report: Report | undefined;
    const changed = await stack.changedBy(async () => {
      report = await stack.up();
    });
    expect(report?.steps).toEqual([]);
    expect(Object.keys(report?.summary ?? {})).toEqual(["same"]);
    expect(changed).toEqual([]);
  });

  test("adding a mailbox leaves the mail server and the other fetchers alone", async () => {
    await stack.setSecret("mailboxes.dora.password", passwordOf("dora"));
    let report: Report | undefined;
    const changed = await stack.changedBy(async () => {
      report = await stack.up();
    });
    expect(report?.steps).toEqual(mailboxSteps("create"));
    expect(changed).toEqual(mailboxObjects);
  });

  test("an alias changes the settings and restarts nothing", async () => {
    await stack.set("mailboxes.kinga.aliases[0]", "info");
    let report: Report | undefined;
    const changed = await stack.changedBy(async () => {
      report = await stack.up();
    });
    expect(report?.steps).toEqual([...newSettings, "update Secret roundcube-identities"].sort());
    expect(changed).toEqual([...settingsObjects, "Secret/roundcube-identities"].sort());
  });

  test("a mailbox's new password is written to its Secret and restarts nothing", async () => {
    await stack.setSecret("mailboxes.kinga.password", "imap-Passw0rd-rotated");
    const changed = await stack.changedBy(async () => {
      const { steps } = await stack.up();
      expect(steps).toEqual(["update Secret migadu-fetch-credentials", "update Secret migadu-smtp-logins"]);
    });
    expect(changed).toEqual(["Secret/migadu-fetch-credentials", "Secret/migadu-smtp-logins"]);
    const secret = await stack.object("v1", "Secret", "migadu-fetch-credentials");
    expect(Buffer.from(secret?.data.FETCHMAIL_KINGA_PASSWORD, "base64").toString()).toBe("imap-Passw0rd-rotated");
    expect(Buffer.from(secret?.data.FETCHMAIL_ALPAR_PASSWORD, "base64").toString()).toBe(passwordOf("alpar"));
  });

  test("the relay's new password is written to its Secret and restarts nothing", async () => {
    await stack.setSecret("relay.password", "relay-Passw0rd-rotated");
    const changed = await stack.changedBy(async () => {
      const { steps } = await stack.up();
      expect(steps).toEqual(["update Secret migadu-smtp-credentials"]);
    });
    expect(changed).toEqual(["Secret/migadu-smtp-credentials"]);
  });

  test("fetching Junk changes that fetcher and the settings, and leaves the mail server alone", async () => {
    await stack.set("mailboxes.kinga.folders[0]", "INBOX");
    await stack.set("mailboxes.kinga.folders[1]", "Junk");
    const changed = await stack.changedBy(async () => {
      const { steps } = await stack.up();
      expect(steps).toEqual([...newSettings, "update Deployment fetchmail-kinga"].sort());
    });
    expect(changed).toEqual([...settingsObjects, "Deployment/fetchmail-kinga"].sort());
  });

  test("removing a mailbox ends its fetcher, and nothing in the settings deletes its mail", async () => {
    await stack.unset("mailboxes.dora");
    const changed = await stack.changedBy(async () => {
      const { steps } = await stack.up();
      expect(steps).toEqual(mailboxSteps("delete"));
    });
    expect(changed).toEqual(mailboxObjects);
    const [settings] = (await stack.live()).filter(
      ({ kind, metadata }) => kind === "Secret" && metadata.name.startsWith("stalwart-settings-"),
    );
    const plan = Buffer.from(settings?.data["plan.ndjson"], "base64").toString();
    const operations = plan
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const onAccounts = operations.filter(({ object }) => object === "Account").map((operation) => operation["@type"]);
    expect(onAccounts).toEqual(["upsert"]);
  });

  test("growing the volume resizes the claim in place", async () => {
    const before = await stack.object("v1", "PersistentVolumeClaim", "stalwart-data");
    await stack.set("storage.size", "20Gi");
    const changed = await stack.changedBy(async () => {
      const { steps } = await stack.up();
      expect(steps).toEqual(["update PersistentVolumeClaim stalwart-data"]);
    });
    const after = await stack.object("v1", "PersistentVolumeClaim", "stalwart-data");
    expect(changed).toEqual(["PersistentVolumeClaim/stalwart-data"]);
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after?.spec.resources.requests.storage).toBe("20Gi");
  });

  test("shrinking the volume is refused before anything is changed", async () => {
    await stack.set("storage.size", "5Gi");
    const changed = await stack.changedBy(async () => {
      const { text } = await stack.failingUp();
      expect(text).toContain("cannot shrink to 5Gi");
    });
    expect(changed).toEqual([]);
    await stack.set("storage.size", "20Gi");
    expect((await stack.up()).steps).toEqual([]);
  });

  test("a volume whose class cannot grow stays as it is, and its old size can be set back", async () => {
    const allowExpansion = (allowVolumeExpansion: boolean) =>
      client.request(
        "PATCH",
        "/apis/storage.k8s.io/v1/storageclasses/longhorn",
        { allowVolumeExpansion },
        "application/merge-patch+json",
      );
    await allowExpansion(false);
    try {
      await stack.set("storage.size", "30Gi");
      const { text } = await stack.failingUp();
      expect(text).toContain("must support resize");
    } finally {
      await allowExpansion(true);
    }
    await stack.set("storage.size", "20Gi");
    await stack.up();
    const claim = await stack.object("v1", "PersistentVolumeClaim", "stalwart-data");
    expect(claim?.spec.resources.requests.storage).toBe("20Gi");
    expect((await stack.up()).steps).toEqual([]);
  });

  test("another TLS Secret changes what mounts or names it, and leaves the fetchers alone", async () => {
    await stack.set("tls.secretName", "newjoy-ro-tls");
    const changed = await stack.changedBy(() => stack.up());
    expect(changed).toEqual([
      "Certificate/roundcube-tls",
      "Certificate/stalwart-tls",
      "Deployment/stalwart",
      "Ingress/roundcube",
      "Ingress/stalwart",
    ]);
    const ingress = await stack.object("networking.k8s.io/v1", "Ingress", "roundcube");
    expect(ingress?.spec.tls[0].secretName).toBe("newjoy-ro-tls");
  });

  test("a pod that is not restricted is refused in the namespace", async () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "intruder", namespace: stack.namespace },
      spec: { containers: [{ name: "intruder", image: "busybox:1.37" }] },
    };
    await expect(client.create(pod)).rejects.toThrow(/violates PodSecurity "restricted/);
  });
});
