import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { readConfig } from "../../../config/load";
import { schema } from "../../../config/schema";
import { goodConfig, password } from "./arbitraries";
import { fixed } from "./commands";
import { loaded, PROJECT, read, reportOf } from "./support";

const groups = Object.keys(schema.shape);
const everySecret = new Set(groups);
const anyKey = fc.oneof(fc.constantFrom(...groups), fc.string({ maxLength: 12 }), fc.constant("__proto__"));

/** Top-level values as the engine may hold them: JSON of any kind, or text that is no JSON. */
const anyValue = fc.oneof(fc.json(), fc.string(), fc.constantFrom("", "null", "[]", "{}", "true", "1"));

function frozen(value: unknown): boolean {
  if (value === null || typeof value !== "object" || pulumi.Output.isInstance(value)) return true;
  return Object.isFrozen(value) && Object.values(value).every(frozen);
}

/** Independent mistakes, each with the key that the report must name. */
const mistakes: readonly (readonly [key: string, path: readonly string[], value: unknown])[] = [
  ["domain", ["domain"], "no domain"],
  ["hosts.mail", ["hosts", "mail"], "-"],
  ["namespace", ["namespace"], "Not A Name"],
  ["mailboxes.zz.password", ["mailboxes", "zz"], {}],
  ["mailboxes.yy.keep", ["mailboxes", "yy"], { password: "p", keep: 3 }],
  ["provider.imap.port", ["provider", "imap"], { port: -1 }],
  ["relay.password", ["relay"], { password: "" }],
  ["identity.issuer", ["identity", "issuer"], "https://x.org/a/"],
  ["storage.size", ["storage", "size"], "big"],
  ["tls.issuer", ["tls"], { issuer: "UPPER" }],
  ["service.address", ["service", "address"], "1.2.3"],
  ["cluster.networks[0]", ["cluster", "networks"], ["10/8"]],
  ["images.fetchmail", ["images", "fetchmail"], "fetchmail:latest"],
  ["resources.settings.limits.memory", ["resources"], { settings: { limits: { memory: "lots" } } }],
  ["ingress.clas", ["ingress", "clas"], "nginx"],
  ["nonsense", ["nonsense"], 1],
];

function withMistake(
  config: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const [first = "", ...rest] = path;
  if (rest.length === 0) return { ...config, [first]: value };
  return { ...config, [first]: withMistake((config[first] ?? {}) as Record<string, unknown>, rest, value) };
}

describe("any configuration", () => {
  test("any configuration loads or is reported, and never crashes the program", () => {
    fc.assert(
      fc.property(fc.dictionary(anyKey, anyValue), (config) => {
        const values = Object.fromEntries(Object.entries(config).map(([key, value]) => [`${PROJECT}:${key}`, value]));
        const result = readConfig({ project: PROJECT, values, stackFile: undefined, secretKeys: everySecret });
        expect("config" in result ? "loaded" : result.report).toMatch(/^loaded$|^The configuration has .* problem/);
      }),
      { numRuns: 300 },
    );
  });

  test("a valid configuration with any JSON anywhere loads or is reported", () => {
    fc.assert(
      fc.property(
        goodConfig,
        fc.constantFrom(...groups),
        fc.jsonValue(),
        fc.boolean(),
        (config, group, value, within) => {
          const inner = config[group];
          const nested =
            within && typeof inner === "object" ? { ...inner, kinga: value, size: value, issuer: value } : value;
          const result = read({ ...config, [group]: nested }, { secretKeys: groups });
          expect("config" in result || result.report.includes(group)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("a configuration loads with any text in the stack file", () => {
    fc.assert(
      fc.property(goodConfig, fc.oneof(fc.string(), fc.json()), (config, stackFile) => {
        expect(reportOf(config, { stackFile })).toBe("");
      }),
    );
  });
});

describe("a good configuration", () => {
  test("a valid configuration loads, complete and frozen, with the mailboxes in order", () => {
    fc.assert(
      fc.property(goodConfig, (written) => {
        const config = loaded(written);
        const names = config.mailboxes.map(({ name }) => name);
        expect(names).toEqual(Object.keys(written.mailboxes as object).sort());
        expect(frozen(config)).toBe(true);
        for (const { folders, address, localPart } of config.mailboxes) {
          expect(folders[0]).toBe("INBOX");
          expect(address).toBe(`${localPart}@${config.domain}`);
        }
      }),
    );
  });

  test("a valid configuration gives every address to one mailbox only", () => {
    fc.assert(
      fc.property(goodConfig, (written) => {
        const locals = loaded(written).mailboxes.flatMap(({ localPart, aliases }) => [localPart, ...aliases]);
        expect(new Set(locals).size).toBe(locals.length);
      }),
    );
  });
});

describe("a configuration with mistakes", () => {
  test("the report of a configuration has every invalid key, however many there are", () => {
    fc.assert(
      fc.property(goodConfig, fc.subarray([...mistakes], { minLength: 1 }), (config, chosen) => {
        const bad = chosen.reduce<Record<string, unknown>>(
          (sofar, [, path, value]) => withMistake(sofar, path, value),
          config,
        );
        const report = reportOf(bad);
        for (const [key] of chosen) expect(report).toMatch(new RegExp(`^  ${key.replace(/[.[\]]/g, "\\$&")} `, "m"));
        expect(report.match(/^ {2}\S/gm)?.length).toBeGreaterThanOrEqual(chosen.length);
      }),
    );
  });

  test("a configuration with mistakes is fixed by the commands of the report", () => {
    fc.assert(
      fc.property(goodConfig, fc.subarray([...mistakes], { minLength: 1 }), (config, chosen) => {
        const bad = chosen.reduce<Record<string, unknown>>(
          (sofar, [, path, value]) => withMistake(sofar, path, value),
          config,
        );
        expect(reportOf(fixed(bad))).toBe("");
      }),
      { numRuns: 40 },
    );
  });

  test("the report of a configuration has no password, invalid or not", () => {
    const sentinel = password.map((text) => `Sentinel-${text}`);
    fc.assert(
      fc.property(
        goodConfig,
        sentinel,
        fc.subarray([...mistakes], { minLength: 1 }),
        fc.boolean(),
        (config, secret, chosen, plain) => {
          const bad = chosen.reduce<Record<string, unknown>>(
            (sofar, [, path, value]) => withMistake(sofar, path, value),
            {
              ...config,
              mailboxes: {
                aa: { password: secret },
                bb: { password: `${secret}\n` },
                cc: secret,
                dd: { pasword: secret },
              },
              identity: { clientSecret: secret, admin: secret },
            },
          );
          const report = reportOf(bad, plain ? { secretKeys: [] } : {});
          expect(report).toContain("mailboxes.bb.password");
          expect(report).not.toContain("Sentinel");
        },
      ),
    );
  });

  test("the report suggests the right key when a letter of a configuration key is missing", () => {
    fc.assert(
      fc.property(fc.constantFrom("mailboxes", "storage", "identity", "provider", "resources"), fc.nat(), (key, at) => {
        const place = 1 + (at % (key.length - 1));
        const slip = key.slice(0, place) + key.slice(place + 1);
        fc.pre(!groups.includes(slip));
        expect(reportOf({ [slip]: {} })).toContain(`did you mean ${key}?`);
      }),
    );
  });
});
