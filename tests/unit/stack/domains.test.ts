import { deploy, type RawConfig, threeMailboxes } from "../../support/deploy";

const { domain: _main, ...rest } = threeMailboxes;

/** Two domains, and a namesake in the second. */
const twoDomains: RawConfig = {
  ...rest,
  domains: ["newjoy.ro", "example.org"],
  hosts: { autoconfig: "autoconfig.newjoy.ro", autodiscover: "autodiscover.newjoy.ro" },
  mailboxes: {
    ...(rest.mailboxes as object),
    work: { password: "S3cret-work-imap", address: "kinga@example.org", aliases: ["office", "sales@example.org"] },
  },
};

async function rendered(config: RawConfig): Promise<unknown[]> {
  const { recorder } = await deploy(config);
  return recorder.resources.map(({ type, name, inputs }) => ({ type, name, inputs }));
}

/** The settings plan, by kind of object. */
async function planOf(config: RawConfig) {
  const { recorder } = await deploy(config);
  const secret = recorder
    .kind("Secret")
    .flatMap(({ inputs }) => Object.values<string>(inputs.stringData ?? {}))
    .find((text) => text.includes('"object":"Domain"'));
  const operations = (secret ?? "")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  // biome-ignore lint/suspicious/noExplicitAny: rendered objects, read as plain data
  const values = (kind: string): any[] =>
    operations
      .filter(({ object }) => object === kind)
      .flatMap((operation) => (operation["@type"] === "update" ? [operation] : Object.values(operation.value)));
  return { recorder, values };
}

describe("a stack with `domain`", () => {
  it("a stack with `domain` deploys the same objects when `domains` has the same one domain", async () => {
    const [before, after] = [await rendered(threeMailboxes), await rendered({ ...rest, domains: ["newjoy.ro"] })];
    expect(JSON.stringify(after)).toBe(JSON.stringify(before));
  });

  it("a stack with `domain` keeps its accounts, Secret keys and claims when a second domain is added", async () => {
    const [before, after] = [await deploy(threeMailboxes), await deploy(twoDomains)];
    const claims = (found: typeof before) => JSON.stringify(found.recorder.kind("PersistentVolumeClaim"));
    expect(claims(after)).toBe(claims(before));
    const keys = (found: typeof before, name: string): [string, unknown][] =>
      Object.entries(found.recorder.object("Secret", name).inputs.stringData);
    for (const name of ["migadu-fetch-credentials", "stalwart-emails", "stalwart-admin"]) {
      expect(keys(after, name)).toEqual(expect.arrayContaining(keys(before, name)));
    }
    const accounts = async (config: RawConfig) =>
      (await planOf(config))
        .values("Account")
        .map(({ name, domainId, description }) => ({ name, domainId, description }));
    expect(await accounts(twoDomains)).toEqual(expect.arrayContaining(await accounts(threeMailboxes)));
  });
});

describe("a stack with two domains", () => {
  it("a stack with two domains has both at the mail server, with accounts and aliases in each", async () => {
    const { values } = await planOf(twoDomains);
    expect(values("Domain").map(({ name, id, value }) => name ?? [id, value])).toEqual([
      "newjoy.ro",
      "example.org",
      ["#domain", { allowRelaying: true }],
      ["#domain-2", { allowRelaying: true }],
    ]);
    const account = (name: string, domainId: string) =>
      values("Account").find((one) => one.name === name && one.domainId === domainId);
    expect(account("kinga", "#domain").aliases).toEqual({});
    expect(account("kinga", "#domain-2").aliases).toEqual({
      0: { name: "office", domainId: "#domain" },
      1: { name: "sales", domainId: "#domain-2" },
    });
    expect(account("homelab-mail", "#domain").aliases).toEqual({
      0: { name: "postmaster", domainId: "#domain" },
      1: { name: "postmaster", domainId: "#domain-2" },
    });
  });

  it("a stack relays mail from a mailbox of the second domain with that mailbox's own login", async () => {
    const { values } = await planOf(twoDomains);
    expect(values("MtaRoute")).toContainEqual(
      expect.objectContaining({ name: "relay-work", authUsername: "kinga@example.org" }),
    );
  });

  it("users of both domains of a stack sign in to the webmail, and send as their aliases in both", async () => {
    const { recorder } = await deploy(twoDomains);
    const { stringData } = recorder.object("Secret", "roundcube-identities").inputs;
    expect(JSON.parse(stringData["identities.json"])["kinga@example.org"].addresses).toEqual([
      "kinga@example.org",
      "office@newjoy.ro",
      "sales@example.org",
    ]);
    const config = JSON.stringify(recorder.kind("ConfigMap").map(({ inputs }) => inputs.data));
    expect(config).toContain("'@newjoy.ro') && !str_ends_with(strtolower($login['user']), '@example.org')");
  });

  it("a stack with two domains has discovery hosts, certificates and DNS records for each", async () => {
    const { recorder, outputs } = await deploy(twoDomains);
    expect(recorder.object("Certificate", "stalwart-tls").inputs.spec.dnsNames).toEqual([
      "mail.newjoy.ro",
      "autoconfig.newjoy.ro",
    ]);
    const others = ["autoconfig.example.org", "autodiscover.newjoy.ro", "autodiscover.example.org"];
    expect(recorder.object("Certificate", "stalwart-discovery-tls").inputs.spec.dnsNames).toEqual(others);
    const { rules } = recorder.object("Ingress", "stalwart-discovery").inputs.spec;
    expect(rules.map(({ host }: { host: string }) => host)).toEqual(others);
    const records = (outputs.dnsRecords as string[]).map((line) => line.replace(/ ;.*/, ""));
    expect(records).toEqual(
      expect.arrayContaining([
        "example.org. IN MX 10 aspmx1.migadu.com.",
        'example.org. IN TXT "v=spf1 include:spf.migadu.com -all"',
        "key1._domainkey.example.org. IN CNAME key1.example.org._domainkey.migadu.com.",
        '_dmarc.example.org. IN TXT "v=DMARC1; p=quarantine;"',
        "autoconfig.example.org. IN CNAME mail.newjoy.ro.",
        "_imaps._tcp.example.org. IN SRV 0 1 993 mail.newjoy.ro.",
      ]),
    );
  });

  it("a stack records accounts of the second domain by their whole address, so that equal local parts stay separate", async () => {
    const { recorder } = await deploy(twoDomains);
    const accounts = recorder
      .kind("Secret")
      .flatMap(({ inputs }) => Object.values<string>(inputs.stringData ?? {}))
      .find((text) => text.includes('"declared"'));
    expect(JSON.parse(accounts ?? "{}")).toEqual({
      domain: "newjoy.ro",
      declared: ["alpar", "kinga", "kinga@example.org", "service"],
      closed: ["homelab-mail"],
    });
  });
});
