import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { parse } from "yaml";
import { configTable, declarations, referenceKeys } from "../../../config/reference";
import { schemaAt } from "../../../config/schema";
import { loaded, PROJECT, read, reportOf, working } from "./support";

const root = join(__dirname, "../../..");
const file = (name: string): string => readFileSync(join(root, name), "utf8");

const REGENERATE = "differs from config/schema; npm run docs:config writes it anew";

describe("Pulumi.yaml", () => {
  const { config, name } = parse(file("Pulumi.yaml")) as { config: Record<string, unknown>; name: string };

  test("Pulumi.yaml declares every key with the schema's type, description and default", () => {
    const own = Object.fromEntries(Object.entries(config).filter(([key]) => !key.includes(":")));
    expect({ [REGENERATE]: own }).toEqual({ [REGENERATE]: declarations() });
  });

  test("Pulumi.yaml gives every key a default, so that the engine lets this program report what is missing", () => {
    for (const [key, value] of Object.entries(config)) {
      if (!key.includes(":")) expect(value).toHaveProperty("default");
    }
  });

  test("Pulumi.yaml has the same defaults as the program", () => {
    const defaults = Object.fromEntries(
      Object.entries(declarations()).map(([key, declaration]) => [key, declaration.default]),
    );
    expect(JSON.stringify(loaded({ ...defaults, ...working }))).toBe(JSON.stringify(loaded(working)));
  });

  test("Pulumi.yaml lets the provider change Secrets and ConfigMaps in place", () => {
    expect(config["kubernetes:enableSecretMutable"]).toEqual({ value: true });
    expect(config["kubernetes:enableConfigMapMutable"]).toEqual({ value: true });
  });

  test("Pulumi.yaml has the project's name, under which the stack files hold their keys", () => {
    expect(name).toBe(PROJECT);
  });
});

describe("Pulumi.homelab.yaml", () => {
  const text = file("Pulumi.homelab.yaml");
  const { config, ...rest } = parse(text) as { config: Record<string, unknown> };
  const homelab = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(`${PROJECT}:`, ""), value]),
  );

  test("Pulumi.homelab.yaml lacks the passwords and nothing else", () => {
    const commands = [...reportOf(homelab, { stackFile: text, secretKeys: [] }).matchAll(/\$ (.*)/g)].map(([, c]) => c);
    expect(commands).toEqual([
      "pulumi config set --secret --path mailboxes.alpar.password",
      "pulumi config set --secret --path mailboxes.kinga.password",
      "pulumi config set --secret --path mailboxes.service.password",
      "pulumi config set --secret --path relay.password",
    ]);
  });

  test("Pulumi.homelab.yaml has no salt of a passphrase and no secret", () => {
    expect(rest).toEqual({});
    expect(text.split("\n").filter((line) => /^\s*(password|apiKey|secure):/.test(line))).toEqual([]);
  });

  test("Pulumi.homelab.yaml is newjoy.ro with alpar as administrator once it has passwords", () => {
    const withPasswords = {
      ...homelab,
      mailboxes: Object.fromEntries(
        Object.entries(homelab.mailboxes as object).map(([name, body]) => [name, { ...body, password: name }]),
      ),
      relay: { password: "relay" },
    };
    const stack = loaded(withPasswords);
    expect(stack.mailboxes.map(({ address, admin }) => `${address}${admin ? " admin" : ""}`)).toEqual([
      "alpar@newjoy.ro admin",
      "kinga@newjoy.ro",
      "service@newjoy.ro",
    ]);
  });
});

/** A key of the ingress, among the others that it needs. */
function completeIngress(key: string, set: Record<string, object>): object {
  if (!/gateway|kind/.test(key)) return { ...working.ingress, ...set };
  const gateway = { name: "traefik-gateway", namespace: "kube-system", listeners: ["websecure"], ...set.gateway };
  return { kind: "Gateway", ...set, gateway };
}

describe("the documented table of configuration", () => {
  test("the documented table of configuration is the one that the schema generates", () => {
    const table = /<!-- config:begin -->\n([\s\S]*?)\n?<!-- config:end -->/
      .exec(file("docs/reference/configuration.md"))?.[1]
      ?.trim();
    expect({ [REGENERATE]: table }).toEqual({ [REGENERATE]: configTable() });
  });

  test("the documented table of configuration has a meaning and a command for every key, and the commands set those keys", () => {
    for (const { key, meaning, command } of referenceKeys()) {
      expect(meaning).not.toBe("");
      const shown = key.replace("<name>", "kinga").replace("<source>", "old-gmail");
      expect(command.replaceAll("'", "")).toMatch(
        new RegExp(`^pulumi config set (--secret |--plaintext )?(--path )?${shown}\\b`),
      );
    }
  });

  test("the documented table of configuration has the keys that users need first at the top", () => {
    const required = referenceKeys().filter((key) => key.default === "required");
    expect(required.map(({ key }) => key)).toEqual([
      "domain",
      "mailboxes.<name>.password",
      "mailboxes.<name>.sources.<source>.host",
      "mailboxes.<name>.sources.<source>.user",
      "mailboxes.<name>.sources.<source>.password",
      "migrations.<name>.mailbox",
      "migrations.<name>.from.user",
      "migrations.<name>.from.password",
      "relay.password",
      "identity.issuer",
    ]);
  });

  test("the documented table of configuration has only examples that load", () => {
    for (const { key, command } of referenceKeys()) {
      const match = /--path '?([^' ]+)'? '?([^']+)'?$/.exec(command.replace(/< \S+$/, rootCertificates[0] as string));
      if (!match || command.includes("--secret") || key.startsWith("images.")) continue;
      const [, path = "", value] = match;
      const segments = [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
        ([, quoted, index, plain]) => quoted ?? (index === undefined ? plain : Number(index)) ?? "",
      );
      expect(schemaAt(segments)).toBeDefined();
      const nested = segments.reduceRight<unknown>(
        (inner, segment) => (typeof segment === "number" ? [inner] : { [segment]: inner }),
        value,
      ) as Record<string, Record<string, object>>;
      const config: Record<string, unknown> = { ...working, ...nested };
      if (nested.domains) delete config.domain;
      if (nested.mailboxes)
        config.mailboxes = { kinga: { ...working.mailboxes.kinga, ...nested.mailboxes.kinga } } as never;
      const sources = (config.mailboxes as { kinga: { sources?: Record<string, object> } }).kinga.sources;
      if (sources) {
        sources["old-gmail"] = { host: "imap.example.net", user: "me", password: "p", ...sources["old-gmail"] };
      }
      const { kinga } = nested.migrations ?? {};
      const from = { host: "imap.example.org", user: "me", password: "p", ...(kinga as { from?: object })?.from };
      if (kinga) config.migrations = { kinga: { mailbox: "kinga", ...kinga, from } };
      if (nested.relay) config.relay = { ...working.relay, ...nested.relay };
      if (nested.identity) config.identity = { ...working.identity, apiKey: "key", ...nested.identity };
      if (nested.ingress) config.ingress = completeIngress(key, nested.ingress as Record<string, object>) as never;
      if (nested.monitoring) config.monitoring = { heartbeat: "https://hc-ping.com/0f1e", ...nested.monitoring };
      expect({ command, result: read(config) }).toMatchObject({ result: { config: {} } });
    }
  });
});
