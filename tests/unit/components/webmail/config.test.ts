import fc from "fast-check";
import {
  type WebmailSettings,
  webmailConfig,
  webmailLogoutUri,
  webmailOptions,
  webmailRedirectUri,
} from "../../../../components/webmail/config";
import { limits, phpIni } from "../../../../components/webmail/limits";
import { FromEnvironment, type PhpValue, php } from "../../../../components/webmail/php";
import { PhpReader } from "./php-reader";
import known from "./roundcube-1.7-options.json";

const settings: WebmailSettings = {
  domain: "newjoy.ro",
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
  it("reach PHP as they were written, whatever characters they hold", () => {
    fc.assert(fc.property(value, (v) => expect(PhpReader.read(php(v))).toEqual(v)));
  });
});

describe("the webmail's configuration", () => {
  it("sets only options that Roundcube 1.7 and the enabled plugins know", () => {
    const plugins = options.get("plugins") as (keyof typeof known.plugins)[];
    const allowed = new Set([...known.options, ...plugins.flatMap((plugin) => known.plugins[plugin])]);
    expect([...options.keys()].filter((name) => !allowed.has(name))).toEqual([]);
  });

  it("enables only plugins that Roundcube 1.7 ships", () => {
    expect(Object.keys(known.plugins)).toEqual(expect.arrayContaining(options.get("plugins") as string[]));
  });

  it("carries every configured text unharmed, whatever characters it holds", () => {
    fc.assert(
      fc.property(text, text, text, text, text, fc.array(text), (domain, mail, webmail, issuer, name, networks) => {
        const odd = { ...settings, domain, hosts: { mail, webmail }, identity: { issuer, name }, networks };
        expect(Object.fromEntries(PhpReader.options(webmailConfig(odd)))).toEqual(webmailOptions(odd));
      }),
    );
  });

  it("takes the session key and the client's credentials from the environment, and nothing else", () => {
    const secrets = [...options].filter(([, option]) => option instanceof FromEnvironment);
    expect(Object.fromEntries(secrets)).toEqual({
      des_key: new FromEnvironment("WEBMAIL_DES_KEY"),
      oauth_client_id: new FromEnvironment("OIDC_CLIENT_ID"),
      oauth_client_secret: new FromEnvironment("OIDC_CLIENT_SECRET"),
    });
  });

  it("signs people in at the provider, with PKCE, a refresh token, and the mail address as their name", () => {
    expect(Object.fromEntries([...options].filter(([name]) => name.startsWith("oauth_")))).toEqual({
      oauth_provider: "generic",
      oauth_provider_name: "Pocket ID",
      oauth_client_id: new FromEnvironment("OIDC_CLIENT_ID"),
      oauth_client_secret: new FromEnvironment("OIDC_CLIENT_SECRET"),
      oauth_config_uri: "https://auth.newjoy.ro/.well-known/openid-configuration",
      oauth_auth_uri: "https://auth.newjoy.ro/authorize",
      oauth_token_uri: "https://auth.newjoy.ro/api/oidc/token",
      oauth_identity_uri: "https://auth.newjoy.ro/api/oidc/userinfo",
      oauth_scope: "openid email profile offline_access",
      oauth_pkce: "S256",
      oauth_auth_type: "XOAUTH2",
      oauth_identity_fields: ["email"],
      oauth_cache: "db",
      oauth_verify_peer: true,
      oauth_login_redirect: true,
    });
  });

  it("talks to the mail server under its cluster name and holds it to its public certificate", () => {
    const tls = { ssl: { peer_name: "mail.newjoy.ro", verify_peer: true } };
    expect(Object.fromEntries(options)).toMatchObject({
      imap_host: "ssl://stalwart.stalwart-mail.svc.cluster.local:993",
      imap_conn_options: tls,
      smtp_host: "ssl://stalwart.stalwart-mail.svc.cluster.local:465",
      smtp_conn_options: tls,
      smtp_user: "%u",
      smtp_pass: "%p",
      managesieve_host: "tls://stalwart.stalwart-mail.svc.cluster.local:4190",
      managesieve_conn_options: tls,
    });
  });

  it("files sent, deleted and junk mail in the folders that Stalwart makes", () => {
    expect(Object.fromEntries(options)).toMatchObject({
      drafts_mbox: "Drafts",
      sent_mbox: "Sent Items",
      trash_mbox: "Deleted Items",
      junk_mbox: "Junk Mail",
    });
  });

  it("answers to its own host name only, and to no look-alike", () => {
    const [pattern] = options.get("trusted_host_patterns") as string[];
    const trusted = new RegExp(pattern as string);
    expect(trusted.test("webmail.newjoy.ro")).toBe(true);
    for (const other of ["webmailXnewjoy.ro", "evil-webmail.newjoy.ro", "webmail.newjoy.ro.evil.example"])
      expect(trusted.test(other)).toBe(false);
  });

  it("builds its links, and so the redirect URI, from its public address", () => {
    expect(options.get("request_url")).toBe("https://webmail.newjoy.ro/");
    expect(webmailRedirectUri("webmail.newjoy.ro")).toBe("https://webmail.newjoy.ro/index.php/login/oauth");
    expect(webmailLogoutUri("webmail.newjoy.ro")).toBe("https://webmail.newjoy.ro/?_task=logout");
  });

  it("keeps cookies to HTTPS and to its own pages, frames to itself, and remote pictures out until asked for", () => {
    expect(Object.fromEntries(options)).toMatchObject({
      use_https: true,
      session_samesite: "Lax",
      x_frame_options: "sameorigin",
      show_images: 0,
      enable_installer: false,
    });
  });

  it("keeps a person signed in over a phone's change of network and through a working day", () => {
    expect(options.get("ip_check")).toBe(false);
    expect(options.get("session_lifetime")).toBeGreaterThanOrEqual(12 * 60);
  });

  it("lets people change their names and signatures, and not their address", () => {
    expect(options.get("identities_level")).toBe(1);
    expect(options.get("mail_domain")).toBe("newjoy.ro");
  });

  it("shows people's own network addresses in its log, and keeps that log out of files", () => {
    expect(Object.fromEntries(options)).toMatchObject({
      proxy_whitelist: ["10.42.0.0/16", "fd00::/8"],
      log_driver: "stdout",
      log_logins: true,
    });
  });

  it("sends a content policy on pages, and none when PHP runs without a web server", () => {
    const [, headers] = webmailConfig(settings).split("if (PHP_SAPI !== 'cli') {");
    expect(headers).toContain("header('Content-Security-Policy: default-src \\'self\\';");
    expect(headers).toContain("frame-ancestors \\'self\\'");
    expect(headers).toContain("header('X-Content-Type-Options: nosniff');");
    expect(headers).toContain("header('Strict-Transport-Security: max-age=31536000');");
  });

  it("keeps its database in the claim, readable by nobody else", () => {
    expect(options.get("db_dsnw")).toBe("sqlite:////var/roundcube/db/sqlite.db?mode=0600");
  });
});

describe("size limits", () => {
  const mebibytes = (size: string): number => Number(/^(\d+)M$/i.exec(size)?.[1]);
  const ini = Object.fromEntries(
    phpIni()
      .trim()
      .split("\n")
      .map((line) => line.split(" = ") as [string, string]),
  );

  it("let a 20 MB attachment through, and agree from Roundcube to the ingress", () => {
    const upload = mebibytes(ini.upload_max_filesize ?? "");
    const request = mebibytes(ini.post_max_size ?? "");
    expect(upload).toBeGreaterThanOrEqual(20);
    expect(request).toBeGreaterThan(upload);
    expect(mebibytes(limits.ingress)).toBeGreaterThan(request);
    expect(mebibytes(options.get("max_message_size") as string)).toBeGreaterThanOrEqual((upload * 4) / 3);
  });

  it("leave room in PHP's memory for a message in several copies", () => {
    expect(mebibytes(ini.memory_limit ?? "")).toBeGreaterThanOrEqual(6 * mebibytes(limits.message));
  });
});
