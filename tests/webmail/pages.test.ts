import { mkdirSync, mkdtempSync, statSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addresses, hosts } from "./support/addresses";
import { browserFor, desktop, phone, WebmailUser, webmail } from "./support/browser";
import { Harness } from "./support/harness";
import { sampleMail } from "./support/sampleMail";

const harness = new Harness();
const browser = browserFor(harness);

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly cookies: readonly string[];
}

const ask = (path: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { host: hosts.webmail, path, ca: harness.ca, agent: false as const };
    const call = request(options, (answer) => {
      answer.resume();
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers as Record<string, string>,
        cookies: answer.headers["set-cookie"] ?? [],
      });
    });
    call.on("error", reject);
    call.end();
  });

describe("every page", () => {
  it("every page has a content policy, cannot be framed by others, is not sniffed and insists on HTTPS", async () => {
    const { headers } = await ask("/?_task=login");
    expect(headers["content-security-policy"]).toMatch(/default-src 'self'.*object-src 'none'.*frame-ancestors 'self'/);
    expect(headers["x-frame-options"]?.toLowerCase()).toBe("sameorigin");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(headers["referrer-policy"]).toBe("same-origin");
    expect(headers["x-powered-by"]).toBeUndefined();
  });

  it("every page sends cookies that only HTTPS and only this site's pages see", async () => {
    const { cookies } = await ask("/");
    expect(cookies).not.toEqual([]);
    for (const cookie of cookies) expect(cookie).toMatch(/(?=.*; secure)(?=.*; HttpOnly)(?=.*; SameSite=Lax)/i);
  });

  it("a signed-in user's cookies are sent the same way", async () => {
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
    await kinga.waitForInbox();
    const cookies = await kinga.context.cookies(webmail);
    expect(cookies.map((c: { name: string }) => c.name).sort()).toEqual(["roundcube_sessauth", "roundcube_sessid"]);
    for (const cookie of cookies) expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: "Lax" });
    await kinga.close();
  });

  it("a user who closed the browser stays signed in for a day, without the provider, until they sign out", async () => {
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
    await kinga.waitForInbox();
    const kept = (await kinga.context.cookies(webmail)).filter((c: { expires: number }) => c.expires > 0);
    const day = Date.now() / 1000 + 86_400;
    for (const { expires } of kept) expect(Math.abs(expires - day)).toBeLessThan(3600);
    await kinga.close();
    const before = await harness.providerState();
    const again = await WebmailUser.inNewBrowser(browser(), "kinga");
    await again.context.addCookies(kept);
    await again.page.goto(webmail);
    await again.waitForInbox();
    expect((await harness.providerState()).authorize).toBe(before.authorize);
    await again.signOut();
    expect((await again.context.cookies(webmail)).map((c: { name: string }) => c.name)).not.toContain(
      "roundcube_sessauth",
    );
    await again.close();
  });

  it("every page leads to the identity provider, with the registered redirect URI", async () => {
    const { headers, status } = await ask("/");
    expect(status).toBe(302);
    const target = new URL(headers.location ?? "");
    expect(`${target.origin}${target.pathname}`).toBe(`https://${hosts.issuer}/authorize`);
    expect(target.searchParams.get("redirect_uri")).toBe("https://webmail.newjoy.ro/index.php/login/oauth");
    expect(target.searchParams.get("client_id")).toBe("stalwart-webui");
    expect(target.searchParams.get("scope")).toBe("openid email profile offline_access");
  });
});

describe("a user's network address", () => {
  /** The address that the webmail keeps for a visitor who says to come from 203.0.113.9. */
  const taken = (localAddress: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const headers = { host: hosts.webmail, "x-forwarded-for": "203.0.113.9" };
      const call = httpRequest({ host: addresses.pod, port: 8000, localAddress, headers, agent: false }, (answer) => {
        answer.resume();
        answer.on("end", () => {
          const id = /roundcube_sessid=([^;]+)/.exec(String(answer.headers["set-cookie"]))?.[1] ?? "";
          resolve(harness.database("SELECT ip FROM session WHERE sess_id = ?", id)[0]?.ip);
        });
      });
      call.on("error", reject);
      call.end();
    });

  it("a user's network address comes from the ingress controller only, not from client headers", async () => {
    expect(await taken("127.0.0.1")).toBe("203.0.113.9");
    expect(await taken("127.0.0.77")).toBe("127.0.0.77");
  });
});

describe("the log", () => {
  it("the log tells who requested what, and contains no authorization code", async () => {
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
    await kinga.waitForInbox();
    await kinga.close();
    expect(harness.pod.log).toMatch(/"GET \/index\.php\/login\/oauth HTTP\/1\.1" 302 /);
    expect(harness.pod.log).not.toMatch(/[?&](code|state)=/);
  });
});

describe("the database", () => {
  it("the database can be read by the webmail's user only", () => {
    expect(statSync(harness.databaseFile()).mode & 0o077).toBe(0);
  });
});

describe("pictures for the README", () => {
  // They show the time of day, so the README's are only replaced when somebody asks for it.
  const folder = process.env.UPDATE_SCREENSHOTS
    ? join(__dirname, "../../docs/screenshots")
    : mkdtempSync(join(tmpdir(), "pictures-"));
  mkdirSync(folder, { recursive: true });
  const samples: [string, string, string][] = [
    ["Anna Kovács", "Photos from the lake", "We finally sorted them. The one with the dog is the best."],
    ["City Library", "Your books are due on Friday", "Two books are due. You can extend them once."],
    ["Alpár Nagy", "Dinner on Sunday?", "Mum comes too. Shall we say one o'clock?"],
  ];
  const sizes = { desktop, phone };

  it.each(Object.entries(sizes))(
    "pictures for the README show sign-in, inbox and compose on a %s",
    async (size, viewport) => {
      if (size === "desktop")
        for (const [name, subject, body] of samples) {
          const from = `=?utf-8?B?${Buffer.from(name).toString("base64")}?= <friend@example.org>`;
          harness.mail.deliver("kinga", sampleMail(subject, { from, body }));
        }
      const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga", viewport)).signIn();
      await kinga.waitForInbox();
      const shoot = async ({ page }: WebmailUser, name: string) => {
        await page.waitForLoadState("networkidle");
        // Nothing may stick out sideways.
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
        expect(await page.title()).toContain("newjoy.ro Mail");
        await page.screenshot({ path: join(folder, `${name}-${size}.png`) });
      };
      await kinga.page.goto(`${webmail}?_task=mail&_mbox=INBOX`);
      await kinga.waitForMessage("Photos from the lake");
      await shoot(kinga, "inbox");
      await kinga.page.goto(`${webmail}?_task=mail&_action=compose`);
      await kinga.page.waitForSelector("#composebody");
      await kinga.page.fill("#compose-subject", "Dinner on Sunday");
      await kinga.page.fill("#composebody", "One o'clock is fine. I bring the cake.\n\nKinga");
      await shoot(kinga, "compose");
      await kinga.close();

      // The webmail's own sign-in page: what those see who come back without a mailbox.
      const guest = await (await WebmailUser.inNewBrowser(browser(), "guest", viewport)).signIn();
      await guest.page.waitForSelector("#rcmloginoauth");
      await guest.page.evaluate("document.querySelector('#messagestack').remove()");
      await shoot(guest, "sign-in");
      await guest.close();
    },
  );
});
