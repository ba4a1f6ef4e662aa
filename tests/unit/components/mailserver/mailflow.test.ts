import { always, when } from "../../../../components/mailserver/operations";
import { plan } from "../../../../components/mailserver/plan";
import { sampleMailbox } from "../../../support/sample";
import { objectsOf, samplePlan, settingOf } from "./plans";

const fetchingJunk = samplePlan({ mailboxes: [sampleMailbox("kinga", { folders: ["INBOX", "Junk"] })] });

describe("relaying", () => {
  const relay = (networks: string[]) =>
    settingOf(samplePlan({ cluster: { networks, relayNamespaces: [] } }), "MtaStageRcpt");

  it("port 25 asks no login of the cluster's networks, and asks a login of every other client", () => {
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

  it("port 25 asks a login of every client when no network is trusted", () => {
    expect(relay([]).allowRelaying).toEqual(always("!is_empty(authenticated_as)"));
  });

  it("mail for addresses outside the stack goes through the provider, over TLS", () => {
    const args = samplePlan({
      provider: {
        imap: { host: "x", port: 1 },
        smtp: { host: "smtp.example.org", port: 4465 },
        others: "relay",
        largestMessage: 40,
      },
    });
    const relays = objectsOf(args, "MtaRoute").filter((route) => route["@type"] === "Relay");
    const server = { address: "smtp.example.org", port: 4465, implicitTls: true, allowInvalidCerts: false };
    for (const route of relays) expect(route).toMatchObject(server);
    expect(relays.map(({ name, authUsername }) => [name, authUsername])).toEqual([
      ["relay", "service@newjoy.ro"],
      ...["alpar", "kinga", "service"].map((name) => [`relay-${name}`, `${name}@newjoy.ro`]),
    ]);
    expect(settingOf(args, "MtaOutboundStrategy").route.else).toBe("'relay'");
  });

  it("the relay's password is never sent to a server with a wrong certificate, not even at a retry", () => {
    expect(settingOf(samplePlan(), "MtaOutboundStrategy").tls).toEqual(always("'default'"));
  });

  it("the mail server never bans the cluster's own addresses", () => {
    const args = samplePlan({
      cluster: { networks: ["10.42.0.0/16", "10.1.2.3/32", "FD00:0:0::/8"], relayNamespaces: [] },
    });
    const addresses = objectsOf(args, "AllowedIp").map(({ address }) => address);
    // As the server writes them back: anything else would not match, and be added again at every run.
    expect(addresses.sort()).toEqual(["10.1.2.3", "10.42.0.0/16", "127.0.0.1", "fd00::/8"]);
  });
});

describe("taking fetched mail", () => {
  const args = samplePlan();

  it("delivery of fetched mail is not throttled", () => {
    expect(objectsOf(args, "MtaInboundThrottle")).toEqual([
      { description: "Sender IP throttle", enable: false },
      { description: "Sender address to recipient throttle", enable: false },
    ]);
  });

  it("a session that delivers fetched mail does not end after ten messages, ten minutes or 250 MB", () => {
    expect(settingOf(args, "MtaStageData").maxMessages).toEqual(always("1000000"));
    expect(settingOf(args, "MtaInboundSession")).toEqual({
      transferLimit: always("1099511627776"),
      maxDuration: always("1d"),
    });
  });

  it("the mail server accepts fetched messages as large as any provider accepts", () => {
    for (const largestMessage of [40, 200]) {
      const sized = samplePlan({ provider: { ...args.provider, imap: { host: "x", port: 1 }, largestMessage } });
      const received = Math.max(160, largestMessage) * 2 ** 20;
      expect(Number(settingOf(sized, "MtaStageData").maxMessageSize.else)).toBe(received);
      expect(settingOf(sized, "Email")).toMatchObject({ maxMessageSize: received, maxAttachmentSize: received });
      // APPEND brings the same message in a command.
      expect(settingOf(sized, "Imap").maxRequestSize).toBeGreaterThan(received);
      const { maxUploadSize, uploadQuota } = settingOf(sized, "Jmap");
      expect(maxUploadSize).toBeGreaterThanOrEqual(largestMessage * 2 ** 20);
      expect(uploadQuota).toBeGreaterThanOrEqual(2 * maxUploadSize);
    }
  });

  it("a mailbox that moves in keeps every folder and contacts that have photos, at the pace of an import", () => {
    // At 2,000 commands a minute, the server's own limit, an import would wait forever for a response without a tag.
    const { count, period } = settingOf(args, "Imap").maxRequestRate;
    expect((count / period) * 60_000).toBeGreaterThanOrEqual(60_000);
    // The server's own: 250 folders, 10 levels, 524288 bytes of an event or a contact.
    expect(settingOf(args, "Email")).toMatchObject({ maxMailboxes: null, maxMailboxDepth: 50 });
    expect(settingOf(args, "x:Calendar").maxICalendarSize).toBeGreaterThanOrEqual(5_000_000);
    expect(settingOf(args, "x:AddressBook").maxVCardSize).toBeGreaterThanOrEqual(5_000_000);
  });

  it("mail stays in Deleted Items and Junk Mail until the user deletes it, or for as long as configured", () => {
    expect(settingOf(args, "DataRetention")).toEqual({ expungeTrashAfter: null });
    const emptied = samplePlan({ trash: { emptyAfter: 90 } });
    expect(settingOf(emptied, "DataRetention")).toEqual({ expungeTrashAfter: 90 * 86_400_000 });
  });

  it("fetched mail is delivered without checks of the greeting, the sender, SPF, DKIM, DMARC or reverse DNS", () => {
    expect(settingOf(args, "MtaStageEhlo").rejectNonFqdn).toEqual(always("false"));
    expect(settingOf(args, "MtaStageMail").isSenderAllowed).toEqual(always("true"));
    const { dkimSignDomain, ...results } = settingOf(args, "SenderAuth");
    expect(dkimSignDomain).toEqual(always("false"));
    expect(Object.keys(results).sort()).toEqual([
      "arcVerify",
      "dkimVerify",
      "dmarcVerify",
      "reverseIpVerify",
      "spfEhloVerify",
      "spfFromVerify",
    ]);
    for (const result of Object.values(results)) expect(result).toEqual(always("disable"));
  });

  it("the mail server filters nothing, downloads no rules and sends no queries, because the provider has filtered", () => {
    expect(settingOf(args, "MtaStageData").enableSpamFilter).toEqual(always("false"));
    expect(settingOf(args, "SpamSettings")).toEqual({ enable: false, spamFilterRulesUrl: null });
    expect(settingOf(args, "SpamPyzor")).toEqual({ enable: false });
    expect(settingOf(args, "Asn")).toEqual({ "@type": "Disabled" });
  });

  it("the mail server sends no reports to other domains", () => {
    expect(settingOf(args, "DmarcReportSettings")).toEqual({
      aggregateSendFrequency: always("disable"),
      failureSendFrequency: always("false"),
    });
    expect(settingOf(args, "TlsReportSettings")).toEqual({ sendFrequency: always("disable") });
  });

  it("reports from other domains are delivered", () => {
    expect(settingOf(args, "ReportSettings").inboundReportForwarding).toBe(true);
  });

  it("the mail server logs to standard output, where kubectl reads, and to no file", () => {
    expect(plan(args).filter(({ object }) => object === "Tracer")).toEqual([
      expect.objectContaining({
        "@type": "reconcile",
        value: { tracer: { "@type": "Stdout", level: "info", ansi: false, enable: true } },
      }),
    ]);
  });

  it("the mail server's log has no warning about each settings run, which reaches it without a proxy", () => {
    const [{ event, level }, ...more] = objectsOf(args, "EventTracingLevel");
    expect([event, more]).toEqual(["http.x-forwarded-missing", []]);
    expect(["debug", "trace"]).toContain(level); // the log has `info` and what is more important
  });

  it("the mail server does not manage DNS, DKIM or certificates", () => {
    const manual = { "@type": "Manual" };
    expect(objectsOf(args, "Domain")[0]).toMatchObject({
      name: "newjoy.ro",
      dkimManagement: manual,
      dnsManagement: manual,
      certificateManagement: manual,
      reportAddressUri: null, // nor does it expect reports that nobody sends
    });
  });
});

describe("what the provider called junk", () => {
  it("mail from the provider's junk folder is filed in Junk: on its own port every message is spam, and none is refused or discarded", () => {
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

  it("a known sender or a reply does not bring junk back to the inbox", () => {
    expect(settingOf(fetchingJunk, "SpamSettings")).toMatchObject({ trustContacts: false, trustReplies: false });
  });

  it("junk causes no requests in the network", () => {
    for (const kind of ["SpamRule", "SpamDnsblServer"]) {
      expect(objectsOf(fetchingJunk, kind).map(({ enable }) => enable)).toEqual([false]);
    }
    expect(settingOf(fetchingJunk, "SpamPyzor").enable).toBe(false);
    expect(settingOf(fetchingJunk, "SpamClassifier").model).toEqual({ "@type": "Disabled" });
  });

  it("junk stays at the provider, and does not reach the inbox, while no mailbox is set to fetch it", () => {
    expect(settingOf(samplePlan(), "MtaStageAuth").require).toEqual(always("local_port != 25"));
    expect(settingOf(fetchingJunk, "MtaStageAuth").require).toEqual(always("local_port != 25 && local_port != 2525"));
  });
});
