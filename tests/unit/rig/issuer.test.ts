import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { callbacks, testUser } from "../../rig/environment/names";
import { Browser, folder, issuer, type Reply, start } from "../../support/fakeIssuer";
import { Passkey } from "../../support/passkey";

const deviceToken = (stranger: Browser, device: string) =>
  stranger.ask("/api/oidc/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code: device,
    client_id: "stalwart-webui",
  });

describe("the fake of Pocket ID that signs users in", () => {
  let child: ChildProcess | undefined;
  afterEach(async () => {
    if (child?.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
  });

  async function attack(requiresReauthentication: boolean) {
    const { base, port, options } = await issuer({ requiresReauthentication });
    child = await start(options, port);
    const [stranger, kinga] = [new Browser(base), new Browser(base)];
    const code = JSON.parse(
      (await stranger.ask("/api/oidc/device/authorize", { client_id: "stalwart-webui", scope: "openid email" })).text,
    );
    const link = new URL(code.verification_uri_complete);
    const signedOut = await kinga.ask(link.pathname + link.search);
    expect((await kinga.signIn()).location).toContain("code=");
    const opened = await kinga.ask(link.pathname + link.search);
    const again = await kinga.ask(link.pathname + link.search);
    const token = await deviceToken(stranger, code.device_code);
    return { statuses: [signedOut.status, opened.status, again.status], token };
  }

  test("the fake of Pocket ID gives a stranger the mail of whoever opens the link of a device sign-in while signed in", async () => {
    const { statuses, token } = await attack(false);
    expect(statuses).toEqual([401, 204, 400]);
    expect(token.status).toBe(200);
    const claims = JSON.parse(Buffer.from(JSON.parse(token.text).access_token.split(".")[1], "base64url").toString());
    expect(claims.aud).toContain("stalwart-webui");
    expect(claims).not.toHaveProperty("email");
  });

  test("the fake of Pocket ID approves no device without a passkey where the client asks for re-authentication", async () => {
    const { statuses, token } = await attack(true);
    expect(statuses).toEqual([401, 401, 401]);
    expect([token.status, JSON.parse(token.text).error]).toEqual([400, "authorization_pending"]);
  });

  describe("where the client asks for re-authentication", () => {
    const kinga = new Passkey();
    const challengeOf = ({ text }: Reply): string => /challenge: bytes\("([^"]+)"\)/.exec(text)?.[1] ?? "";

    /** A fake whose kinga has a passkey, somebody who says they are kinga, and what they are asked. */
    async function asked() {
      const { base, port, options } = await issuer();
      const passkeys = { [options.users[0].sub]: kinga.registered };
      child = await start({ ...options, passkeys }, port);
      const browser = new Browser(base);
      const { location } = await browser.begin();
      return { base, browser, location, challenge: challengeOf(await browser.ask(location, { name: testUser.name })) };
    }

    test("the fake of Pocket ID signs in nobody without a passkey, with another's, or with an answer that was made for something else", async () => {
      const { base, browser, location } = await asked();
      const wrong: ((challenge: string) => Record<string, string>)[] = [
        () => ({}),
        () => ({ name: testUser.name }),
        (challenge) => new Passkey().answer(challenge, base),
        () => kinga.answer("another-challenge", base),
        (challenge) => kinga.answer(challenge, "https://attacker.example", "localhost"),
        (challenge) => kinga.answer(challenge, base, "attacker.example"),
        (challenge) => kinga.answer(challenge, base, "localhost", 0b001), // touched, but not by somebody it knows
      ];
      for (const answer of wrong) {
        const challenge = challengeOf(await browser.ask(location));
        expect(challenge).not.toBe("");
        expect((await browser.ask(location, answer(challenge))).location).toBe("");
      }
    });

    test("the fake of Pocket ID takes a passkey once, and asks for it again at the next sign-in", async () => {
      const { base, browser, location, challenge } = await asked();
      const resumed = await browser.ask(location, kinga.answer(challenge, base));
      expect((await browser.ask(resumed.location)).location).toContain("code=");
      const again = await browser.begin();
      expect(again.location).toContain("/interaction/");
      const next = challengeOf(await browser.ask(again.location));
      expect((await browser.ask(again.location, kinga.answer(challenge, base))).status).toBe(401);
      expect((await browser.ask(again.location, kinga.answer(next, base))).status).toBe(401); // its one answer was given
    });
  });

  test("the fake of Pocket ID compares redirect addresses to the slash, and reports what approving a device requires", async () => {
    const { base, port, options } = await issuer({ requiresReauthentication: true });
    child = await start(options, port);
    const browser = new Browser(base);
    expect((await browser.begin({ redirect_uri: `${callbacks.callbackURLs[0]}/` })).status).toBe(400);
    expect((await browser.begin()).location).toContain("/interaction/");
    const meta = await browser.ask("/api/oidc/clients/stalwart-webui/meta");
    expect(JSON.parse(meta.text)).toMatchObject({ requiresReauthentication: true });
  });

  test("the fake of Pocket ID does not start again while the lock of one that was killed lasts, and does at once after SIGTERM", async () => {
    const { port, options } = await issuer();
    const locked = { ...options, lock: { file: join(folder, "lock"), seconds: 5 } };
    child = await start(locked, port);
    child.kill("SIGTERM");
    await once(child, "exit");
    child = await start(locked, port);
    child.kill("SIGKILL");
    await once(child, "exit");
    await expect(start(locked, port)).rejects.toThrow("ended at its start");
    await sleep(6000);
    child = await start(locked, port);
  });
});
