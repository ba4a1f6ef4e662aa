import { client } from "./support/environment";
import { passwordOf, TestStack } from "./support/stack";

const CLAIMS = ["roundcube-data", "stalwart-data"];

const claims = async (stack: TestStack): Promise<Record<string, { uid: string; volume: string; phase: string }>> =>
  Object.fromEntries(
    await Promise.all(
      CLAIMS.map(async (name) => {
        const claim = await stack.object("v1", "PersistentVolumeClaim", name);
        return [name, { uid: claim?.metadata.uid, volume: claim?.spec.volumeName, phase: claim?.status.phase }];
      }),
    ),
  );

/** Until the cluster has bound a claim, its volume is not there to be kept. */
async function bound(stack: TestStack): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const found = await claims(stack);
    if (CLAIMS.every((name) => found[name]?.phase === "Bound")) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the claims were not bound");
}

test("destroy leaves the mail on disk, and a new stack adopts it", async () => {
  const stack = await TestStack.create("keeping", ["kinga"]);
  await stack.up();
  await bound(stack);
  const before = await claims(stack);

  await stack.destroy();
  const left = (await stack.live()).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  expect(left.sort()).toEqual(CLAIMS.map((name) => `PersistentVolumeClaim/${name}`));
  expect(await claims(stack)).toEqual(before);
  for (const { volume } of Object.values(before)) {
    const found = await client.read({ apiVersion: "v1", kind: "PersistentVolume", metadata: { name: volume } });
    expect(found?.status.phase).toBe("Bound");
  }

  const { text } = await stack.failingUp();
  expect(text).toContain("already exists");
  await stack.stack.setConfig("kubernetes:upsertExistingObjects", { value: "true" });
  await stack.up();
  expect(await claims(stack)).toEqual(before);

  await stack.stack.removeConfig("kubernetes:upsertExistingObjects");
  expect((await stack.up()).steps).toEqual([]);
});

test("what was made by hand is adopted, with its volume and under the same names", async () => {
  const stack = await TestStack.create("adopting", ["kinga"]);
  const { namespace } = stack;
  await client.create(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    "?fieldManager=kubectl-create",
  );
  const byHand = [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "stalwart-data", namespace },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "longhorn-ssd",
        resources: { requests: { storage: "10Gi" } },
      },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "migadu-fetch-credentials", namespace },
      stringData: { FETCHMAIL_KINGA_PASSWORD: passwordOf("kinga") },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "stalwart-emails", namespace },
      stringData: { KINGA_EMAIL: "kinga@newjoy.ro", OLD_EMAIL: "old@newjoy.ro" },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "migadu-smtp-credentials", namespace },
      stringData: { username: "somebody-else@newjoy.ro", password: "an older password" },
    },
  ];
  for (const object of byHand) await client.create(object, "?fieldManager=kubectl-create");
  const claim = await stack.object("v1", "PersistentVolumeClaim", "stalwart-data");

  // Values that differ belong to whoever set them: without this, adopting is a conflict.
  await stack.stack.setConfig("kubernetes:upsertExistingObjects", { value: "true" });
  await stack.stack.setConfig("kubernetes:enablePatchForce", { value: "true" });
  await stack.up();
  await stack.stack.removeConfig("kubernetes:upsertExistingObjects");
  await stack.stack.removeConfig("kubernetes:enablePatchForce");
  expect((await stack.up()).steps).toEqual([]);

  const adopted = await stack.object("v1", "PersistentVolumeClaim", "stalwart-data");
  expect(adopted?.metadata.uid).toBe(claim?.metadata.uid);
  const relay = await stack.object("v1", "Secret", "migadu-smtp-credentials");
  expect(Buffer.from(relay?.data.username, "base64").toString()).toBe("service@newjoy.ro");
  const found = await client.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  expect(found?.metadata.labels["pod-security.kubernetes.io/enforce"]).toBe("restricted");
});
