import * as pulumi from "@pulumi/pulumi";
import { stackOutputs } from "../../../components/outputs";
import { clientSettings, identityClient, relayForApps } from "../../../components/outputs/clients";
import { dnsRecords, zoneLine } from "../../../components/outputs/dns";
import { resolved } from "../../support/recorder";
import { sampleConfig, sampleMailbox } from "../../support/sample";

const config = sampleConfig();
const values = (records: ReturnType<typeof dnsRecords>, type: string) =>
  records.filter((r) => r.type === type).map((r) => `${r.name} ${r.value}`);

describe("DNS records to set", () => {
  const records = dnsRecords(config);

  it("the DNS records to set leave receiving, sending and signing to the provider", () => {
    expect(values(records, "MX")).toEqual(["newjoy.ro. 10 aspmx1.migadu.com.", "newjoy.ro. 20 aspmx2.migadu.com."]);
    expect(values(records, "TXT")).toEqual(
      expect.arrayContaining([
        "newjoy.ro. v=spf1 include:spf.migadu.com -all",
        "_dmarc.newjoy.ro. v=DMARC1; p=quarantine;",
      ]),
    );
    expect(values(records, "CNAME")).toEqual([
      "key1._domainkey.newjoy.ro. key1.newjoy.ro._domainkey.migadu.com.",
      "key2._domainkey.newjoy.ro. key2.newjoy.ro._domainkey.migadu.com.",
      "key3._domainkey.newjoy.ro. key3.newjoy.ro._domainkey.migadu.com.",
    ]);
  });

  it("the DNS records to set point the mail host and the webmail to the cluster, and announce TLS ports only", () => {
    expect(records.filter((r) => r.type === "A").map((r) => r.name)).toEqual(["mail.newjoy.ro.", "webmail.newjoy.ro."]);
    expect(values(records, "SRV")).toEqual([
      "_imaps._tcp.newjoy.ro. 0 1 993 mail.newjoy.ro.",
      "_submissions._tcp.newjoy.ro. 0 1 465 mail.newjoy.ro.",
      "_submission._tcp.newjoy.ro. 1 1 587 mail.newjoy.ro.",
      "_imap._tcp.newjoy.ro. 0 0 0 .",
      "_pop3s._tcp.newjoy.ro. 0 0 0 .",
      "_caldavs._tcp.newjoy.ro. 0 1 443 mail.newjoy.ro.",
      "_carddavs._tcp.newjoy.ro. 0 1 443 mail.newjoy.ro.",
      "_jmap._tcp.newjoy.ro. 0 1 443 mail.newjoy.ro.",
      "_autodiscover._tcp.newjoy.ro. 0 1 443 mail.newjoy.ro.",
    ]);
  });

  it.each(["autoconfig", "autodiscover"] as const)(
    "the DNS records to set have the %s host only when it is configured",
    (kind) => {
      const hosts = { ...config.hosts, [kind]: `${kind}.newjoy.ro` };
      expect(values(dnsRecords({ ...config, hosts }), "CNAME")).toContain(`${kind}.newjoy.ro. mail.newjoy.ro.`);
      expect(records.map((r) => r.name)).not.toContain(`${kind}.newjoy.ro.`);
    },
  );

  it("the DNS records to set are written like lines of a zone file, each with what it is for", () => {
    const discovery = { autoconfig: "autoconfig.newjoy.ro", autodiscover: "autodiscover.newjoy.ro" };
    const all = dnsRecords({ ...config, hosts: { ...config.hosts, ...discovery } });
    expect(`\n${all.map(zoneLine).join("\n")}\n`).toBe(`
newjoy.ro. IN MX 10 aspmx1.migadu.com. ; the provider receives
newjoy.ro. IN MX 20 aspmx2.migadu.com. ; the provider receives
newjoy.ro. IN TXT "v=spf1 include:spf.migadu.com -all" ; SPF: only the provider sends
key1._domainkey.newjoy.ro. IN CNAME key1.newjoy.ro._domainkey.migadu.com. ; DKIM: the provider signs
key2._domainkey.newjoy.ro. IN CNAME key2.newjoy.ro._domainkey.migadu.com. ; DKIM: the provider signs
key3._domainkey.newjoy.ro. IN CNAME key3.newjoy.ro._domainkey.migadu.com. ; DKIM: the provider signs
_dmarc.newjoy.ro. IN TXT "v=DMARC1; p=quarantine;" ; DMARC
newjoy.ro. IN TXT "hosted-email-verify=<code shown by the provider>" ; proof to the provider that the domain is yours
mail.newjoy.ro. IN A <address of the cluster> ; IMAP, submission, mail admin
webmail.newjoy.ro. IN A <address of the cluster> ; webmail
autoconfig.newjoy.ro. IN CNAME mail.newjoy.ro. ; mail programs find their settings
autodiscover.newjoy.ro. IN CNAME mail.newjoy.ro. ; Outlook finds its settings
_imaps._tcp.newjoy.ro. IN SRV 0 1 993 mail.newjoy.ro. ; mail programs find IMAP (RFC 6186)
_submissions._tcp.newjoy.ro. IN SRV 0 1 465 mail.newjoy.ro. ; mail programs find submission (RFC 8314)
_submission._tcp.newjoy.ro. IN SRV 1 1 587 mail.newjoy.ro. ; mail programs find submission with STARTTLS (RFC 6186)
_imap._tcp.newjoy.ro. IN SRV 0 0 0 . ; no IMAP without TLS
_pop3s._tcp.newjoy.ro. IN SRV 0 0 0 . ; no POP3
_caldavs._tcp.newjoy.ro. IN SRV 0 1 443 mail.newjoy.ro. ; programs find calendars (RFC 6764)
_carddavs._tcp.newjoy.ro. IN SRV 0 1 443 mail.newjoy.ro. ; programs find contacts (RFC 6764)
_jmap._tcp.newjoy.ro. IN SRV 0 1 443 mail.newjoy.ro. ; programs find JMAP (RFC 8620)
_autodiscover._tcp.newjoy.ro. IN SRV 0 1 443 mail.newjoy.ro. ; Outlook finds its settings
`);
  });

  it("the DNS output refers to the provider for its own records when the provider is not Migadu", () => {
    const smtp = { host: "smtp.example.org", port: 465 };
    const other = dnsRecords({ ...config, provider: { smtp } });
    expect(JSON.stringify(other)).not.toContain("migadu");
    expect(`\n${other.slice(0, 4).map(zoneLine).join("\n")}\n`).toBe(`
newjoy.ro. IN MX <from the provider of smtp.example.org> ; the provider receives
newjoy.ro. IN TXT "<from the provider of smtp.example.org>" ; SPF: only the provider sends
<selector>._domainkey.newjoy.ro. IN CNAME <from the provider of smtp.example.org> ; DKIM: the provider signs
_dmarc.newjoy.ro. IN TXT "v=DMARC1; p=quarantine;" ; DMARC
`);
    expect(other.slice(4)).toEqual(records.filter(({ type }) => type === "A" || type === "SRV"));
  });
});

describe("client settings", () => {
  it("the client settings offer TLS only, and say that a program signs in with an app password", () => {
    const host = "mail.newjoy.ro";
    expect(clientSettings(host)).toEqual({
      imap: { host, port: 993, security: "SSL/TLS" },
      smtp: { host, port: 465, security: "SSL/TLS" },
      smtpAlternative: { host, port: 587, security: "STARTTLS" },
      manageSieve: { host, port: 4190, security: "STARTTLS" },
      calendars: "https://mail.newjoy.ro",
      contacts: "https://mail.newjoy.ro",
      username: "the full mail address",
      password: "an app password: sign in at https://mail.newjoy.ro/account and create one per device",
    });
  });
});

describe("the client to register at the identity provider", () => {
  it("the client to register is one public client with PKCE for webmail and mail admin, with every redirect exact", () => {
    const webmailRedirectUri = "https://webmail.newjoy.ro/index.php/login/oauth";
    const webmailLogoutUri = "https://webmail.newjoy.ro/?_task=logout";
    expect(identityClient({ ...config, webmailRedirectUri, webmailLogoutUri })).toEqual({
      issuer: "https://auth.newjoy.ro",
      clientId: "stalwart-webui",
      publicClient: true,
      pkce: true,
      requiresReauthentication: true,
      redirectUris: [
        "https://webmail.newjoy.ro/index.php/login/oauth",
        "https://mail.newjoy.ro/admin/oauth/callback",
        "https://mail.newjoy.ro/account/oauth/callback",
      ],
      logoutRedirectUris: ["https://webmail.newjoy.ro/?_task=logout"],
    });
  });
});

describe("the relay for apps", () => {
  const openTo = (relayNamespaces: string[]) =>
    relayForApps({ ...config, cluster: { networks: ["10.42.0.0/16"], relayNamespaces } }).openTo;

  it("the relay output says that pods of every namespace may send without a login, unless namespaces are configured", () => {
    expect(openTo([])).toBe("pods of every namespace, with an address in 10.42.0.0/16");
    expect(relayForApps({ ...config, namespace: "mail" })).toMatchObject({
      host: "stalwart.mail.svc.cluster.local",
      port: 25,
      security: "none",
      login: "none",
    });
  });

  it("the relay output names the configured namespaces that may send", () => {
    expect(openTo(["nextcloud", "grafana"])).toBe(
      "pods of the namespaces nextcloud, grafana, with an address in 10.42.0.0/16",
    );
    expect(openTo(["nextcloud"])).toBe("pods of the namespaces nextcloud, with an address in 10.42.0.0/16");
  });
});

describe("what the outputs show of mailboxes", () => {
  const deployed = {
    client: identityClient({ ...config, webmailRedirectUri: "https://a", webmailLogoutUri: "https://b" }),
    webmailUrl: pulumi.output("https://webmail.newjoy.ro/"),
    adminPassword: pulumi.secret("S3cret-admin"),
  };
  const kinga = sampleMailbox("kinga", { aliases: ["boss"], retention: "forever", folders: ["INBOX", "Junk"] });
  const shown = {
    name: "kinga",
    address: "kinga@newjoy.ro",
    aliases: ["boss"],
    retention: "forever",
    folders: ["INBOX", "Junk"],
  };

  it("the outputs show each mailbox without its passwords, next to where everything is", async () => {
    const { adminPassword, mailboxes, ...rest } = stackOutputs({ ...config, mailboxes: [kinga] }, deployed);
    expect(mailboxes).toEqual([shown]);
    expect(await pulumi.isSecret(adminPassword)).toBe(true);
    expect(rest).toMatchObject({
      webmailUrl: deployed.webmailUrl,
      adminUrl: "https://mail.newjoy.ro/admin",
      accountUrl: "https://mail.newjoy.ro/account",
      clientSettings: clientSettings("mail.newjoy.ro"),
      dnsRecords: dnsRecords(config).map(zoneLine),
      identityClient: deployed.client,
      relay: relayForApps(config),
      mailService: "kubectl -n stalwart-mail get service stalwart-mail",
    });
  });

  it("the outputs show addresses as a secret when one of them is a secret", async () => {
    const { mailboxes } = stackOutputs({ ...config, mailboxes: [kinga], addressesAreSecret: true }, deployed);
    expect(await pulumi.isSecret(mailboxes as unknown as pulumi.Output<unknown>)).toBe(true);
    expect(await resolved(mailboxes as unknown as pulumi.Output<unknown>)).toEqual([shown]);
  });
});
