import fc from "fast-check";
import { rendererFor } from "../../../../components/mailserver/lines";
import { listeners, listenersHash } from "../../../../components/mailserver/listeners";
import type { Json } from "../../../../components/mailserver/operations";
import { plan, renderPlan, renderReload } from "../../../../components/mailserver/plan";
import { declaredAccounts } from "../../../../components/mailserver/planAccounts";
import { stalwartLines } from "../../../../config/stalwartLine";
import { sampleConfig } from "../../../support/sample";
import { configs, expressionsOf, objectsOf, samplePlan, settingOf } from "./plans";
import { itFitsSchema, schemaProblems } from "./validator";

/**
 * What a value refers to. The server looks for references in properties that hold ids and nowhere else, and in the schema
 * those, and only those, end in Id or Ids. A later release's `oauthClientId` is a text.
 */
function referencesIn(value: Json, property = ""): string[] {
  if (value !== null && typeof value === "object") {
    return Object.entries(value).flatMap(([key, inner]) => [
      ...(property.endsWith("Ids") ? referencesIn(key, "Id") : []),
      ...referencesIn(inner, property.endsWith("Ids") ? property : key),
    ]);
  }
  if (typeof value !== "string" || !/Ids?$/.test(property) || property === "oauthClientId") return [];
  expect(value).toMatch(/^#/); // ids of the server's own making cannot be known here
  return [value.slice(1)];
}

describe("the settings plan", () => {
  for (const line of stalwartLines) {
    const { plan: render, reload } = rendererFor(`stalwart:v${line}.0`);

    itFitsSchema(line)(`fits the schema of ${line}, whatever is configured`, () => {
      fc.assert(
        fc.property(configs, (args) => {
          expect(schemaProblems(line, render(args))).toBe("");
        }),
        { numRuns: 25 },
      );
    });

    itFitsSchema(line)(`reloads with actions that ${line} knows`, () => {
      expect(schemaProblems(line, reload())).toBe("");
    });
  }

  it("a line of the settings plan refers only to what an earlier line defines", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const defined = new Set<string>();
        for (const operation of plan(args)) {
          for (const reference of referencesIn(operation.value)) expect(defined).toContain(reference);
          if (operation["@type"] === "update") continue;
          for (const key of Object.keys(operation.value)) {
            expect(defined).not.toContain(key);
            defined.add(key);
          }
        }
      }),
      { examples: [[{ ...samplePlan(), identity: { ...samplePlan().identity, name: "#a" } }]] }, // a name is no reference
    );
  });

  it("the settings plan gives every mailbox one account, under its own name", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const names = objectsOf(args, "Account").map(({ name, domainId }) => `${name} ${domainId}`);
        expect(names).toHaveLength(new Set(names).size);
        const own = args.mailboxes.map(({ address }) => {
          const [local, domain = ""] = address.split("@");
          return `${local} ${args.domains.indexOf(domain) === 0 ? "#domain" : "#domain-2"}`;
        });
        expect(names).toEqual(expect.arrayContaining(own));
      }),
    );
  });

  it("the settings plan gives no address to two accounts", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const claimed = objectsOf(args, "Account").flatMap((account) =>
          [account, ...Object.values<typeof account>(account.aliases)].map(
            ({ name, domainId }) => `${name} ${domainId}`,
          ),
        );
        expect(claimed).toHaveLength(new Set(claimed).size);
      }),
    );
  });

  it("the settings plan never deletes an account, and so never mail", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const operations = plan(args).filter(({ object }) => object === "Account");
        expect(operations.map((operation) => operation["@type"])).toEqual(["upsert"]);
        expect(plan(args).map((operation) => String(operation["@type"]))).not.toContain("destroy");
      }),
    );
  });

  it("the settings plan keeps at least one object of every kind that it reconciles, because an empty kind gets its defaults back", () => {
    fc.assert(
      fc.property(configs, (args) => {
        for (const operation of plan(args)) {
          if (operation["@type"] === "reconcile") expect(Object.keys(operation.value).length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("the settings plan is the same text in whatever order mailboxes, aliases and networks are written", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const turned = {
          ...args,
          mailboxes: args.mailboxes.map((one) => ({ ...one, aliases: [...one.aliases].reverse() })).reverse(),
          cluster: { networks: [...args.cluster.networks].reverse() },
        };
        expect(renderPlan(turned)).toBe(renderPlan(args));
        expect(declaredAccounts(turned)).toEqual(declaredAccounts(args));
      }),
    );
  });

  it("the settings plan has one JSON operation per line", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const lines = renderPlan(args).split("\n");
        expect(lines.pop()).toBe("");
        expect(lines.map((line) => JSON.parse(line))).toEqual(plan(args));
      }),
    );
  });

  it("the settings plan writes conditions as the server reads them: a numbered list, and a default", () => {
    const single = samplePlan({ relay: { ...sampleConfig().relay, mode: "single" } });
    expect(JSON.stringify(settingOf(single, "MtaOutboundStrategy").route)).toBe(
      `{"else":"'relay'","match":{"0":{"if":"is_local_address(to_lowercase(rcpt))","then":"'local'"},` +
        `"1":{"if":"source == 'dsn'","then":"'local'"}}}`,
    );
    expect(JSON.stringify(settingOf(samplePlan(), "MtaStageEhlo").rejectNonFqdn)).toBe('{"else":"false","match":{}}');
  });

  it("the settings plan holds no password", () => {
    // Passwords are outputs: one that strayed in would be serialised as such, or refuse to be.
    const text = renderPlan(samplePlan());
    expect(text).not.toMatch(/password-of|relay-password-value|__pulumi/);
    const secrets = objectsOf(samplePlan(), "MtaRoute").flatMap(({ authSecret }) => authSecret ?? []);
    expect(secrets[0]).toEqual({ "@type": "File", filePath: "/etc/stalwart/secrets/relay-password" });
    for (const secret of secrets) expect(Object.keys(secret)).toEqual(["@type", "filePath"]);
  });

  it("every expression of the settings plan has balanced quotes and parentheses", () => {
    fc.assert(
      fc.property(configs, (args) => {
        for (const expression of expressionsOf(args)) {
          const code = expression.replace(/"[^"]*"|'[^']*'/g, "''");
          expect(code.replaceAll("''", "")).not.toMatch(/['"]/);
          expect(code.split("(").length).toBe(code.split(")").length);
          expect(code).toMatch(/^[a-z0-9_!=&|(), ']+$/i);
        }
      }),
    );
  });
});

describe("listening", () => {
  it("the mail server opens exactly the configured ports, each once", () => {
    const opened = objectsOf(samplePlan(), "NetworkListener").map(({ name, bind, tlsImplicit }) => [
      name,
      Object.keys(bind),
      tlsImplicit,
    ]);
    expect(opened).toEqual(listeners().map(({ name, port, tlsImplicit }) => [name, [`[::]:${port}`], tlsImplicit]));
  });

  it("the mail server announces every service to clients but POP3, which has no listener", () => {
    const { services, defaultHostname, defaultDomainId, defaultCertificateId } = settingOf(
      samplePlan(),
      "SystemSettings",
    );
    const others = ["caldav", "carddav", "imap", "jmap", "managesieve", "smtp", "webdav"]; // of the eight that it knows
    expect(services).toEqual(Object.fromEntries(others.map((name) => [name, { cleartext: false }])));
    expect([defaultHostname, defaultCertificateId]).toEqual(["mail.newjoy.ro", "#certificate"]);
    expect(defaultDomainId).toBe("#domain");
  });

  it("the mail server restarts for another port, protocol or kind of TLS, and not for another order of mailboxes", () => {
    const [first, ...rest] = listeners();
    if (!first) throw new Error("no listeners");
    const changed = [
      { ...first, port: 26 },
      { ...first, protocol: "imap" as const },
      { ...first, tlsImplicit: true },
      { ...first, name: "mx" },
    ];
    for (const listener of changed) expect(listenersHash([listener, ...rest])).not.toBe(listenersHash());
    expect(listenersHash([{ ...first, public: true }, ...rest])).toBe(listenersHash());
  });
});

describe("logging", () => {
  it("requests straight from a pod, as each run of the command line tool sends, leave no warnings in the server's log", () => {
    const [levels, { level }] = [["trace", "debug", "info"], settingOf(samplePlan(), "Tracer")];
    const missing = objectsOf(samplePlan(), "EventTracingLevel").find(
      ({ event }) => event === "http.x-forwarded-missing",
    );
    expect(level).toBe("info");
    expect(levels.indexOf(missing?.level)).toBeLessThan(levels.indexOf(level));
    expect(levels).toContain(missing?.level);
  });
});

describe("reloading", () => {
  it("certificates are renewed even while the identity provider is unreachable and settings cannot be reloaded", () => {
    const actions = renderReload()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).value.action["@type"]);
    expect(actions).toEqual(["ReloadTlsCertificates", "ReloadSettings"]);
  });

  it("reloading is not part of the settings plan, whose lines are not rolled back", () => {
    expect(plan(samplePlan()).map(({ object }) => object)).not.toContain("Action");
  });
});
