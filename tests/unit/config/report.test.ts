import { two } from "./mistakes";
import { expectProblem, reportOf, working } from "./support";

describe("the report", () => {
  test("says everything at once", () => {
    const report = reportOf({
      domain: "newjoy",
      mailboxes: { kinga: {}, alpar: { password: "q", admin: "yes" } },
      tls: { issuer: "a", secretName: "b" },
      ingress: { controller: "traefik" },
      colour: "blue",
    });
    expect(report).toMatchInlineSnapshot(`
"The configuration has 6 problems; nothing was deployed.

  colour                    is not a known key; known here: domain, hosts, namespace, mailboxes, provider, relay, identity, admin, storage, ingress, tls, trust, service, cluster, monitoring, images, resources
                            $ pulumi config rm colour
  domain                    "newjoy" is not a domain name; it looks like example.org
                            $ pulumi config set domain newjoy.ro
  mailboxes.alpar.admin     must be true or false
                            $ pulumi config set --path mailboxes.alpar.admin false
  mailboxes.kinga.password  is missing
                            $ pulumi config set --secret --path mailboxes.kinga.password
  relay.password            is missing
                            $ pulumi config set --secret --path relay.password
  tls.issuer                "a" cannot stand beside tls.secretName; keep one of the two
                            $ pulumi config rm --path tls.issuer
"
`);
  });

  test("names a key that JavaScript keeps for itself, wherever it stands", () => {
    const storage = JSON.parse('{"labels": {"__proto__": "a"}}');
    expectProblem(reportOf({ ...working, storage }), "storage.labels.__proto__", /not a usable name/);
  });

  test("commands that take aliases out are right when run from top to bottom", () => {
    const report = reportOf(
      { ...working, ...two({ aliases: ["boss", "alpar", "boss", "info"] }) },
      {
        stackFile: "config: {}",
      },
    );
    const removals = [...report.matchAll(/rm --path '(.*)'/g)].map(([, key]) => key);
    expect(removals).toEqual(["mailboxes.kinga.aliases[2]", "mailboxes.kinga.aliases[1]"]);
  });

  test("aliases written in one line are mended as a whole", () => {
    const report = reportOf({ ...working, ...two({ aliases: "boss,alpar" }) });
    expect(report).toContain("$ pulumi config rm --path mailboxes.kinga.aliases\n");
  });

  test("an address that is secret is set again as a secret", () => {
    expect(reportOf({ ...working, ...two({ address: "kinga@example.org" }) })).toContain(
      "$ pulumi config set --secret --path mailboxes.kinga.address",
    );
  });

  test("shows no value of a mailbox, even where addresses are plain", () => {
    const report = reportOf(
      {
        ...working,
        ...two({ address: "hidden.one@newjoy.ro", aliases: ["hidden.two@example.org"] }, { address: "hidden.one" }),
      },
      { stackFile: "config: {homelab-mail:mailboxes: {kinga: {address: hidden.one@newjoy.ro}}}" },
    );
    expect(report).toContain("mailboxes.alpar.address");
    expect(report).not.toContain("hidden");
  });

  test("shows no value that is a secret anywhere", () => {
    const storage = { ...working, storage: { size: "hidden" } };
    expect(reportOf(storage)).toContain('"hidden" is not a size');
    expect(reportOf(storage, { secretKeys: ["mailboxes", "relay", "storage"] })).not.toContain("hidden");
  });

  test.each(["relay.password", "identity.clientSecret", "admin.password", "mailboxes.kinga.password"])(
    "%s must be secret",
    (key) => {
      const config = { ...working, identity: { clientSecret: "c" }, admin: { password: "a" } };
      expectProblem(
        reportOf(config, { secretKeys: [] }),
        key,
        /is not secret/,
        `pulumi config set --secret --path ${key}`,
      );
    },
  );
});
