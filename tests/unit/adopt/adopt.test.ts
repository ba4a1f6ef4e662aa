import { generatedIn, places } from "../../../adopt/generated";
import { formerOwner, lostManagers, objectsToCreate, problemsIn, withoutFormerManagers } from "../../../adopt/managers";
import { deploy, threeMailboxes } from "../../support/deploy";
import { FakeCluster } from "../doctor/support/fakeCluster";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const watched = { ...threeMailboxes, monitoring: { enabled: true } };
const random = /^random:/;

test("all that a stack generates can be given back to it, and is stored in the Secret that it was read from", async () => {
  const generated = Object.fromEntries(
    places.map(({ key }) => [key, `former-${key}-value`.padEnd(24, "x").slice(0, 24)]),
  );
  const { recorder } = await deploy({ ...watched, generated });
  // A new key gives the settings' objects new names, which every change of the settings does as well.
  const onlyNames = new Set(["stalwart-settings-key"]);
  const made = recorder.resources.filter(
    ({ type, name }) => random.test(type) && !type.endsWith("RandomUuid") && !onlyNames.has(name),
  );
  expect(made.map(({ name }) => name)).toEqual([]);
  for (const { key, secret, field } of places) {
    expect(recorder.object("Secret", secret).inputs.stringData[field]).toBe(generated[key]);
  }
});

const config = { namespace: "mail", admin: {}, monitoring: { enabled: false } } as Parameters<typeof generatedIn>[1];
const secret = (name: string, data: Record<string, string>) => ({
  [`/api/v1/namespaces/mail/secrets/${name}`]: { data },
});

test("adopt reads back what the cluster has, and not what users set or what is not generated", async () => {
  const cluster = new FakeCluster({
    ...secret("stalwart-admin", { password: base64("the admin's") }),
    ...secret("roundcube", { des_key: base64("the key") }),
    ...secret("stalwart-metrics", { password: base64("the metrics'") }),
  });
  expect(await generatedIn(cluster, config)).toEqual([
    { key: "adminPassword", value: "the admin's" },
    { key: "desKey", value: "the key" },
  ]);
  const own = { ...config, admin: { password: "set by hand" }, monitoring: { enabled: true } } as never;
  expect((await generatedIn(cluster, own)).map(({ key }) => key)).toEqual(["desKey", "metricsPassword"]);
  expect(await generatedIn(new FakeCluster({}), config)).toEqual([]);
});

test("adopt removes the managers of the lost state from an object, and no others", () => {
  const metadata = (...managedFields: object[]) => ({ metadata: { resourceVersion: "7", managedFields } });
  const kubelet = { manager: "kubelet", operation: "Update", subresource: "status" };
  const lost = { manager: "pulumi-kubernetes-1a2b3c4d", operation: "Apply" };
  const created = { manager: "pulumi-kubernetes", operation: "Update" };
  expect(withoutFormerManagers(metadata(kubelet, lost, created), lostManagers)).toEqual([
    { op: "test", path: "/metadata/resourceVersion", value: "7" },
    { op: "replace", path: "/metadata/managedFields", value: [kubelet] },
  ]);
  expect(withoutFormerManagers(metadata(created), lostManagers)?.[1]).toMatchObject({ value: [{}] });
  expect(withoutFormerManagers(metadata(kubelet), lostManagers)).toBeUndefined();
});

test("the manager that owned all fields before the first apply does not own them afterwards", () => {
  const before = { manager: "before-first-apply", operation: "Update" };
  const anew = { manager: "pulumi-kubernetes-5e6f7a8b", operation: "Apply" };
  const object = { metadata: { resourceVersion: "7", managedFields: [before, anew] } };
  expect(withoutFormerManagers(object, formerOwner)?.[1]).toMatchObject({ value: [anew] });
});

test("the preview of adopt reports which objects would be created, and why it failed", () => {
  const inputs = { kind: "Deployment", apiVersion: "apps/v1", metadata: { name: "stalwart", namespace: "mail" } };
  const step = (op: string, type: string) => ({ op, newState: { type, inputs } });
  const steps = [
    step("create", "kubernetes:apps/v1:Deployment"),
    step("create", "kubernetes:apps/v1:DeploymentPatch"),
    step("same", "kubernetes:apps/v1:Deployment"),
    { op: "create", newState: { type: "random:index/randomPassword:RandomPassword", inputs: { length: 24 } } },
  ];
  expect(objectsToCreate(JSON.stringify({ steps }))).toEqual([
    { kind: "Deployment", apiVersion: "apps/v1", name: "stalwart", namespace: "mail" },
  ]);
  const diagnostics = [
    { severity: "warning", message: "old" },
    { severity: "error", message: "the cluster is unreachable\n" },
  ];
  expect(problemsIn(JSON.stringify({ diagnostics }))).toBe("the cluster is unreachable");
  expect(problemsIn("error: no passphrase\n")).toBe("error: no passphrase");
});
