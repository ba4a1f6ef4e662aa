import { TestStack } from "./support/stack";

let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.create("moving", ["kinga"]);
  await stack.set("storage.className", "longhorn-ssd");
  await stack.up();
});

/** A change that must be refused, in a preview and in an update, with nothing touched; then it is set back. */
async function refused(key: string, value: string | undefined, back: string, ...texts: readonly string[]) {
  await (value === undefined ? stack.unset(key) : stack.set(key, value));
  const changed = await stack.changedBy(async () => {
    for (const run of [() => stack.failingPreview(), () => stack.failingUp()]) {
      const { text } = await run();
      for (const expected of texts) expect(text).toContain(expected);
    }
  });
  expect(changed).toEqual([]);
  await (back === "" ? stack.unset(key) : stack.set(key, back));
}

describe("a change that would hide mail is refused before anything is touched", () => {
  test("another domain is refused before anything is touched, because it would hide mail", () =>
    refused("domain", "example.org", "newjoy.ro", "every user would start with an empty mailbox", "domain newjoy.ro"));

  test("another namespace is refused before anything is touched, because it would hide mail", () =>
    refused("namespace", "elsewhere", stack.namespace, `pulumi config set namespace ${stack.namespace}`));

  test("another address of a mailbox is refused before anything is touched, because it would hide mail", () =>
    refused(
      "mailboxes.kinga.address",
      "kinga.k@newjoy.ro",
      "",
      "pulumi config set --secret --path mailboxes.kinga.account",
    ));

  test("another storage class is refused before anything is touched, because it would hide mail", () =>
    refused(
      "storage.className",
      "longhorn",
      "longhorn-ssd",
      "pulumi config set --path storage.className longhorn-ssd",
    ));

  test("the storage class that was once the default is refused before anything is touched, because it would hide mail", () =>
    refused("storage.className", undefined, "longhorn-ssd", "earlier versions took longhorn-ssd"));

  test("a stack whose refused changes are set back is as it was", async () => {
    expect((await stack.up()).steps).toEqual([]);
  });
});

test("a mailbox with another address keeps its account, and the new address leads to it", async () => {
  await stack.set("mailboxes.kinga.address", "kinga.k@newjoy.ro");
  await stack.set("mailboxes.kinga.account", "kinga@newjoy.ro");
  await stack.up();
  const secrets = (await stack.live()).filter(
    ({ kind, metadata }) => kind === "Secret" && /-settings-/.test(metadata.name),
  );
  const plan = Buffer.from(secrets[0]?.data["plan.ndjson"], "base64").toString();
  const accounts = plan.split("\n").find((line) => line.includes('"object":"Account"'));
  const kinga = JSON.parse(accounts ?? "{}").value["mailbox-kinga"];
  expect(kinga.name).toBe("kinga");
  expect(kinga.aliases).toEqual({ 0: { name: "kinga.k", domainId: "#domain" } });
  const emails = await stack.object("v1", "Secret", "stalwart-emails");
  expect(Buffer.from(emails?.data.KINGA_EMAIL, "base64").toString()).toBe("kinga.k@newjoy.ro");
});

describe("more than one domain", () => {
  test("the only domain may be written as `domains`, and nothing is touched", async () => {
    await stack.unset("domain");
    await stack.set("domains[0]", "newjoy.ro");
    expect((await stack.up()).steps).toEqual([]);
  });

  test("a second domain brings its mailboxes, and leaves those of the first alone", async () => {
    const claims = () => stack.object("v1", "PersistentVolumeClaim", "stalwart-data");
    const before = (await claims())?.metadata.uid;
    const fetcher = async () => (await stack.object("apps/v1", "Deployment", "fetchmail-kinga"))?.metadata.generation;
    const generation = await fetcher();
    await stack.set("domains[1]", "example.org");
    await stack.setSecret("mailboxes.work.password", "imap-Passw0rd-3");
    await stack.set("mailboxes.work.address", "office@example.org");
    await stack.up();
    expect((await claims())?.metadata.uid).toBe(before);
    expect(await fetcher()).toBe(generation);
    const emails = await stack.object("v1", "Secret", "stalwart-emails");
    expect(Buffer.from(emails?.data.WORK_EMAIL, "base64").toString()).toBe("office@example.org");
  });

  test("a second domain cannot become the first", async () => {
    await stack.set("domains[0]", "example.org");
    const texts = ["every user would start with an empty mailbox", "'domains[0]' newjoy.ro"];
    await refused("domains[1]", "newjoy.ro", "example.org", ...texts);
    await stack.set("domains[0]", "newjoy.ro");
  });

  test("a second domain cannot be removed while a mailbox is in it", () =>
    refused("domains[1]", undefined, "example.org", "mailboxes.work.address", "is not in the stack's domain"));

  test("a mailbox of the second domain cannot move to an empty account of the first", () =>
    refused("mailboxes.work.address", "work@newjoy.ro", "office@example.org", "mailboxes.work.account"));

  test("a stack whose domains are set back is as it was", async () => {
    expect((await stack.up()).steps).toEqual([]);
  });
});

test("a stack that names no class gets the cluster's, keeps it, and may name it", async () => {
  const plain = await TestStack.create("plainstorage", ["kinga"]);
  await plain.up();
  const claim = () => plain.object("v1", "PersistentVolumeClaim", "stalwart-data");
  expect((await claim())?.spec.storageClassName).toBe("longhorn");
  expect((await plain.up()).steps).toEqual([]);
  await plain.set("storage.className", "longhorn");
  const uid = (await claim())?.metadata.uid;
  await plain.up();
  expect((await claim())?.metadata.uid).toBe(uid);
  expect((await plain.up()).steps).toEqual([]);
});
