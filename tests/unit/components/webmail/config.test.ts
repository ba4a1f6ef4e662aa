import fc from "fast-check";
import { apacheConf } from "../../../../components/webmail/apache";
import {
  type WebmailSettings,
  webmailConfig,
  webmailLogoutUri,
  webmailOptions,
  webmailRedirectUri,
} from "../../../../components/webmail/config";
import { phpIni } from "../../../../components/webmail/limits";
import { FromEnvironment, type PhpValue, php } from "../../../../components/webmail/php";
import { sizeLimits } from "../../../../config/limits";
import { PhpReader } from "./php-reader";
import known from "./roundcube-1.7-options.json";

const settings: WebmailSettings = {
  largestMessage: 40,
  domain: "newjoy.ro",
  domains: ["newjoy.ro"],
  hosts: { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" },
  identity: { issuer: "https://auth.newjoy.ro", name: "Pocket ID" },
  mailServerHost: "stalwart.stalwart-mail.svc.cluster.local",
  networks: ["10.42.0.0/16", "fd00::/8"],
};
const options = PhpReader.options(webmailConfig(settings));

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("'", "\\", "$", "\n", "?>", "a") }),
);
const { value } = fc.letrec<{ value: PhpValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    fc.integer(),
    fc.boolean(),
    text.map((variable) => new FromEnvironment(variable)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe("PHP values", () => {
  it("PHP values reach PHP as they were written, whatever characters they hold", () => {
    fc.assert(fc.property(value, (v) => expect(PhpReader.read(php(v))).toEqual(v)));
  });
});

describe("the webmail's configuration", () => {
  it("the webmail's configuration sets only options that Roundcube 1.7 and the enabled plugins have", () => {
    const plugins = options.get("plugins") as (keyof typeof known.plugins)[];
    const allowed = new Set([...known.options, ...plugins.flatMap((plugin) => known.plugins[plugin])]);
    expect([...options.keys()].filter((name) => !allowed.has(name))).toEqual([]);
  });

  it("the webmail's configuration enables only plugins that Roundcube 1.7 ships", () => {
    expect(Object.keys(known.plugins)).toEqual(expect.arrayContaining(options.get("plugins") as string[]));
  });

  it("the webmail's configuration keeps every configured text unchanged, whatever characters it holds", () => {
    fc.assert(
      fc.property(text, text, text, text, text, fc.array(text), (domain, mail, webmail, issuer, name, networks) => {
        const odd = { ...settings, domain, hosts: { mail, webmail }, identity: { issuer, name }, networks };
        expect(Object.fromEntries(PhpReader.options(webmailConfig(odd)))).toEqual(webmailOptions(odd));
      }),
    );
  });

  const tls = { ssl: { peer_name: "mail.newjoy.ro", verify_peer: true } };
  const issuer = "https://auth.newjoy.ro";
  const server = "stalwart.stalwart-mail.svc.cluster.local";
  /** Every option, the one value that keeps its promise, and the promise. */
  const promises: Record<string, [PhpValue, string]> = {
    oauth_provider: ["generic", "users sign in at the identity provider"],
    oauth_provider_name: ["Pocket ID", "the sign-in button names the provider as users know it"],
    oauth_client_id: [new FromEnvironment("OIDC_CLIENT_ID"), "the provider knows who asks"],
    oauth_client_secret: [new FromEnvironment("OIDC_CLIENT_SECRET"), "the client's secret is in no file"],
    oauth_auth_uri: [`${issuer}/authorize`, "users are sent to the provider's page"],
    oauth_token_uri: [`${issuer}/api/oidc/token`, "no password form while the provider cannot be asked for its pages"],
    oauth_identity_uri: [`${issuer}/api/oidc/userinfo`, "the user's address is asked for: the token has none"],
    oauth_scope: [
      "openid email profile offline_access",
      "the mail server gets an address, the session a refresh token",
    ],
    oauth_pkce: ["S256", "a stolen code is worth nothing"],
    oauth_auth_type: ["XOAUTH2", "the mail server is spoken to in words that it knows"],
    oauth_identity_fields: [["email"], "the mail address is the user's name"],
    oauth_cache: ["db", "the provider is not asked for its keys at every refresh"],
    oauth_timeout: [5, "a slow provider does not keep the webmail's workers"],
    oauth_verify_peer: [true, "nobody can stand in for the provider"],
    oauth_login_redirect: [true, "there is no password form"],
    imap_host: [`ssl://${server}:993`, "mail is read inside the cluster, encrypted"],
    imap_conn_options: [tls, "nobody can stand in for the mail server when mail is read"],
    smtp_host: [`ssl://${server}:465`, "mail is sent inside the cluster, encrypted"],
    smtp_conn_options: [tls, "nobody can stand in for the mail server when mail is sent"],
    smtp_user: ["%u", "mail is sent as the user who signed in"],
    smtp_pass: ["%p", "mail is sent with the user's token"],
    managesieve_host: [`tls://${server}:4190`, "filters are kept at the mail server, over an encrypted connection"],
    managesieve_conn_options: [tls, "nobody can stand in for the mail server when filters are kept"],
    drafts_mbox: ["Drafts", "drafts lie in the folder that every mail program uses"],
    sent_mbox: ["Sent Items", "sent mail lies in the folder that every mail program uses"],
    trash_mbox: ["Deleted Items", "deleted mail lies in the folder that every mail program uses"],
    junk_mbox: ["Junk Mail", "junk lies in the folder that every mail program uses"],
    archive_mbox: ["Archive", "archived mail lies in a folder of that name"],
    request_url: ["https://webmail.newjoy.ro/", "the redirect URI is the registered one, without the pod's port"],
    use_https: [true, "cookies go over HTTPS only"],
    proxy_whitelist: [["10.42.0.0/16", "fd00::/8"], "the ingress controller is trusted to set client addresses"],
    trusted_host_patterns: [["^webmail\\.newjoy\\.ro$"], "a request for another host name gets nowhere"],
    session_storage: ["homelab", "requests of one session refresh its token once"],
    session_lifetime: [1440, "users stay signed in through a day without a click"],
    session_samesite: ["Lax", "cookies stay away from other sites' forms, and survive the way back from the provider"],
    ip_check: [false, "a phone stays signed in when it changes networks"],
    x_frame_options: ["sameorigin", "no other site can frame the webmail"],
    des_key: [new FromEnvironment("WEBMAIL_DES_KEY"), "the key of users' sessions is in no file"],
    enable_installer: [false, "nobody can set the webmail up anew"],
    product_name: ["newjoy.ro Mail", "pages carry the household's name"],
    skin: ["elastic", "pages fit a phone"],
    mail_domain: ["newjoy.ro", "a name without a domain is one of ours"],
    plugins: [
      ["archive", "zipdownload", "markasjunk", "managesieve", "newmail_notifier"],
      "archive, download, junk, filters and the notice of new mail are there",
    ],
    managesieve_vacation: [1, "the out-of-office notice has a page of its own"],
    newmail_notifier_basic: [true, "the tab's title tells of new mail"],
    identities_level: [1, "users change their names and signatures, and not their address"],
    show_images: [0, "pictures from elsewhere are not loaded before the user asks"],
    max_message_size: ["40M", "what is too large is refused by the webmail, in words"],
    db_dsnw: [
      "sqlite:////var/roundcube/db/sqlite.db?mode=0600",
      "the database is in the claim, readable by nobody else",
    ],
    log_driver: ["stdout", "the log is the pod's log"],
    log_logins: [true, "the log tells who signed in and who could not"],
  };

  it.each(Object.entries(promises).map(([name, [value, promise]]) => [name, promise, value] as const))(
    "the webmail's configuration sets %s so that %s",
    (name, _promise, expected) => {
      expect(options.get(name)).toStrictEqual(expected);
    },
  );

  it("the webmail's configuration sets no option without a documented reason", () => {
    expect([...options.keys()].sort()).toEqual(Object.keys(promises).sort());
    expect(Object.keys(webmailOptions(settings)).sort()).toEqual(Object.keys(promises).sort());
  });

  it("the webmail answers to its own host name only, and to no similar name", () => {
    const [pattern] = options.get("trusted_host_patterns") as string[];
    const trusted = new RegExp(pattern as string);
    expect(trusted.test("webmail.newjoy.ro")).toBe(true);
    for (const other of ["webmailXnewjoy.ro", "evil-webmail.newjoy.ro", "webmail.newjoy.ro.evil.example"])
      expect(trusted.test(other)).toBe(false);
  });

  it("a user returns to the webmail's public address after signing in and out", () => {
    expect(webmailRedirectUri("webmail.newjoy.ro")).toBe("https://webmail.newjoy.ro/index.php/login/oauth");
    expect(webmailLogoutUri("webmail.newjoy.ro")).toBe("https://webmail.newjoy.ro/?_task=logout");
  });

  it("the webmail's pages have security headers, and PHP without a web server runs no code of the web pages", () => {
    const [before, headers] = webmailConfig(settings).split("if (PHP_SAPI === 'cli') {\n    return;\n}");
    expect(before).not.toMatch(/header\(|class |register_hook/);
    expect(headers).toContain("header('Content-Security-Policy: default-src \\'self\\';");
    expect(headers).toContain("frame-ancestors \\'self\\'");
    expect(headers).toContain("header('X-Content-Type-Options: nosniff');");
    expect(headers).toContain("header('Referrer-Policy: same-origin');");
    expect(headers).toContain("header('Strict-Transport-Security: max-age=31536000');");
    expect(phpIni(sizeLimits(settings.largestMessage))).toMatch(/^expose_php = Off$/m); // no version of PHP in a header
  });

  it("the webmail's configuration is one PHP file that has the session lock, the bounded fetch, the senders and the reasons of refusals", () => {
    const file = webmailConfig(settings);
    expect(file.startsWith("<?php\n")).toBe(true);
    for (const part of [
      "final class homelab_issuer",
      "final class rcube_session_homelab",
      "class homelab_identities",
      "register_hook('login_after'",
      "register_hook('login_failed'",
      "homelab_issuer::discover(",
    ]) {
      expect(file.split(part)).toHaveLength(2);
    }
  });

  it("the webmail checks the mail server and the identity provider with the stack's own file of CAs", () => {
    const own = PhpReader.options(webmailConfig({ ...settings, caFile: "/trust/ca.pem" }));
    expect(own.get("oauth_verify_peer")).toBe("/trust/ca.pem");
    for (const name of ["imap_conn_options", "smtp_conn_options", "managesieve_conn_options"]) {
      expect(own.get(name)).toStrictEqual({ ssl: { ...tls.ssl, cafile: "/trust/ca.pem" } });
    }
  });

  it("the webmail requests the identity provider's pages only by the bounded fetch", () => {
    expect([...options.keys()]).not.toContain("oauth_config_uri"); // Roundcube's own has no bounds
    expect(webmailConfig(settings)).toContain(
      `homelab_issuer::discover('${issuer}/.well-known/openid-configuration', true,`,
    );
    const own = webmailConfig({ ...settings, caFile: "/trust/ca.pem" });
    expect(own).toContain(`homelab_issuer::discover('${issuer}/.well-known/openid-configuration', '/trust/ca.pem',`);
  });
});

describe("the web server's log", () => {
  it("the web server's log keeps neither the authorization code nor where a request came from", () => {
    const formats = apacheConf()
      .split("\n")
      .filter((line) => line.startsWith("LogFormat"));
    expect(formats.map((line) => /" (\w+)$/.exec(line)?.[1])).toEqual(["vhost_combined", "combined", "common"]);
    expect(apacheConf()).not.toMatch(/%r|%q|%\{Referer\}|%!/i);
    // Apache's own format of errors ends with the referrer.
    expect(apacheConf()).toMatch(/^ErrorLogFormat ".*%M"$/m);
  });
});

describe("size limits", () => {
  const mebibytes = (size: string): number => Number(/^(\d+)M$/i.exec(size)?.[1]);
  const limits = sizeLimits(settings.largestMessage);
  const ini = Object.fromEntries(
    phpIni(limits)
      .trim()
      .split("\n")
      .map((line) => line.split(" = ") as [string, string]),
  );

  it("size limits let a 20 MB attachment through, and agree from Roundcube to the ingress", () => {
    const upload = mebibytes(ini.upload_max_filesize ?? "");
    const request = mebibytes(ini.post_max_size ?? "");
    expect(upload).toBeGreaterThanOrEqual(20);
    expect(request).toBeGreaterThan(upload);
    expect(limits.webmailBody).toBeGreaterThan(request);
    expect(mebibytes(options.get("max_message_size") as string)).toBeGreaterThanOrEqual((upload * 4) / 3);
  });

  it("size limits leave room in PHP's memory for a message in several copies", () => {
    expect(mebibytes(ini.memory_limit ?? "")).toBeGreaterThanOrEqual(6 * limits.message);
  });
});
