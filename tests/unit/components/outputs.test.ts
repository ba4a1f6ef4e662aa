import {
  accountUrl,
  adminUrl,
  clientSettings,
  identityClient,
  relayForApps,
} from "../../../components/outputs/clients";
import { dnsRecords, zoneLine } from "../../../components/outputs/dns";
import { sampleConfig } from "../../support/sample";

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

  it("the DNS records to set are written like lines of a zone file", () => {
    expect(records.map(zoneLine)).toEqual(
      expect.arrayContaining([
        "newjoy.ro. IN MX 10 aspmx1.migadu.com. ; the provider receives",
        'newjoy.ro. IN TXT "v=spf1 include:spf.migadu.com -all" ; SPF: only the provider sends',
      ]),
    );
  });

  it("the DNS output refers to the provider for its own records when the provider is not Migadu", () => {
    const smtp = { host: "smtp.example.org", port: 465 };
    const other = dnsRecords({ ...config, provider: { smtp } });
    expect(JSON.stringify(other)).not.toContain("migadu");
    expect(values(other, "MX")).toEqual(["newjoy.ro. <from the provider of smtp.example.org>"]);
  });
});

describe("client settings", () => {
  it("the client settings offer TLS only, and say that a program signs in with an app password", () => {
    const settings = clientSettings("mail.newjoy.ro");
    expect([settings.imap, settings.smtp, settings.smtpAlternative].map((s) => `${s.port} ${s.security}`)).toEqual([
      "993 SSL/TLS",
      "465 SSL/TLS",
      "587 STARTTLS",
    ]);
    expect([settings.calendars, settings.contacts]).toEqual(["https://mail.newjoy.ro", "https://mail.newjoy.ro"]);
    expect(settings.password).toContain(accountUrl("mail.newjoy.ro"));
    expect(adminUrl("mail.newjoy.ro")).toBe("https://mail.newjoy.ro/admin");
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
  });

  it("the relay output names the configured namespaces that may send", () => {
    expect(openTo(["nextcloud", "grafana"])).toBe(
      "pods of the namespaces nextcloud, grafana, with an address in 10.42.0.0/16",
    );
  });
});
