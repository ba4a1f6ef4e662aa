import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { callbacks, clientId } from "../../rig/environment/names";
import { Browser, issuer, type Reply, start } from "../../support/fakeIssuer";

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

describe("the tokens of the fake of Pocket ID", () => {
  let child: ChildProcess | undefined;
  afterEach(async () => {
    if (child?.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
  });

  /** kinga, signed in with an address as somebody typed it, and what a client can ask for then. */
  async function signedIn() {
    const { base, port, options } = await issuer();
    const [user] = options.users;
    child = await start({ ...options, users: [{ ...user, email: "kinga@Family.TEST" }] }, port);
    const browser = new Browser(base);
    const { location } = await browser.signIn();
    const token = (form: Record<string, string>): Promise<Reply> =>
      browser.ask("/api/oidc/token", { client_id: clientId, ...form });
    const code = new URL(location).searchParams.get("code") ?? "";
    const first = await token({
      grant_type: "authorization_code",
      code,
      redirect_uri: callbacks.callbackURLs[0],
      client_secret: "a public client has none",
    });
    const refresh = (refresh_token: string) => token({ grant_type: "refresh_token", refresh_token });
    const userinfo = (access: string) => browser.ask("/api/oidc/userinfo", undefined, access);
    return { base, first, refresh, userinfo };
  }

  test("the fake of Pocket ID ignores a public client's secret, and gives the address as it was typed in the ID token and at userinfo alone", async () => {
    const { base, first, userinfo } = await signedIn();
    expect(first.status).toBe(200);
    const { access_token: access, id_token: id } = JSON.parse(first.text);
    const { aud, iat, exp, ...claims } = claimsOf(access);
    expect({ aud, seconds: exp - iat }).toEqual({ aud: [clientId, base], seconds: 3600 });
    for (const absent of ["email", "email_verified", "preferred_username", "name"]) {
      expect(claims).not.toHaveProperty(absent);
    }
    const address = { sub: claims.sub, email: "kinga@Family.TEST", preferred_username: "kinga" };
    expect(claimsOf(id)).toMatchObject(address);
    expect(JSON.parse((await userinfo(access)).text)).toMatchObject(address);
  });

  test("the fake of Pocket ID ends an access token when its refresh token is used, and everything of that sign-in when it is used twice", async () => {
    const { first, refresh, userinfo } = await signedIn();
    const old = JSON.parse(first.text);
    const renewed = await refresh(old.refresh_token);
    const { access_token: access, refresh_token: next } = JSON.parse(renewed.text);
    expect(next).not.toBe(old.refresh_token);
    expect([(await userinfo(old.access_token)).status, (await userinfo(access)).status]).toEqual([401, 200]);
    expect((await refresh(old.refresh_token)).status).toBe(400);
    expect([(await userinfo(access)).status, (await refresh(next)).status]).toEqual([401, 400]);
  });

  test("the fake of Pocket ID begins no sign-in whose state has fewer than eight characters", async () => {
    const { base, port, options } = await issuer();
    child = await start(options, port);
    const browser = new Browser(base);
    expect((await browser.begin({ state: "1234567" })).status).toBe(400);
    expect((await browser.begin({ state: "12345678" })).location).toContain("/interaction/");
  });
});
