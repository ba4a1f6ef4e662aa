import * as fs from "node:fs";
import * as path from "node:path";
import { folder } from "./support/environment";
import { passwordOf, RELAY_PASSWORD, TestStack } from "./support/stack";

const SECRET_ADDRESS = "a.very.private.name@newjoy.ro";
const ADMIN_PASSWORD = "admin-S3cret-of-the-owner";

let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.create("secrets");
  await stack.setSecret("mailboxes.kinga.address", SECRET_ADDRESS);
  await stack.setSecret("mailboxes.kinga.aliases[0]", "hidden.alias");
  await stack.setSecret("admin.password", ADMIN_PASSWORD);
  await stack.up();
});

/** The text itself, and its base64 at each of the three offsets it can have in a longer text. */
function disguises(text: string): string[] {
  const shifted = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${"\0".repeat(offset)}${text}`).toString("base64");
    return encoded.slice(offset === 0 ? 0 : 4, encoded.length - 4); // the ends depend on the neighbours
  });
  return [text, ...shifted, Buffer.from(text).toString("hex"), encodeURIComponent(text)];
}

const secrets = {
  "a mailbox's password": passwordOf("alpar"),
  "another's password": passwordOf("kinga"),
  "the relay's password": RELAY_PASSWORD,
  "an address that was set as a secret": SECRET_ADDRESS,
  "the part of it before the @": "a.very.private.name",
  "an alias that was set as a secret": "hidden.alias",
  "the administrator's password": ADMIN_PASSWORD,
};

function filesUnder(root: string): string[] {
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const holds = (content: string, text: string): boolean => disguises(text).some((form) => content.includes(form));

describe.each(Object.entries(secrets))("%s", (_, text) => {
  test("this secret is in no file that Pulumi keeps: state, backups, history, stack file", () => {
    const files = filesUnder(stack.path);
    expect(files.some((file) => file.includes(path.join("state", ".pulumi", "stacks")))).toBe(true);
    expect(files.filter((file) => holds(fs.readFileSync(file, "latin1"), text))).toEqual([]);
  });

  test("this secret is not in the exported state", () => {
    const exported = stack.exportedState();
    expect(exported).toContain("stalwart-data");
    expect(holds(exported, text)).toBe(false);
  });

  test("this secret is in no object of the cluster but Secrets", async () => {
    const objects = await stack.live();
    expect(objects.length).toBeGreaterThan(20);
    const leaking = objects
      .filter(({ kind }) => kind !== "Secret")
      .filter((object) => holds(JSON.stringify(object), text));
    expect(leaking.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([]);
  });
});

test("the passwords do reach the Secrets", async () => {
  const value = async (name: string, key: string) =>
    Buffer.from((await stack.object("v1", "Secret", name))?.data[key] ?? "", "base64").toString();
  expect(await value("migadu-fetch-credentials", "FETCHMAIL_KINGA_PASSWORD")).toBe(passwordOf("kinga"));
  expect(await value("stalwart-emails", "KINGA_EMAIL")).toBe(SECRET_ADDRESS);
  expect(await value("migadu-smtp-credentials", "password")).toBe(RELAY_PASSWORD);
  expect(await value("stalwart-admin", "password")).toBe(ADMIN_PASSWORD);
});

test("generated passwords and secret outputs are encrypted in the state", async () => {
  const generated = await TestStack.create("generated", ["kinga"]);
  await generated.up();
  const secret = await generated.object("v1", "Secret", "stalwart-admin");
  const password = Buffer.from(secret?.data.password, "base64").toString();
  expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
  const files = filesUnder(generated.path).filter((file) => holds(fs.readFileSync(file, "latin1"), password));
  expect(files).toEqual([]);
  const outputs = await generated.stack.outputs();
  expect(outputs.adminPassword).toEqual({ value: password, secret: true });
});

test("the sandbox leaves no secret in its logs", () => {
  const logs = fs.readdirSync(folder).filter((name) => name.endsWith(".log"));
  expect(logs).toContain("kube-apiserver.log");
  const leaking = Object.values(secrets).flatMap((text) =>
    logs.filter((name) => holds(fs.readFileSync(path.join(folder, name), "latin1"), text)),
  );
  expect(leaking).toEqual([]);
});
