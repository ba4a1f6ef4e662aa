import fc from "fast-check";
import { listeners, listenersHash } from "../../../../components/mailserver/listeners";
import { always, when } from "../../../../components/mailserver/operations";
import { type PlanArgs, plan, planHash, renderPlan, renderReload } from "../../../../components/mailserver/plan";
import { sampleMailbox } from "../../../support/sample";
import { configs, expressionsOf, objectsOf, samplePlan, settingOf } from "./plans";
import { itFitsSchema, schemaProblems } from "./validator";

const fetchingJunk = samplePlan({ mailboxes: [sampleMailbox("kinga", { folders: ["INBOX", "Junk"] })] });
const account = (args: PlanArgs, name: string) => objectsOf(args, "Account").find((a) => a.name === name);
const aliasesOf = (args: PlanArgs, name: string): string[] =>
  Object.values<{ name: string }>(account(args, name).aliases).map((alias) => alias.name);

describe("the settings plan", () => {
  itFitsSchema("fits the server's schema, whatever is configured", () => {
    fc.assert(
      fc.property(configs, (args) => {
        expect(schemaProblems(renderPlan(args))).toBe("");
      }),
      { numRuns: 25 },
    );
  });

  itFitsSchema("reloads with actions that the server knows", () => {
    expect(schemaProblems(renderReload())).toBe("");
  });

  it("refers only to what an earlier line defines", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const defined = new Set<string>();
        for (const operation of plan(args)) {
          for (const [reference] of JSON.stringify(operation.value).matchAll(/(?<=")#[a-z-]+(?=")/g)) {
            expect(defined).toContain(reference.slice(1));
          }
          if (operation["@type"] === "update") continue;
          for (const key of Object.keys(operation.value)) {
            expect(defined).not.toContain(key);
            defined.add(key);
          }
        }
      }),
    );
  });

  it("gives every mailbox one account, under its own name", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const names = objectsOf(args, "Account").map(({ name }) => name);
        expect(names.sort()).toEqual(args.mailboxes.map(({ localPart }) => localPart).sort());
      }),
    );
  });

  it("lets nobody claim an address twice", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const claimed = args.mailboxes.flatMap(({ localPart }) => [localPart, ...aliasesOf(args, localPart)]);
        expect(claimed).toHaveLength(new Set(claimed).size);
      }),
    );
  });

  it("never deletes an account, and so never mail", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const operations = plan(args).filter(({ object }) => object === "Account");
        expect(operations.map((operation) => operation["@type"])).toEqual(["upsert"]);
        expect(plan(args).map((operation) => String(operation["@type"]))).not.toContain("destroy");
      }),
    );
  });

  it("keeps at least one object of every kind it reconciles, for an empty kind gets its defaults back", () => {
    fc.assert(
      fc.property(configs, (args) => {
        for (const operation of plan(args)) {
          if (operation["@type"] === "reconcile") expect(Object.keys(operation.value).length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("is the same text in whatever order mailboxes and networks are written", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const turned = {
          ...args,
          mailboxes: [...args.mailboxes].reverse(),
          cluster: { networks: [...args.cluster.networks].reverse() },
        };
        expect(renderPlan(turned)).toBe(renderPlan(args));
        expect(planHash(turned)).toBe(planHash(args));
      }),
    );
  });

  it("writes one JSON operation a line", () => {
    fc.assert(
      fc.property(configs, (args) => {
        const lines = renderPlan(args).split("\n");
        expect(lines.pop()).toBe("");
        expect(lines.map((line) => JSON.parse(line))).toEqual(plan(args));
      }),
    );
  });

  it("writes conditions as the server reads them: a numbered list, and what holds otherwise", () => {
    expect(JSON.stringify(settingOf(samplePlan(), "MtaOutboundStrategy").route)).toBe(
      `{"else":"'relay'","match":{"0":{"if":"is_local_domain(rcpt_domain)","then":"'local'"}}}`,
    );
    expect(JSON.stringify(settingOf(samplePlan(), "MtaStageEhlo").rejectNonFqdn)).toBe('{"else":"false","match":{}}');
  });

  it("holds no password", () => {
    // Passwords are outputs: one that strayed in would be serialised as such, or refuse to be.
    const text = renderPlan(samplePlan());
    expect(text).not.toMatch(/password-of|relay-password-value|__pulumi/);
    expect(settingOf(samplePlan(), "MtaRoute").authSecret).toEqual({
      "@type": "File",
      filePath: "/etc/stalwart/secrets/relay-password",
    });
  });

  it("writes only expressions with balanced quotes and parentheses", () => {
    fc.assert(
      fc.property(configs, (args) => {
        for (const expression of expressionsOf(args)) {
          expect((expression.match(/'/g) ?? []).length % 2).toBe(0);
          const code = expression.replace(/'[^']*'/g, "''");
          expect(code.split("(").length).toBe(code.split(")").length);
          expect(code).toMatch(/^[a-z0-9_!=&(), ']+$/i);
        }
      }),
    );
  });
});

describe("people's accounts", () => {
  const family = [
    sampleMailbox("alpar", { admin: true, aliases: ["boss"], displayName: "Alpár" }),
    sampleMailbox("kinga"),
    sampleMailbox("service"),
  ];

  it("makes admins of those who are marked, and of nobody else", () => {
    const args = samplePlan({ mailboxes: family });
    expect(account(args, "alpar").roles).toEqual({ "@type": "Admin" });
    expect(account(args, "kinga").roles).toEqual({ "@type": "User" });
  });

  it("shows the display name", () => {
    expect(account(samplePlan({ mailboxes: family }), "alpar").description).toBe("Alpár");
  });

  it("takes the last alias away when it leaves the configuration", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("zoe", { aliases: [] }), ...family] });
    expect(account(args, "zoe").aliases).toEqual({});
  });

  it("delivers postmaster's and the relay account's mail to the first admin", () => {
    const args = samplePlan({ mailboxes: family, relay: { username: "Robot@newjoy.ro" } as never });
    expect(aliasesOf(args, "alpar")).toEqual(["boss", "postmaster", "robot"]);
    expect(aliasesOf(args, "kinga")).toEqual([]);
  });

  it("delivers them to the first mailbox when nobody is admin", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("zoe"), sampleMailbox("kinga")] });
    expect(aliasesOf(args, "kinga")).toEqual(["postmaster", "service"]);
    expect(aliasesOf(args, "zoe")).toEqual([]);
  });

  it("leaves postmaster to whoever has it", () => {
    const args = samplePlan({ mailboxes: [...family, sampleMailbox("zoe", { aliases: ["postmaster"] })] });
    expect(aliasesOf(args, "alpar")).toEqual(["boss"]);
    expect(aliasesOf(args, "zoe")).toEqual(["postmaster"]);
  });

  it("claims no address of a relay account in another domain", () => {
    const args = samplePlan({ mailboxes: family, relay: { username: "robot@example.org" } as never });
    expect(aliasesOf(args, "alpar")).toEqual(["boss", "postmaster"]);
  });

  it("serves a mailbox that is called `domain` like any other", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("domain"), sampleMailbox("certificate")] });
    expect(objectsOf(args, "Account").map(({ name, domainId }) => [name, domainId])).toEqual([
      ["certificate", "#domain"],
      ["domain", "#domain"],
    ]);
    expect(Object.keys(plan(args).find(({ object }) => object === "Account")?.value ?? {})).not.toContain("domain");
  });

  it("refuses the sign-in tokens of other apps", () => {
    const args = samplePlan({ identity: { issuer: "https://id.example.org", name: "Our ID", clientId: "mail" } });
    expect(settingOf(args, "Directory")).toMatchObject({
      "@type": "Oidc",
      description: "Our ID",
      issuerUrl: "https://id.example.org",
      requireAudience: "mail",
      claimUsername: "email",
      requireScopes: { openid: true, email: true },
    });
    expect(settingOf(args, "Authentication").directoryId).toBe("#directory");
  });

  it("lets a family have more than five app passwords each", () => {
    expect(settingOf(samplePlan(), "Authentication").maxAppPasswords).toBeGreaterThanOrEqual(50);
  });
});

describe("relaying", () => {
  const relay = (networks: string[]) =>
    settingOf(samplePlan({ cluster: { networks, relayNamespaces: [] } }), "MtaStageRcpt");

  it("asks no login of the cluster's networks on port 25, and of everybody everywhere else", () => {
    expect(relay(["10.42.0.0/16", "fd00::/8"]).allowRelaying).toEqual(
      when(
        [
          ["local_port == 25 && is_ip_in_cidr(remote_ip, '10.42.0.0/16')", "true"],
          ["local_port == 25 && is_ip_in_cidr(remote_ip, 'fd00::/8')", "true"],
        ],
        "!is_empty(authenticated_as)",
      ),
    );
  });

  it("asks a login of everybody when no network is trusted", () => {
    expect(relay([]).allowRelaying).toEqual(always("!is_empty(authenticated_as)"));
  });

  it("sends everything that is not ours through the provider, over TLS", () => {
    const args = samplePlan({
      provider: { imap: { host: "x", port: 1 }, smtp: { host: "smtp.example.org", port: 4465 } },
    });
    expect(settingOf(args, "MtaRoute")).toMatchObject({
      name: "relay",
      address: "smtp.example.org",
      port: 4465,
      implicitTls: true,
      allowInvalidCerts: false,
      authUsername: "service@newjoy.ro",
    });
    expect(settingOf(args, "MtaOutboundStrategy").route).toEqual(
      when([["is_local_domain(rcpt_domain)", "'local'"]], "'relay'"),
    );
  });

  it("never shows the relay's password to a server with a wrong certificate, at a retry neither", () => {
    expect(settingOf(samplePlan(), "MtaOutboundStrategy").tls).toEqual(always("'default'"));
  });

  it("bans the address that guesses passwords through the web, not the ingress controller's", () => {
    expect(settingOf(samplePlan(), "Http").useXForwarded).toBe(true);
  });

  it("never bans the cluster's own addresses", () => {
    const args = samplePlan({
      cluster: { networks: ["10.42.0.0/16", "10.1.2.3/32", "FD00:0:0::/8"], relayNamespaces: [] },
    });
    const addresses = objectsOf(args, "AllowedIp").map(({ address }) => address);
    // As the server writes them back: anything else would not match, and be added again at every run.
    expect(addresses.sort()).toEqual(["10.1.2.3", "10.42.0.0/16", "fd00::/8"]);
  });
});

describe("taking fetched mail", () => {
  const args = samplePlan();

  it("is not throttled", () => {
    expect(objectsOf(args, "MtaInboundThrottle")).toEqual([
      { description: "Sender IP throttle", enable: false },
      { description: "Sender address to recipient throttle", enable: false },
    ]);
  });

  it("does not end after ten messages, ten minutes or 250 MB", () => {
    expect(settingOf(args, "MtaStageData").maxMessages).toEqual(always("1000000"));
    expect(settingOf(args, "MtaInboundSession")).toEqual({
      transferLimit: always("1099511627776"),
      maxDuration: always("1d"),
    });
  });

  it("takes messages as large as any provider takes", () => {
    expect(Number(settingOf(args, "MtaStageData").maxMessageSize.else)).toBeGreaterThan(150_000_000);
  });

  it("judges neither the greeting, the sender, SPF, DKIM, DMARC nor reverse DNS", () => {
    expect(settingOf(args, "MtaStageEhlo").rejectNonFqdn).toEqual(always("false"));
    expect(settingOf(args, "MtaStageMail").isSenderAllowed).toEqual(always("true"));
    const { dkimSignDomain, ...verdicts } = settingOf(args, "SenderAuth");
    expect(dkimSignDomain).toEqual(always("false"));
    expect(Object.keys(verdicts).sort()).toEqual([
      "arcVerify",
      "dkimVerify",
      "dmarcVerify",
      "reverseIpVerify",
      "spfEhloVerify",
      "spfFromVerify",
    ]);
    for (const verdict of Object.values(verdicts)) expect(verdict).toEqual(always("disable"));
  });

  it("filters nothing, downloads nothing and asks nobody, for the provider has filtered", () => {
    expect(settingOf(args, "MtaStageData").enableSpamFilter).toEqual(always("false"));
    expect(settingOf(args, "SpamSettings")).toEqual({ enable: false, spamFilterRulesUrl: null });
    expect(settingOf(args, "SpamPyzor")).toEqual({ enable: false });
    expect(settingOf(args, "Asn")).toEqual({ "@type": "Disabled" });
  });

  it("sends no reports to strangers from home", () => {
    expect(settingOf(args, "DmarcReportSettings")).toEqual({
      aggregateSendFrequency: always("disable"),
      failureSendFrequency: always("false"),
    });
    expect(settingOf(args, "TlsReportSettings")).toEqual({ sendFrequency: always("disable") });
  });

  it("delivers the reports that others send, too", () => {
    expect(settingOf(args, "ReportSettings").inboundReportForwarding).toBe(true);
  });

  it("logs to standard output, where kubectl looks, and to no file", () => {
    expect(plan(args).filter(({ object }) => object === "Tracer")).toEqual([
      expect.objectContaining({
        "@type": "reconcile",
        value: { tracer: { "@type": "Stdout", level: "info", ansi: false, enable: true } },
      }),
    ]);
  });

  it("leaves DNS, DKIM and certificates to their owners", () => {
    const manual = { "@type": "Manual" };
    expect(settingOf(args, "Domain")).toMatchObject({
      name: "newjoy.ro",
      dkimManagement: manual,
      dnsManagement: manual,
      certificateManagement: manual,
    });
  });
});

describe("what the provider called junk", () => {
  it("is filed in Junk: on its own port every message is spam, and none is refused or discarded", () => {
    expect(settingOf(fetchingJunk, "MtaStageData").enableSpamFilter).toEqual(
      when([["local_port == 2525", "true"]], "false"),
    );
    expect(settingOf(fetchingJunk, "SpamSettings")).toMatchObject({
      enable: true,
      scoreSpam: -100,
      scoreDiscard: 0,
      scoreReject: 0,
      greylistFor: null,
      spamFilterRulesUrl: null,
    });
    expect(objectsOf(fetchingJunk, "SpamTag").map((tag) => [tag["@type"], tag.score])).toEqual([["Score", 0]]);
  });

  it("is not brought back by a known sender or a reply", () => {
    expect(settingOf(fetchingJunk, "SpamSettings")).toMatchObject({ trustContacts: false, trustReplies: false });
  });

  it("is looked up nowhere in the network", () => {
    for (const kind of ["SpamRule", "SpamDnsblServer"]) {
      expect(objectsOf(fetchingJunk, kind).map(({ enable }) => enable)).toEqual([false]);
    }
    expect(settingOf(fetchingJunk, "SpamPyzor").enable).toBe(false);
    expect(settingOf(fetchingJunk, "SpamClassifier").model).toEqual({ "@type": "Disabled" });
  });

  it("stays at the provider rather than land in the inbox while no mailbox is set to fetch it", () => {
    expect(settingOf(samplePlan(), "MtaStageAuth").require).toEqual(always("local_port != 25"));
    expect(settingOf(fetchingJunk, "MtaStageAuth").require).toEqual(always("local_port != 25 && local_port != 2525"));
  });
});

describe("listening", () => {
  it("opens exactly the ports of the list, once each", () => {
    const opened = objectsOf(samplePlan(), "NetworkListener").map(({ name, bind, tlsImplicit }) => [
      name,
      Object.keys(bind),
      tlsImplicit,
    ]);
    expect(opened).toEqual(listeners().map(({ name, port, tlsImplicit }) => [name, [`[::]:${port}`], tlsImplicit]));
  });

  it("tells clients of every service but POP3, which nobody listens for", () => {
    const { services, defaultHostname, defaultCertificateId } = settingOf(samplePlan(), "SystemSettings");
    expect(Object.keys(services)).toEqual(expect.arrayContaining(["imap", "smtp", "jmap", "caldav", "managesieve"]));
    expect(Object.keys(services)).not.toContain("pop3");
    expect([defaultHostname, defaultCertificateId]).toEqual(["mail.newjoy.ro", "#certificate"]);
  });

  it("restarts for another port, protocol or kind of TLS, and not for another order of people", () => {
    const [first, ...rest] = listeners();
    if (!first) throw new Error("no listeners");
    const changed = [
      { ...first, port: 26 },
      { ...first, protocol: "imap" as const },
      { ...first, tlsImplicit: true },
      { ...first, name: "mx" },
    ];
    for (const listener of changed) expect(listenersHash([listener, ...rest])).not.toBe(listenersHash());
    expect(listenersHash([{ ...first, forPeople: true }, ...rest])).toBe(listenersHash());
  });
});

describe("reloading", () => {
  it("renews certificates even while the identity provider is away and settings cannot be reloaded", () => {
    const actions = renderReload()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).value.action["@type"]);
    expect(actions).toEqual(["ReloadTlsCertificates", "ReloadSettings"]);
  });

  it("is no part of the plan, whose lines are not rolled back", () => {
    expect(plan(samplePlan()).map(({ object }) => object)).not.toContain("Action");
  });
});
