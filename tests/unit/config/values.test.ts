import * as pulumi from "@pulumi/pulumi";
import { resolved } from "../../support/recorder";
import { loaded, working } from "./support";

describe("the values of a configuration", () => {
  const kinga = (body: object) => {
    const config = loaded({ ...working, mailboxes: { kinga: { password: "p", ...body } } });
    return config.mailboxes[0] as (typeof config.mailboxes)[number];
  };

  test("the values of a configuration have their documented defaults, except domain and passwords", () => {
    const { mailboxes, relay, images, resources, ...rest } = loaded(working);
    expect(rest).toEqual({
      domain: "newjoy.ro",
      domains: ["newjoy.ro"],
      hosts: { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" },
      namespace: "stalwart-mail",
      migrations: [],
      addressesAreSecret: false,
      provider: {
        imap: { host: "imap.migadu.com", port: 993 },
        smtp: { host: "smtp.migadu.com", port: 465 },
        others: "relay",
        largestMessage: 40,
      },
      trash: { emptyAfter: "forever" },
      identity: {
        issuer: "https://auth.newjoy.ro",
        name: "Pocket ID",
        clientId: "stalwart-webui",
        allowedGroups: [],
        onDestroy: "keep",
      },
      generated: {},
      backup: { schedule: "15 3 * * *", keep: 7 },
      admin: {},
      storage: {
        data: { size: "10Gi", labels: {} },
        webmail: { size: "1Gi", labels: {} },
      },
      ingress: {
        className: "nginx",
        controller: "ingress-nginx",
        annotations: {},
        namespace: "ingress-nginx",
        port: 443,
      },
      tls: { issuer: "letsencrypt-prod" },
      trust: { certificates: [] },
      service: { type: "LoadBalancer", annotations: {}, sourceRanges: [] },
      cluster: { networks: ["10.0.0.0/8", "192.168.0.0/16"], relayNamespaces: [] },
      monitoring: {
        enabled: false,
        labels: {},
        namespace: "monitoring",
        dashboard: { label: "grafana_dashboard", labelValue: "1" },
      },
    });
    expect([relay.username, relay.mode]).toEqual(["service@newjoy.ro", "mailbox"]);
    expect(images.stalwart).toContain(":v0.16.");
    expect(resources.fetchmail.limits.memory).toBe("128Mi");
    expect(mailboxes).toHaveLength(2);
  });

  test("an alias may be written with or without the domain", () => {
    expect(kinga({ aliases: ["boss", "Info@NewJoy.ro"] }).aliases).toEqual(["boss", "info"]);
  });

  test("a list of the configuration may be written as a list, as JSON, or in one line", () => {
    for (const aliases of [["boss", "info"], '["boss","info"]', "boss,info", "boss info"]) {
      expect(kinga({ aliases }).aliases).toEqual(["boss", "info"]);
    }
  });

  test("addresses and names of the configuration are converted to lower case", () => {
    const config = loaded({ ...working, mailboxes: { Kinga: { password: "p", address: "Kinga.K@NEWJOY.ro" } } });
    expect(config.mailboxes[0]).toMatchObject({ name: "kinga", address: "kinga.k@newjoy.ro", localPart: "kinga.k" });
  });

  test("an account keeps its first name after a change of the address, and gets the new address as an alias", () => {
    const moved = { address: "kinga.k", account: "KINGA@newjoy.ro", aliases: ["zsofi", "boss"] };
    expect(kinga(moved)).toMatchObject({
      address: "kinga.k@newjoy.ro",
      localPart: "kinga",
      aliases: ["boss", "kinga.k", "zsofi"],
    });
    expect(kinga({ account: "kinga" })).toMatchObject({ localPart: "kinga", aliases: [] });
  });

  test("a mailbox may have an account of its own name next to other mailboxes", () => {
    const mailboxes = { kinga: { password: "p", address: "kinga.k", account: "kinga" }, alpar: { password: "q" } };
    expect(loaded({ ...working, mailboxes }).mailboxes.map(({ localPart }) => localPart)).toEqual(["alpar", "kinga"]);
  });

  test.each(["*/15 * * * *", "0 3 ? jan-mar MON", "5,35 1-5/2 1,15 * 0", "59 23 31 12 6"])(
    "the schedule %s is accepted for backups",
    (schedule) => {
      expect(loaded({ ...working, backup: { snapshotClass: "fast", schedule } }).backup.schedule).toBe(schedule);
    },
  );

  test("a migration from Gmail needs no host, and what it copies follows from the configuration", async () => {
    const from = { user: "me@gmail.com", password: "p" };
    const mailboxes = { kinga: { password: "p", address: "kinga.k", account: "kinga" } };
    const old = { mailbox: "kinga", gmail: true, from, folders: { map: { a: "b", c: "d" } } };
    const limited = { ...old, mailbox: "alpar", gmail: false, from: { ...from, host: "imap.example.org" } };
    const migrations = { old, limited: { ...limited, since: "2015-06-30", maxMessageSize: "20Mi" } };
    const config = loaded({ ...working, mailboxes: { ...working.mailboxes, ...mailboxes }, migrations });
    expect(config.migrations).toMatchObject([
      { account: "alpar@newjoy.ro", from: { host: "imap.example.org" }, since: "2015-06-30", largest: 20 * 2 ** 20 },
      { account: "kinga@newjoy.ro", from: { host: "imap.gmail.com" }, largest: 160 * 2 ** 20 },
    ]);
    expect(config.migrations[1]).not.toHaveProperty("since");
    expect(config.migrations[1]?.folders.map).toEqual({ a: "b", c: "d" });
  });

  test("the heartbeat's port follows from its URL unless it is set", () => {
    const portOf = (heartbeat: string, more = {}) =>
      loaded({ ...working, monitoring: { heartbeat, ...more } }).monitoring.heartbeat?.port;
    expect(portOf("https://hc-ping.com/0f1e")).toBe(443);
    expect(portOf("http://kuma.lan/0f1e")).toBe(80);
    expect(portOf("http://kuma.lan:3001/0f1e")).toBe(3001);
    expect(portOf("https://kuma.lan/0f1e", { heartbeatPort: 8443 })).toBe(8443);
  });

  test("a certificate's issuer is set by tls.issuer, and a mailbox's display name by displayName", () => {
    expect(loaded({ ...working, tls: { issuer: "home" } }).tls).toEqual({ issuer: "home" });
    expect([kinga({}).displayName, kinga({ displayName: "Kinga K" }).displayName]).toEqual(["kinga", "Kinga K"]);
  });

  test("a source has the values of its mailbox unless it has its own, and its login is secret", async () => {
    const sources = {
      isp: { host: "IMAP.example.net", user: "Old", password: " p ", port: "1993", folders: "Junk", retention: 0 },
      gmail: { host: "imap.gmail.com", user: "me@gmail.com", password: "p" },
    };
    const [first, second, ...more] = kinga({ retention: 30, sources }).sources;
    expect(more).toEqual([]);
    expect(first).toMatchObject({ name: "gmail", imap: { port: 993 }, retention: 30, folders: ["INBOX"] });
    expect(second).toMatchObject({ name: "isp", imap: { host: "imap.example.net", port: 1993 }, retention: 0 });
    expect(second?.folders).toEqual(["INBOX", "Junk"]);
    const logins = [first, second].flatMap((one) => (one ? [one.user, one.password] : []));
    for (const login of logins) expect(await pulumi.isSecret(login)).toBe(true);
    expect(await Promise.all(logins.map((login) => resolved(login)))).toEqual([
      ...["me@gmail.com", "p"],
      ...["Old", " p "],
    ]);
  });

  test("true and false in the configuration may be words", () => {
    expect(kinga({ keep: "true", admin: "false" })).toMatchObject({ retention: "forever", admin: false });
  });

  test.each([
    ["nothing said", {}, {}, 7],
    ["the stack's", { retention: "14" }, {}, 14],
    ["the mailbox's own before the stack's", { retention: 14 }, { retention: "0" }, 0],
    ["forever, for the stack", { retention: " Forever " }, {}, "forever"],
    ["keep as forever", { retention: 14 }, { keep: true }, "forever"],
    ["keep beside forever", {}, { keep: true, retention: "forever" }, "forever"],
    ["keep taken back", { retention: 3 }, { keep: false }, 3],
  ])("the retention of a mailbox follows from the configuration: %s", (_name, stack, mailbox, expected) => {
    const config = loaded({ ...working, ...stack, mailboxes: { kinga: { password: "p", ...mailbox } } });
    expect(config.mailboxes[0]?.retention).toBe(expected);
  });

  test("the inbox is always fetched, before Junk", () => {
    expect(kinga({ folders: ["junk"] }).folders).toEqual(["INBOX", "Junk"]);
    expect(kinga({ folders: [] }).folders).toEqual(["INBOX"]);
  });

  test("a password made of digits only is a password", async () => {
    expect(() => loaded({ ...working, relay: { password: 12345 } })).not.toThrow();
  });

  test("a mailbox without keys is reported as one without a password", () => {
    expect(() => loaded({ ...working, mailboxes: { kinga: null } })).toThrow("mailboxes.kinga.password  is missing");
  });

  test("setting one key of a group leaves the group's other defaults in place", () => {
    const { resources } = loaded({ ...working, resources: { stalwart: { limits: { cpu: "4" } } } });
    expect(resources.stalwart.limits).toEqual({ cpu: "4", memory: "1Gi" });
  });

  test("the webmail's volume follows the mail's storage class unless it has its own", () => {
    expect(loaded({ ...working, storage: { className: "local" } }).storage.webmail.className).toBe("local");
    const both = { className: "local", webmail: { className: "slow" } };
    expect(loaded({ ...working, storage: both }).storage.webmail.className).toBe("slow");
  });

  test("tls.secretName replaces the issuer", () => {
    expect(loaded({ ...working, tls: { secretName: "newjoy-ro-tls" } }).tls).toEqual({ secretName: "newjoy-ro-tls" });
  });

  test("labels on the volume may hold numbers and flags", () => {
    const labels = { "example.org/keep": true, "example.org/days": 7 };
    expect(loaded({ ...working, storage: { labels } }).storage.data.labels).toEqual({
      "example.org/keep": "true",
      "example.org/days": "7",
    });
  });
});

describe("addresses that came from a secret", () => {
  const config = { ...working, mailboxes: { kinga: { password: "p", aliases: ["boss"] }, alpar: { password: "q" } } };
  const file = (aliases: string) => `
config:
  homelab-mail:mailboxes:
    kinga: { password: { secure: v1:a }, aliases: ${aliases} }
    alpar: { password: { secure: v1:b } }
  homelab-mail:relay: { password: { secure: v1:c } }
`;

  test("one secret alias makes the list of addresses secret", () => {
    expect(loaded(config, { stackFile: file("[{ secure: v1:x }]") }).addressesAreSecret).toBe(true);
  });

  test("addresses in plain text stay readable next to secret passwords", () => {
    expect(loaded(config, { stackFile: file("[boss]") }).addressesAreSecret).toBe(false);
  });

  test("where the stack file cannot be read, written addresses count as secret when their group holds secrets", () => {
    expect(loaded(config).addressesAreSecret).toBe(true);
    expect(loaded(working).addressesAreSecret).toBe(false);
  });

  test("a whole group given as one secret counts as secret", () => {
    const stackFile = `
config:
  homelab-mail:mailboxes: { secure: v1:a }
  homelab-mail:relay: { password: { secure: v1:c } }
`;
    expect(loaded(config, { stackFile }).addressesAreSecret).toBe(true);
  });
});
