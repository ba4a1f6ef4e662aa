import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type WebmailSettings, webmailConfig, webmailOptions } from "../../components/webmail/config";
import { FromEnvironment, type PhpValue } from "../../components/webmail/php";
import { isDebian, roundcube } from "./support/image";

const folder = mkdtempSync(join(tmpdir(), "webmail-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings: WebmailSettings = {
  largestMessage: 40,
  domain: "newjoy.ro",
  domains: ["newjoy.ro"],
  hosts: { mail: "mail.newjoy.ro", webmail: "webmail.newjoy.ro" },
  identity: { issuer: "https://auth.newjoy.ro", name: "Pocket ID" },
  mailServerHost: "stalwart.stalwart-mail.svc.cluster.local",
  networks: ["10.42.0.0/16"],
};

describe("the configuration, read by PHP itself", () => {
  const environment = { WEBMAIL_DES_KEY: "d'e$s", OIDC_CLIENT_ID: 'i"d', OIDC_CLIENT_SECRET: "s\\e'c\nret" };

  /** What a value is once PHP has read it. */
  const known = (value: PhpValue): unknown =>
    value instanceof FromEnvironment ? environment[value.variable as keyof typeof environment] : value;

  it("PHP reads the configuration as it was written, whatever characters it holds", () => {
    const file = join(folder, "config.php");
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("'", "\\", "$", "\n", "?>") }),
    );
    fc.assert(
      fc.property(text, text, text, text, fc.array(text, { minLength: 1 }), (domain, mail, issuer, name, networks) => {
        const odd = { ...settings, domain, hosts: { mail, webmail: "w" }, identity: { issuer, name }, networks };
        writeFileSync(file, webmailConfig(odd));
        const script = `include '${file}'; echo json_encode($config, JSON_THROW_ON_ERROR);`;
        const read = execFileSync("php", ["-r", script], { env: { ...process.env, ...environment } }).toString();
        const written = Object.entries(webmailOptions(odd)).map(([option, value]) => [option, known(value)]);
        expect(JSON.parse(read)).toEqual(Object.fromEntries(written));
      }),
      { numRuns: 40 },
    );
  });
});

describe("this Roundcube", () => {
  it(`knows every option, or is Debian's 1.6, which cannot exercise those that came with 1.7`, () => {
    const files = ["config/defaults.inc.php"];
    for (const plugin of readdirSync(join(roundcube, "plugins"))) files.push(`plugins/${plugin}/config.inc.php.dist`);
    const defaults = files.map((file) => {
      try {
        return readFileSync(join(roundcube, file), "utf8");
      } catch {
        return ""; // a plugin without options
      }
    });
    const unknown = Object.keys(webmailOptions(settings)).filter(
      (name) => name !== "archive_mbox" && !defaults.some((text) => text.includes(`$config['${name}']`)),
    );
    const since17 = ["oauth_pkce", "oauth_auth_type", "oauth_cache", "oauth_timeout", "request_url"];
    expect(unknown.sort()).toEqual(isDebian ? since17.sort() : []);
  });
});
