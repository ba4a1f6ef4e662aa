import { responsePhp } from "../../../../components/webmail/response";
import { itInPhp, phpRequests } from "./phpRequests";

const { request, noted, leave } = phpRequests();
const identity = { issuer: "https://auth.newjoy.ro", name: "Pocket <ID>" };
const code = responsePhp({ productName: "newjoy.ro Mail", identity });
const config = "$config = ['oauth_token_uri' => 'default', 'skin' => 'elastic'];";
const signedIn = "$_COOKIE['roundcube_sessauth'] = 'x';";
const visit = (before = "") => request("issuer.php", `${before} ${config} ${code} echo json_encode($config);`);
const AWAY = "Signing in is not possible right now";

describe("a page of the webmail", () => {
  itInPhp("a page of the webmail has the issuer's endpoints in addition to the configuration", async () => {
    expect(JSON.parse(await visit())).toEqual({ oauth_token_uri: "t", skin: "elastic", oauth_issuer: "i" });
  });

  itInPhp("while the issuer is unreachable, a visitor gets a page that names it and tries again", async () => {
    leave("away");
    const status = "register_shutdown_function(function () { echo http_response_code(); });";
    const page = await visit(status);
    expect(page).toContain(AWAY);
    expect(page).toContain("Pocket &#60;ID&#62; at https://auth.newjoy.ro");
    expect(page).toMatch(/503$/);
    expect(page).not.toContain("elastic");
  });

  itInPhp(
    "while the issuer is unreachable, users who are signed in read on, and its known document is not fetched again",
    async () => {
      leave("away");
      expect(await visit()).toContain(AWAY);
      expect(JSON.parse(await visit(signedIn))).toEqual({ oauth_token_uri: "default", skin: "elastic" });
      leave(
        "homelab-mail-issuer.json",
        JSON.stringify({ at: 1, answers: true, document: { token_endpoint: "known" } }),
      );
      const before = noted("requests");
      expect(JSON.parse(await visit(signedIn))).toEqual({ oauth_token_uri: "known", skin: "elastic" });
      expect(noted("requests")).toBe(before);
    },
  );

  it("the content policy of the webmail leaves no way for pages of others, plug-ins and foreign forms", () => {
    const [policy = ""] = /Content-Security-Policy: [^\n]*/.exec(code.replaceAll("\\'", "'")) ?? [];
    for (const directive of [
      "default-src 'self'",
      "object-src 'none'",
      "base-uri 'self'",
      "form-action 'self'",
      "frame-ancestors 'self'",
      "frame-src 'self' blob:",
    ]) {
      expect(policy).toMatch(new RegExp(`[:;] ${directive}(;|')`));
    }
    expect(policy).not.toContain("*");
  });
});
