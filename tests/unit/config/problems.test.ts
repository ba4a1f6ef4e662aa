import { defaultImages } from "../../../config/images";
import { mended } from "./commands";
import { loaded, reportOf, working } from "./support";

const digest = `sha256:${"a".repeat(64)}`;

/** One line of the report: the key, then what is wrong with it. */
function expectProblem(report: string, key: string, what: RegExp, command?: string): void {
  const lines = report.split("\n");
  const line = lines.findIndex((text) => text.startsWith(`  ${key} `) || text === `  ${key}`);
  expect({ key, report, found: line >= 0 }).toMatchObject({ found: true });
  const next = lines.slice(line + 1).findIndex((text) => /^ {2}\S/.test(text));
  const block = lines.slice(line, next < 0 ? undefined : line + 1 + next).join("\n");
  expect(block).toMatch(what);
  if (command !== undefined) expect(block).toContain(`$ ${command}`);
}

type Case = readonly [name: string, config: object, key: string, what: RegExp, command?: string];

const mailboxes = (bodies: Record<string, unknown>) => ({ mailboxes: bodies });
const two = (kinga: object, alpar: object = {}) =>
  mailboxes({ kinga: { password: "p", ...kinga }, alpar: { password: "q", ...alpar } });

const cases: readonly Case[] = [
  ["no domain", { domain: "" }, "domain", /is missing/, "pulumi config set domain newjoy.ro"],
  ["a domain with one label", { domain: "newjoy" }, "domain", /"newjoy" is not a domain name/],
  ["an address for a domain", { domain: "10.0.0.1" }, "domain", /is not a domain name/],
  ["a URL for a domain", { domain: "https://newjoy.ro" }, "domain", /is not a domain name/],
  ["a bad host", { hosts: { mail: "mail_newjoy" } }, "hosts.mail", /is not a domain name/],
  [
    "webmail on the mail host",
    { hosts: { webmail: "mail.newjoy.ro" } },
    "hosts.webmail",
    /same host as hosts.mail/,
    "pulumi config set --path hosts.webmail webmail.newjoy.ro",
  ],
  ["a namespace of Kubernetes itself", { namespace: "kube-system" }, "namespace", /belongs to Kubernetes/],
  ["a namespace that is no name", { namespace: "My_Mail" }, "namespace", /not a Kubernetes name/],
  [
    "no mailboxes",
    { mailboxes: {} },
    "mailboxes",
    /at least one mailbox/,
    "pulumi config set --secret --path mailboxes.kinga.password",
  ],
  [
    "a mailbox without a password",
    mailboxes({ kinga: {} }),
    "mailboxes.kinga.password",
    /is missing/,
    "pulumi config set --secret --path mailboxes.kinga.password",
  ],
  ["an empty password", mailboxes({ kinga: { password: "" } }), "mailboxes.kinga.password", /is empty/],
  ["a blank password", mailboxes({ kinga: { password: "  " } }), "mailboxes.kinga.password", /is empty/],
  [
    "a password with a line break",
    mailboxes({ kinga: { password: "a\nb" } }),
    "mailboxes.kinga.password",
    /line break/,
  ],
  [
    "a password in the mailbox's place",
    mailboxes({ kinga: "p" }),
    "mailboxes.kinga",
    /must be a group of settings/,
    "pulumi config set --secret --path mailboxes.kinga.password",
  ],
  ["a value in the mailboxes' place", { mailboxes: "kinga" }, "mailboxes", /must be a group of settings/],
  [
    "a name that Kubernetes cannot have",
    mailboxes({ mary_ann: { password: "p" } }),
    "mailboxes.mary_ann",
    /no name for a mailbox/,
    "pulumi config set --secret --path mailboxes.mary-ann.password",
  ],
  [
    "a name too long for its fetcher",
    mailboxes({ ["a".repeat(54)]: { password: "p" } }),
    `mailboxes.${"a".repeat(54)}`,
    /at most 53 characters/,
  ],
  [
    "two names that differ in case only",
    mailboxes({ kinga: { password: "p" }, Kinga: { password: "q", address: "k@newjoy.ro" } }),
    "mailboxes.Kinga",
    /same name in the cluster/,
    "pulumi config rm --path mailboxes.Kinga",
  ],
  [
    "two mailboxes with one address",
    two({ address: "alpar@newjoy.ro" }),
    "mailboxes.alpar.address",
    /also the address of mailboxes.kinga/,
  ],
  [
    "an address elsewhere",
    two({ address: "kinga@example.org" }),
    "mailboxes.kinga.address",
    /not in the stack's domain/,
  ],
  ["an address that is none", two({ address: "kin ga" }), "mailboxes.kinga.address", /is not an address/],
  [
    "an alias that is another's address",
    two({ aliases: ["alpar"] }),
    "mailboxes.kinga.aliases[0]",
    /the address of mailboxes.alpar/,
    "pulumi config rm --path 'mailboxes.kinga.aliases[0]'",
  ],
  ["an alias that is one's own address", two({ aliases: ["kinga"] }), "mailboxes.kinga.aliases[0]", /own address/],
  [
    "an alias twice",
    two({ aliases: ["boss"] }, { aliases: ["BOSS@newjoy.ro"] }),
    "mailboxes.alpar.aliases[0]",
    /alias of mailboxes.kinga/,
  ],
  [
    "an alias twice in one mailbox",
    two({ aliases: ["boss", "boss"] }),
    "mailboxes.kinga.aliases[1]",
    /already an alias/,
  ],
  [
    "an alias elsewhere",
    two({ aliases: ["boss@example.org"] }),
    "mailboxes.kinga.aliases[0]",
    /not in the stack's domain/,
  ],
  ["aliases that are no list", two({ aliases: { a: 1 } }), "mailboxes.kinga.aliases", /must be a list/],
  ["an unknown folder", two({ folders: ["Sent"] }), "mailboxes.kinga.folders[0]", /one of INBOX, Junk/],
  ["neither true nor false", two({ keep: "maybe" }), "mailboxes.kinga.keep", /must be true or false/],
  ["a port out of range", { provider: { imap: { port: 70000 } } }, "provider.imap.port", /1 to 65535/],
  ["a port that is none", { provider: { smtp: { port: "imaps" } } }, "provider.smtp.port", /must be a port number/],
  ["a bad provider host", { provider: { imap: { host: "imap migadu" } } }, "provider.imap.host", /not a host name/],
  [
    "no relay password",
    { relay: {} },
    "relay.password",
    /is missing/,
    "pulumi config set --secret --path relay.password",
  ],
  ["an issuer without TLS", { identity: { issuer: "http://auth.newjoy.ro" } }, "identity.issuer", /is not https/],
  [
    "an issuer with a slash",
    { identity: { issuer: "https://auth.newjoy.ro/" } },
    "identity.issuer",
    /ends with a slash/,
  ],
  ["an issuer with a path", { identity: { issuer: "https://auth.newjoy.ro/realm" } }, "identity.issuer", /has a path/],
  ["an issuer with a query", { identity: { issuer: "https://auth.newjoy.ro?a=b" } }, "identity.issuer", /query/],
  ["an issuer with a login", { identity: { issuer: "https://me:pw@auth.newjoy.ro" } }, "identity.issuer", /login/],
  ["an issuer that is no URL", { identity: { issuer: "auth.newjoy.ro" } }, "identity.issuer", /not a URL/],
  ["a client id with blanks", { identity: { clientId: "my client" } }, "identity.clientId", /not a client id/],
  [
    "a size without a unit",
    { storage: { size: 10 } },
    "storage.size",
    /needs its unit/,
    "pulumi config set --path storage.size 10Gi",
  ],
  ["a size that is none", { storage: { size: "10 gigs" } }, "storage.size", /is not a size/],
  ["a negative size", { storage: { webmail: { size: "-1Gi" } } }, "storage.webmail.size", /is not a size/],
  [
    "a bad label",
    { storage: { labels: { "a b": "c" } } },
    'storage.labels["a b"]',
    /not a Kubernetes label/,
    `pulumi config rm --path 'storage.labels["a b"]'`,
  ],
  ["a bad label value", { storage: { labels: { a: "b c" } } }, "storage.labels.a", /not a Kubernetes label value/],
  [
    "two sources of certificates",
    { tls: { issuer: "a", secretName: "b" } },
    "tls.issuer",
    /cannot stand beside tls.secretName/,
    "pulumi config rm --path tls.issuer",
  ],
  [
    "an unknown Service type",
    { service: { type: "ExternalName" } },
    "service.type",
    /one of LoadBalancer, NodePort, ClusterIP/,
  ],
  ["an address that is no IP", { service: { address: "mail.newjoy.ro" } }, "service.address", /not an IP address/],
  [
    "an address without a load balancer",
    { service: { type: "NodePort", address: "10.0.0.1" } },
    "service.address",
    /does nothing/,
  ],
  [
    "ranges around a ClusterIP",
    { service: { type: "ClusterIP", sourceRanges: ["10.0.0.0/8"] } },
    "service.sourceRanges",
    /does nothing/,
  ],
  ["a range that is none", { service: { sourceRanges: ["10.0.0.0/33"] } }, "service.sourceRanges[0]", /not a network/],
  ["an address for a network", { cluster: { networks: ["10.0.0.1"] } }, "cluster.networks[0]", /not a network/],
  [
    "relaying for the whole internet",
    { cluster: { networks: ["0.0.0.0/0"] } },
    "cluster.networks[0]",
    /whole internet/,
  ],
  [
    "relaying for the whole internet by IPv6",
    { cluster: { networks: ["::/0"] } },
    "cluster.networks[0]",
    /whole internet/,
  ],
  [
    "a namespace that is none",
    { cluster: { relayNamespaces: ["My Apps"] } },
    "cluster.relayNamespaces[0]",
    /not a Kubernetes name/,
  ],
  [
    "an image without a digest",
    { images: { roundcube: "roundcube/roundcubemail:1.7.4" } },
    "images.roundcube",
    /not pinned/,
  ],
  ["an image without a tag", { images: { fetchmail: `fetchmail@${digest}` } }, "images.fetchmail", /not pinned/],
  [
    "Stalwart 1.0",
    { images: { stalwart: `stalwartlabs/stalwart:v1.0.0@${digest}` } },
    "images.stalwart",
    /only 0\.16 is/,
    `pulumi config set --path images.stalwart ${defaultImages.stalwart}`,
  ],
  [
    "Stalwart 0.15",
    { images: { stalwart: `stalwartlabs/stalwart:v0.15.5@${digest}` } },
    "images.stalwart",
    /only 0\.16 is/,
  ],
  [
    "Stalwart latest",
    { images: { stalwart: `stalwartlabs/stalwart:latest@${digest}` } },
    "images.stalwart",
    /only 0\.16 is/,
  ],
  [
    "command line 2.0",
    { images: { stalwartCli: `ghcr.io/stalwartlabs/cli:2.0.0@${digest}` } },
    "images.stalwartCli",
    /only 1\.x is/,
  ],
  [
    "an eighth of a byte",
    { resources: { stalwart: { limits: { memory: "128m" } } } },
    "resources.stalwart.limits.memory",
    /needs its unit/,
  ],
  [
    "promising more than allowing",
    { resources: { roundcube: { requests: { cpu: 2 } } } },
    "resources.roundcube.requests.cpu",
    /more than resources.roundcube.limits.cpu, 1/,
  ],
  [
    "ranges around a NodePort",
    { service: { type: "NodePort", sourceRanges: ["10.0.0.0/8"] } },
    "service.sourceRanges",
    /does nothing with service.type NodePort/,
    "pulumi config rm --path service.sourceRanges",
  ],
  ["an unknown group", { stroage: { size: "1Gi" } }, "stroage", /did you mean storage\?/, "pulumi config rm stroage"],
  [
    "an unknown key",
    two({ pasword: "x" }),
    "mailboxes.kinga.pasword",
    /did you mean mailboxes.kinga.password\?/,
    "pulumi config rm --path mailboxes.kinga.pasword",
  ],
  ["a key that resembles none", { storage: { replicas: 3 } }, "storage.replicas", /known here: className, size/],
  [
    "a key set without --path",
    { "mailboxes.kinga.password": "p" },
    "mailboxes.kinga.password",
    /without --path/,
    "pulumi config rm mailboxes.kinga.password",
  ],
  [
    "a name of JavaScript's own",
    JSON.parse('{"mailboxes": {"__proto__": {"password": "p"}}}'),
    "mailboxes.__proto__",
    /no name for a mailbox/,
  ],
];

describe("a mistake is reported with its key and the command that mends it", () => {
  const named = cases.map(([name, config, key, what, command]) => ({ name, config, key, what, command }));

  test.each(named)("$name", ({ config, key, what, command }) => {
    expectProblem(reportOf({ ...working, ...config }), key, what, command);
  });

  test.each(named)("$name is mended by running what the report says", ({ config }) => {
    expect(reportOf(mended({ ...working, ...config }))).toBe("");
  });

  test("good values that look unusual are none", () => {
    const unusual = {
      hosts: { autoconfig: "autoconfig.newjoy.ro" },
      provider: { imap: { host: "192.168.1.2", port: "1993" } },
      identity: { issuer: "https://id.lan:8443", clientId: "0b9f6a-2.web" },
      storage: { size: "1.5Ti", labels: { "recurring-job-group.longhorn.io/mail": "enabled", empty: "" } },
      service: { sourceRanges: ["fd00::/8", "0.0.0.0/0"], address: "fd00::25" },
      images: {
        stalwart: `registry.lan:5000/mirror/stalwart:v0.16.3-alpine@${digest}`,
        stalwartCli: `cli:1.2.0@${digest}`,
      },
      resources: { stalwart: { limits: { cpu: 4 } } },
    };
    expect(reportOf({ ...working, ...unusual })).toBe("");
    expect(loaded({ ...working, ...unusual }).provider.imap).toEqual({ host: "192.168.1.2", port: 1993 });
  });
});

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
