import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "../../../config/load";
import { resolved, startRecording } from "../../support/recorder";
import { engineValues, working } from "./support";

const secretKeys = ["mailboxes", "relay", "identity", "admin"].map((key) => `homelab-mail:${key}`);

const stackFile = `
config:
  homelab-mail:domain: newjoy.ro
  homelab-mail:mailboxes:
    kinga: { password: { secure: v1:aaa } }
    alpar: { password: { secure: v1:bbb }, admin: true }
  homelab-mail:relay:
    password: { secure: v1:ccc }
`;

async function load(config: Readonly<Record<string, unknown>>, file = stackFile) {
  await startRecording();
  pulumi.runtime.setAllConfig(engineValues(config), secretKeys);
  return loadConfig({ stackFile: file });
}

describe("loading the configuration", () => {
  test("a domain and a password per mailbox are a complete configuration", async () => {
    const config = await load(working);
    expect(config.mailboxes.map(({ name, address }) => `${name} ${address}`)).toEqual([
      "alpar alpar@newjoy.ro",
      "kinga kinga@newjoy.ro",
    ]);
    expect(config.hosts).toEqual({ mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" });
  });

  test("passwords stay secrets when the configuration is loaded", async () => {
    const config = await load(
      { ...working, identity: { ...working.identity, apiKey: "c" }, admin: { password: "a-long-admin-password" } },
      "",
    );
    const secrets = [
      ...config.mailboxes.map((mailbox) => mailbox.password),
      config.relay.password,
      config.identity.apiKey,
      config.admin.password,
    ];
    for (const secret of secrets) expect(await pulumi.isSecret(secret as pulumi.Output<string>)).toBe(true);
    expect(await Promise.all(secrets.map((secret) => resolved(secret as pulumi.Output<string>)))).toEqual([
      "alpar-password",
      "kinga-password",
      "relay-password",
      "c",
      "a-long-admin-password",
    ]);
  });

  test("an invalid configuration ends the program with the report and no stack trace", async () => {
    const failure = await load({ ...working, domain: "newjoy" }).catch((error: unknown) => error);
    expect(pulumi.RunError.isInstance(failure)).toBe(true);
    expect((failure as Error).message).toContain("pulumi config set domain newjoy.ro");
  });

  test("an invalid configuration registers no resource", async () => {
    const recorder = await startRecording();
    pulumi.runtime.setAllConfig(engineValues({ ...working, domain: "" }), secretKeys);
    await expect(loadConfig({ stackFile })).rejects.toThrow("domain");
    expect(recorder.resources).toEqual([]);
  });

  test("keys of other programs and providers are ignored when the configuration is loaded", async () => {
    await startRecording();
    pulumi.runtime.setAllConfig(
      { ...engineValues(working), "kubernetes:context": "home", "other:domain": "x" },
      secretKeys,
    );
    await expect(loadConfig({ stackFile })).resolves.toBeDefined();
  });

  test("a password that is stored in plain text in the stack file is refused", async () => {
    const plain = stackFile.replace("{ secure: v1:aaa }", "kinga-password");
    const failure = (await load(working, plain).catch((error: unknown) => error)) as Error;
    expect(failure.message).toMatch(/mailboxes\.kinga\.password +is stored in plain text/);
    expect(failure.message).toContain("pulumi config set --secret --path mailboxes.kinga.password");
    expect(failure.message).not.toContain("alpar");
    expect(failure.message).not.toContain("kinga-password");
  });

  test.each(["mailboxes", "homelab-mail:config:mailboxes"])(
    "a password in plain text is refused, too, where the stack file spells the key %s",
    async (key) => {
      const plain = stackFile.replace("homelab-mail:mailboxes", key).replace("{ secure: v1:bbb }", "alpar-password");
      await expect(load(working, plain)).rejects.toThrow(/mailboxes\.alpar\.password +is stored in plain text/);
    },
  );

  test("what only looks encrypted is refused: a group with another key in it", async () => {
    const more = stackFile.replace("{ secure: v1:aaa }", "{ secure: v1:aaa, other: b }");
    await expect(load(working, more)).rejects.toThrow(/mailboxes\.kinga\.password +is stored in plain text/);
  });

  test.each(["[]", "config: 3", "- a", "config: [", ""])(
    "a stack file that the engine cannot have read decides nothing: %j",
    async (file) => {
      await expect(load(working, file)).resolves.toBeDefined();
    },
  );

  test("the stack file is found beside Pulumi.yaml", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stack-"));
    try {
      writeFileSync(join(folder, "Pulumi.test.yaml"), stackFile.replace("{ secure: v1:ccc }", "relay-password"));
      await startRecording();
      pulumi.runtime.setAllConfig(engineValues(working), secretKeys);
      await expect(loadConfig({ folder })).rejects.toThrow(/relay\.password +is stored in plain text/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
