import { plan } from "../../../../components/mailserver/plan";
import { webUiFor } from "../../../../config/webUi";
import { objectsOf, samplePlan, settingOf } from "./plans";

const HOUR = 3_600_000;

describe("bans", () => {
  const security = settingOf(samplePlan(), "Security");

  it("no path causes a ban: an image in a message cannot ban its reader", () => {
    expect(security.scanBanPaths).toEqual({});
  });

  it.each(["scan", "auth", "abuse", "loiter"])("bans for %s end after an hour and count by the hour", (kind) => {
    expect(security[`${kind}BanPeriod`]).toBe(HOUR);
    expect(security[`${kind}BanRate`].period).toBe(HOUR);
    expect(security[`${kind}BanRate`].count).toBeGreaterThanOrEqual(100);
    expect(security[`${kind}BanRate`].count).toBeLessThanOrEqual(150); // a guess is worth something only in great numbers
  });

  it("bans apply again to a network that is no longer trusted, because the list is reconciled", () => {
    const operation = plan(samplePlan()).find(({ object }) => object === "AllowedIp");
    expect(operation?.["@type"]).toBe("reconcile");
  });

  it("the list of networks without bans names no network twice, however it is written", () => {
    const networks = ["10.0.0.0/8", "FD00::/8", "fd00:0::/8", "192.0.2.1", "192.0.2.1/32"];
    const addresses = objectsOf(samplePlan({ cluster: { networks, relayNamespaces: [] } }), "AllowedIp").map(
      ({ address }) => address,
    );
    expect(addresses).toEqual(["127.0.0.1", "10.0.0.0/8", "192.0.2.1", "fd00::/8"]);
  });

  it("the list of networks without bans has the server's own address once, also where it is in the networks", () => {
    const networks = ["127.0.0.1/32", "10.0.0.0/8"];
    const addresses = objectsOf(samplePlan({ cluster: { networks, relayNamespaces: [] } }), "AllowedIp").map(
      ({ address }) => address,
    );
    expect(addresses).toEqual(["127.0.0.1", "10.0.0.0/8"]);
  });

  it("bans apply to the ingress controller's clients, and not to the controller", () => {
    expect(settingOf(samplePlan(), "Http").useXForwarded).toBe(true);
  });
});

describe("the web UI", () => {
  const webUi = (images?: { stalwart: string }, clientId = "stalwart-webui") => {
    const sample = samplePlan();
    const args = { ...sample, identity: { ...sample.identity, clientId }, ...(images && { images }) };
    return objectsOf(args, "Application")[0];
  };

  it("the web UI is pinned to one release, never to the latest", () => {
    expect(webUi().resourceUrl).toMatch(/\/webui\/releases\/download\/v1\.0\.\d+\/webui\.zip$/);
    expect(webUi().autoUpdateFrequency).toBeGreaterThanOrEqual(90 * 24 * HOUR);
  });

  it("the web UI is the server's own object, enabled, and at the paths that sign-in returns to", () => {
    const { description, enabled, urlPrefix } = webUi();
    const wanted = { "/admin": true, "/account": true };
    expect({ description, enabled, urlPrefix }).toEqual({
      description: "Stalwart Web Interface",
      enabled: true,
      urlPrefix: wanted,
    });
    expect(plan(samplePlan()).at(-1)).toMatchObject({ object: "Application", matchOn: ["description"] });
  });

  it("the web UI is the last setting, so that a server that refuses it has taken everything else", () => {
    for (const others of ["relay", "refuse"] as const) {
      const sample = samplePlan();
      const operations = plan({ ...sample, metrics: true, provider: { ...sample.provider, others } });
      expect(operations.at(-1)?.object).toBe("Application");
    }
  });

  it("the web UI is the release that belongs to the server's version", () => {
    expect(webUi({ stalwart: "registry.example:5000/stalwart:v0.16.20@sha256:00" }).resourceUrl).toBe(
      webUi().resourceUrl,
    );
    expect(webUiFor("stalwartlabs/stalwart@sha256:00").url).toBe(webUiFor().url);
  });

  it("the web UI signs in with the configured client where the server can name it", () => {
    expect(webUi(undefined, "family-mail").oauthClientId).toBe("family-mail");
    expect(webUi({ stalwart: "stalwartlabs/stalwart:v0.16.19" }, "family-mail")).not.toHaveProperty("oauthClientId");
    expect(webUi().oauthClientId).toBe("stalwart-webui");
  });
});

/** What the server answers to a request, by its expressions in JavaScript, as far as this one goes. */
const evaluate = (path: string, headers: readonly string[]): number => {
  const { else: otherwise, match } = settingOf(samplePlan(), "Http").allowedEndpoints;
  const holds = (condition: string): boolean =>
    new Function(
      "path",
      "headers",
      "url",
      `return ${condition
        .replace(/matches\('\(\?([ims]+)\)([^']*)', (headers|url)\)/g, "new RegExp('$2', '$1').test($3)")
        .replace(/starts_with\(path, '([^']*)'\)/g, "path.startsWith('$1')")}`,
    )(path, headers.join("\r\n"), path);
  // biome-ignore lint/suspicious/noExplicitAny: settings as plain data
  const taken = Object.values<any>(match).find((one) => holds(one.if));
  return Number(taken?.then ?? otherwise);
};

describe("the administrator's password from outside", () => {
  const proxied = "x-forwarded-for: 203.0.113.7";
  const basic = "authorization: Basic YWRtaW46c2VjcmV0";
  const token = "authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.x";

  it.each([
    ["/jmap", [proxied, basic]],
    ["/jmap/session", [basic, proxied]],
    ["/api/schema", ["forwarded: for=203.0.113.7", basic]],
    ["/jmap", [proxied, "authorization: basic YWRtaW46c2VjcmV0"]],
    ["/api/auth", [proxied, "content-type: application/json"]],
    // The server remembers what followed `Basic`, and takes it after any word.
    ["/jmap", [proxied, "authorization: Bearer YWRtaW46c2VjcmV0"]],
    ["/jmap", [proxied, "authorization: Other YWRtaW46c2VjcmV0"]],
    ["/jmap", [proxied, "authorization: Bearer YWRtaW46c2VjcmV0", "authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.x"]],
    ["/jmap", [proxied, "authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.x", "x: y", basic]],
  ])("the administrator's password opens nothing from outside at %s", (path, headers) => {
    expect(evaluate(path, headers)).toBe(403);
  });

  it.each([
    ["a settings run, which comes straight from a pod", "/jmap", [basic]],
    ["a signed-in user's web pages", "/jmap", [proxied, token]],
    ["a phone's calendar", "/dav/cal/kinga", [proxied, basic]],
    ["somebody who has not signed in yet", "/admin", [proxied]],
    ["a header that only looks alike", "/jmap", [proxied, "x-note: authorization: basic", token]],
  ])("refusing the administrator's password from outside does not affect %s", (_who, path, headers) => {
    expect(evaluate(path, headers)).toBe(200);
  });
});

describe("a token of another app of the issuer", () => {
  // The last letter of the first part stands for two bits that are read, and four (or two) that must be zero.
  const tokens = { two: "eyJhbGciOiJSUzI1NiJ9aQ", three: "eyJhbGciOiJSUzI1NiJ9aQA" };

  it.each([
    ["/dav/cal/kinga", "Bearer", `${tokens.two.slice(0, -1)}R`],
    ["/dav/cal/kinga", "bearer", `${tokens.three.slice(0, -1)}B`],
    ["/jmap", "Bearer", `${tokens.two.slice(0, -1)}R`],
    ["/dav/cal/kinga", "Bearer ", `${tokens.two.slice(0, -1)}R`],
    ["/dav/cal/kinga", "Bearer", `${tokens.two}abc`],
  ])(
    "a token of another app opens nothing at %s with a header that the server cannot read (%s)",
    (path, word, header) => {
      expect(evaluate(path, [`authorization: ${word} ${header}.e30.x`])).toBe(403);
    },
  );

  it("a token of another app opens nothing behind a valid one", () => {
    const good = `authorization: Bearer ${tokens.two}.e30.x`;
    expect(evaluate("/dav", [`authorization: Bearer ${tokens.two.slice(0, -1)}R.e30.x`, good])).toBe(403);
  });

  it.each([tokens.two, tokens.three, "eyJhbGciOiJSUzI1NiJ9"])("a token of the canonical header %s passes", (header) => {
    for (const path of ["/dav/cal/kinga", "/jmap"]) {
      expect(evaluate(path, [`authorization: Bearer ${header}.e30.x`])).toBe(200);
    }
  });
});

describe("markup in a request for mail programs' settings", () => {
  /** Which of the server's cases takes a request. */
  const status = (url: string): number => {
    const { else: otherwise, match } = settingOf(samplePlan(), "Http").allowedEndpoints;
    const condition = match["1"].if
      .replace(/matches\('\(\?i\)([^']*)', url\)/g, "/$1/i.test(url)")
      .replace(/starts_with\(path, '([^']*)'\)/g, "path.startsWith('$1')");
    const holds = new Function("path", "url", `return ${condition}`)(url.split("?")[0], url);
    return Number(holds ? match["1"].then : otherwise);
  };
  const script = "%3Cx:script%20xmlns:x=%22http://www.w3.org/1999/xhtml%22%3Ealert(1)%3C/x:script%3E@newjoy.ro";

  it.each([
    "/mail/config-v1.1.xml",
    "/mail/config-v1.1.xml/x",
    "/.well-known/autoconfig/mail/config-v1.1.xml",
    "/.well-known/mail-v1.xml",
  ])(
    "markup in a request for mail programs' settings is not answered at %s, where it would run in the reader's browser",
    (path) => {
      expect(status(`${path}?emailaddress=${script}`)).toBe(403);
      expect(status(`${path}?emailaddress=${script.toLowerCase()}`)).toBe(403);
      expect(status(`${path}?emailaddress=kinga%40newjoy.ro`)).toBe(200);
    },
  );

  it("markup in attributes, which need no bracket to run a script, is not answered", () => {
    const handler = "a@b%22%20xmlns=%22http://www.w3.org/1999/xhtml%22%20onfocus=%22alert(1)";
    expect(status(`/mail/config-v1.1.xml?emailaddress=${handler}`)).toBe(403);
    expect(status(`/.well-known/mail-v1.xml?emailaddress=${handler.replaceAll("%22", '"')}`)).toBe(403);
    expect(status("/mail/config-v1.1.xml?emailaddress=o'neil%2Bshop%40newjoy.ro&x=1")).toBe(200);
  });

  it("refusing markup affects no other request for mail programs' settings", () => {
    expect(status("/dav/cal/kinga@newjoy.ro/a%3Cb.ics")).toBe(200);
    expect(status("/.well-known/caldav")).toBe(200);
  });
});
