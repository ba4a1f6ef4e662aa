import fc from "fast-check";
import { editDistance, nearest } from "../../../config/report";
import { removeCommand, setCommand, setSecretCommand, shellWord } from "../../../config/report/commands";
import { two } from "./mistakes/case";
import { expectProblem, reportOf, working } from "./support";

describe("the report", () => {
  test("the report of the configuration has every problem in one text", () => {
    const report = reportOf({
      domain: "newjoy",
      mailboxes: { kinga: {}, alpar: { password: "q", admin: "yes" } },
      tls: { issuer: "a", secretName: "b" },
      ingress: { controller: "traefik" },
      colour: "blue",
    });
    expect(report).toMatchInlineSnapshot(`
"The configuration has 7 problems; nothing was deployed.

  colour                    is not a known key; known here: domain, domains, hosts, namespace, mailboxes, migrations, retention, trash, provider, relay, identity, admin, storage, backup, ingress, tls, trust, service, cluster, monitoring, generated, images, resources
                            $ pulumi config rm colour
  domain                    "newjoy" is not a domain name; it looks like example.org
                            $ pulumi config set domain newjoy.ro
  identity.issuer           is missing: it no longer has a default; earlier versions defaulted to https://auth.newjoy.ro
                            $ pulumi config set --path identity.issuer https://auth.example.org
  mailboxes.alpar.admin     must be true or false
                            $ pulumi config set --path mailboxes.alpar.admin false
  mailboxes.kinga.password  is missing
                            $ pulumi config set --secret --path mailboxes.kinga.password
  relay.password            is missing
                            $ pulumi config set --secret --path relay.password
  tls.issuer                "a" cannot be combined with tls.secretName; keep one of the two
                            $ pulumi config rm --path tls.issuer
"
`);
  });

  test("the report of the configuration has an unknown mailbox of a migration together with mistakes in both groups", () => {
    const from = { host: "imap.example.org", user: "me", password: "p" };
    const report = reportOf({
      ...working,
      mailboxes: { kinga: { password: "p", admin: "yes" } },
      migrations: { old: { mailbox: "anna", from }, older: { mailbox: "Kinga", from, gmail: "perhaps" } },
    });
    expectProblem(report, "migrations.old.mailbox", /is not a mailbox of this stack; one of kinga/);
    expectProblem(report, "migrations.older.gmail", /must be true or false/);
    expectProblem(report, "mailboxes.kinga.admin", /must be true or false/);
    expect(report).toContain("has 3 problems");
  });

  test("the report of the configuration refuses the key __proto__ in every group", () => {
    const storage = JSON.parse('{"labels": {"__proto__": "a"}}');
    expectProblem(reportOf({ ...working, storage }), "storage.labels.__proto__", /not a usable name/);
  });

  test("the report of the configuration has commands that remove the right aliases when they are run from top to bottom", () => {
    const report = reportOf(
      { ...working, ...two({ aliases: ["boss", "alpar", "boss", "info"] }) },
      {
        stackFile: "config: {}",
      },
    );
    const removals = [...report.matchAll(/rm --path '(.*)'/g)].map(([, key]) => key);
    expect(removals).toEqual(["mailboxes.kinga.aliases[2]", "mailboxes.kinga.aliases[1]"]);
  });

  test("the commands of the report replace the whole list of aliases when it is one line of text", () => {
    const report = reportOf({ ...working, ...two({ aliases: "boss,alpar" }) });
    expect(report).toContain("$ pulumi config rm --path mailboxes.kinga.aliases\n");
  });

  test("the commands of the report set an address that is secret as a secret again", () => {
    expect(reportOf({ ...working, ...two({ address: "kinga@example.org" }) })).toContain(
      "$ pulumi config set --secret --path mailboxes.kinga.address",
    );
  });

  test("the commands of the report set the user of a source that is secret as a secret again", () => {
    const sources = { old: { host: "imap.example.net", user: " ", password: "p" } };
    const key = "mailboxes.kinga.sources.old.user";
    expect(reportOf({ ...working, ...two({ sources }) })).toContain(`$ pulumi config set --secret --path ${key}`);
    const stackFile = `config: {homelab-mail:mailboxes: {kinga: {sources: {old: {user: " "}}}}}`;
    expect(reportOf({ ...working, ...two({ sources }) }, { stackFile })).toContain(
      `set --path ${key} kinga@example.org`,
    );
  });

  test("the report of the configuration shows no value of a mailbox, even when addresses are plain text", () => {
    const report = reportOf(
      {
        ...working,
        ...two({ address: "hidden.one@newjoy.ro", aliases: ["hidden.two@example.org"] }, { address: "hidden.one" }),
      },
      { secretKeys: [] },
    );
    expect(report).toContain("mailboxes.alpar.address");
    expect(report).not.toContain("hidden");
  });

  test("the report of the configuration shows no value of a migration, even when it is plain text", () => {
    const from = { host: "imap.example.org", user: "me", password: "p" };
    const report = reportOf({ ...working, migrations: { old: { mailbox: "hidden", from } } }, { secretKeys: [] });
    expect(report).toContain("migrations.old.mailbox");
    expect(report).not.toContain("hidden");
  });

  test("the report of the configuration shows the beginning of a long value", () => {
    const report = reportOf({ ...working, storage: { size: "x".repeat(200) } });
    expect(report).toContain(`"${"x".repeat(60)}…" is not a size`);
    expect(report).not.toContain("x".repeat(61));
  });

  test.each([
    ["that is no address", "hc-ping.com/0f1e", /is not a URL to ping/],
    ["with a quote", 'https://hc-ping.com/"0f1e', /is not a URL to ping/],
    ["with a port beyond all ports", "https://hc-ping.com:99999/0f1e", /is not a URL to ping/],
    ["with a user", "https://me@kuma.lan/0f1e", /holds a login or a #/],
    ["with a password", "https://:pw@kuma.lan/0f1e", /holds a login or a #/],
    ["with a fragment", "https://kuma.lan/0f1e#a", /holds a login or a #/],
  ])("a heartbeat %s is reported without its URL", (_what, heartbeat, problem) => {
    const report = reportOf({ ...working, monitoring: { heartbeat } });
    expectProblem(report, "monitoring.heartbeat", problem, "pulumi config set --secret --path monitoring.heartbeat");
    expect(report).not.toContain(heartbeat);
  });

  test("the report of the configuration shows no value that is a secret anywhere", () => {
    const storage = { ...working, storage: { size: "hidden" } };
    expect(reportOf(storage)).toContain('"hidden" is not a size');
    expect(reportOf(storage, { secretKeys: ["mailboxes", "relay", "storage"] })).not.toContain("hidden");
  });

  test.each(["relay.password", "identity.apiKey", "admin.password", "mailboxes.kinga.password"])(
    "%s must be secret",
    (key) => {
      const config = {
        ...working,
        identity: { ...working.identity, apiKey: "c" },
        admin: { password: "a-long-admin-password" },
      };
      expectProblem(
        reportOf(config, { secretKeys: [] }),
        key,
        /is stored in plain text/,
        `pulumi config set --secret --path ${key}`,
      );
    },
  );
});

describe("suggestions", () => {
  test("suggestions of a key count a typing error as one edit", () => {
    expect(editDistance("pasword", "password")).toBe(1);
    expect(editDistance("stroage", "storage")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
  });

  test("suggestions of a key measure the same distance in both directions, and zero only for equal words", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });

  test("a word that resembles no key gets no suggestion", () => {
    expect(nearest("colour", ["domain", "hosts", "storage"])).toBeUndefined();
    expect(nearest("host", ["domain", "hosts", "storage"])).toBe("hosts");
    expect(nearest("class", ["className", "size"])).toBe("className");
  });
});

describe("commands", () => {
  test("commands of the report have --path exactly when the key has several parts", () => {
    expect(setCommand(["domain"], "newjoy.ro")).toBe("pulumi config set domain newjoy.ro");
    expect(setSecretCommand(["relay", "password"])).toBe("pulumi config set --secret --path relay.password");
    expect(removeCommand(["mailboxes.kinga"])).toBe("pulumi config rm mailboxes.kinga");
  });

  test("commands of the report quote keys with dots, list items and blanks for the shell", () => {
    expect(setCommand(["storage", "labels", "example.org/a"], "b c")).toBe(
      `pulumi config set --path 'storage.labels["example.org/a"]' 'b c'`,
    );
    expect(setCommand(["cluster", "networks", 0], "10.0.0.0/8")).toBe(
      "pulumi config set --path 'cluster.networks[0]' 10.0.0.0/8",
    );
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
  });

  test("commands of the report have --plaintext for a value that is not secret under a key that sounds secret", () => {
    expect(setCommand(["tls", "secretName"], "newjoy-ro-tls")).toBe(
      "pulumi config set --plaintext --path tls.secretName newjoy-ro-tls",
    );
  });

  test("commands of the report keep every word inside its quotes", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const word = shellWord(text);
        const unquoted = word.startsWith("'") ? word.slice(1, -1).replaceAll(`'\\''`, "'") : word;
        expect(unquoted).toBe(text);
        if (!word.startsWith("'")) expect(word).toMatch(/^[\w@%+=:,./-]+$/);
      }),
    );
  });
});
