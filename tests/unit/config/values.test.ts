import { loaded, working } from "./support";

describe("what people write", () => {
  const kinga = (body: object) => {
    const config = loaded({ ...working, mailboxes: { kinga: { password: "p", ...body } } });
    return config.mailboxes[0] as (typeof config.mailboxes)[number];
  };

  test("everything but domain and passwords has its documented default", () => {
    const { mailboxes, relay, images, resources, ...rest } = loaded(working);
    expect(rest).toEqual({
      domain: "newjoy.ro",
      hosts: { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" },
      namespace: "stalwart-mail",
      addressesAreSecret: false,
      provider: { imap: { host: "imap.migadu.com", port: 993 }, smtp: { host: "smtp.migadu.com", port: 465 } },
      identity: {
        issuer: "https://auth.newjoy.ro",
        name: "Pocket ID",
        clientId: "stalwart-webui",
        allowedGroups: [],
        onDestroy: "keep",
      },
      admin: {},
      storage: {
        data: { className: "longhorn-ssd", size: "10Gi", labels: {} },
        webmail: { className: "longhorn-ssd", size: "1Gi", labels: {} },
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
      cluster: { networks: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], relayNamespaces: [] },
      monitoring: {
        enabled: false,
        labels: {},
        namespace: "monitoring",
        dashboard: { label: "grafana_dashboard", labelValue: "1" },
      },
    });
    expect(relay.username).toBe("service@newjoy.ro");
    expect(images.stalwart).toContain(":v0.16.");
    expect(resources.fetchmail.limits.memory).toBe("128Mi");
    expect(mailboxes).toHaveLength(2);
  });

  test("an alias may be written with or without the domain", () => {
    expect(kinga({ aliases: ["boss", "Info@NewJoy.ro"] }).aliases).toEqual(["boss", "info"]);
  });

  test("a list may be written as a list, as JSON, or in one line", () => {
    for (const aliases of [["boss", "info"], '["boss","info"]', "boss,info", "boss info"]) {
      expect(kinga({ aliases }).aliases).toEqual(["boss", "info"]);
    }
  });

  test("addresses and names are lower-cased", () => {
    const config = loaded({ ...working, mailboxes: { Kinga: { password: "p", address: "Kinga.K@NEWJOY.ro" } } });
    expect(config.mailboxes[0]).toMatchObject({ name: "kinga", address: "kinga.k@newjoy.ro", localPart: "kinga.k" });
  });

  test("true and false may be words", () => {
    expect(kinga({ keep: "true", admin: "false" })).toMatchObject({ keep: true, admin: false });
  });

  test("the inbox is always fetched, before Junk", () => {
    expect(kinga({ folders: ["junk"] }).folders).toEqual(["INBOX", "Junk"]);
    expect(kinga({ folders: [] }).folders).toEqual(["INBOX"]);
  });

  test("a password made of digits only is a password", async () => {
    expect(() => loaded({ ...working, relay: { password: 12345 } })).not.toThrow();
  });

  test("a mailbox with nothing but its name in the file is a mailbox without a password", () => {
    expect(() => loaded({ ...working, mailboxes: { kinga: null } })).toThrow("mailboxes.kinga.password  is missing");
  });

  test("one key of a group leaves the group's other defaults in place", () => {
    const { storage } = loaded({ ...working, storage: { size: "20Gi", webmail: { size: "2Gi" } } });
    expect(storage.data).toMatchObject({ className: "longhorn-ssd", size: "20Gi" });
    expect(storage.webmail).toMatchObject({ className: "longhorn-ssd", size: "2Gi" });
  });

  test("the webmail's volume follows the mail's storage class unless it has its own", () => {
    expect(loaded({ ...working, storage: { className: "local" } }).storage.webmail.className).toBe("local");
    const both = { className: "local", webmail: { className: "slow" } };
    expect(loaded({ ...working, storage: both }).storage.webmail.className).toBe("slow");
  });

  test("an existing certificate takes the issuer's place", () => {
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

  test("addresses in plain text stay readable beside secret passwords", () => {
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
