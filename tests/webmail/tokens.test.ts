import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/wait";
import { hosts } from "./support/addresses";
import { browserFor, WebmailUser, webmail } from "./support/browser";
import { Harness, users } from "./support/harness";
import { imapLogin } from "./support/imap";
import { sampleMail } from "./support/sampleMail";
import { SigningKey } from "./support/tokens";

const harness = new Harness();
const browser = browserFor(harness, () => {
  harness.mail.deliver("kinga", sampleMail("From before")); // an empty list does not fill itself
});
afterEach(() => harness.providerState({ reachable: true, refuseRefresh: false, accessTokenSeconds: 3600 }));

/** Signs somebody in whose token is dead by the time this returns. */
async function withExpiredToken(name: string): Promise<WebmailUser> {
  // Roundcube asks for a new one ten seconds before the end: until then everything of the sign-in is over, on a busy machine
  // too. Requests of one page that all renew would otherwise use the same refresh token, and it is good for one.
  const seconds = 30;
  await harness.providerState({ accessTokenSeconds: seconds });
  const user = await (await WebmailUser.inNewBrowser(browser(), name)).signIn();
  await user.waitForInbox();
  await harness.providerState({ accessTokenSeconds: 3600 });
  await sleep((seconds + 1) * 1000);
  return user;
}

describe("a token that expires while the page is open", () => {
  it("a token that expires while the page is open is replaced without the user noticing, for reading and for sending", async () => {
    const kinga = await withExpiredToken("kinga");
    const before = await harness.providerState();
    const navigations: string[] = [];
    kinga.page.on("request", (request: { isNavigationRequest(): boolean; url(): string }) => {
      if (request.isNavigationRequest()) navigations.push(request.url());
    });
    harness.mail.deliver("kinga", sampleMail("After the token's end"));
    await kinga.refreshList();
    await kinga.waitForMessage("After the token's end");
    expect(navigations).toEqual([]);
    await kinga.send("friend@example.org", "Sent with the new token", "Hello.");
    await eventually("the message", () =>
      harness.sink.deliveries.find((d) => d.message.includes("Sent with the new token")),
    );
    const after = await harness.providerState();
    expect(after.refresh).toBeGreaterThan(before.refresh);
    expect(after.authorize).toBe(before.authorize);
    expect(harness.tokenCheck.refusals).not.toContain("expired");
    await kinga.close();
  });

  it("a token that expires while the page is open and cannot be replaced asks the user to sign in once, without a loop or an error page", async () => {
    const kinga = await withExpiredToken("kinga");
    await harness.providerState({ refuseRefresh: true });
    await kinga.context.clearCookies({ domain: hosts.issuer });
    const before = await harness.providerState();
    const answers: number[] = [];
    kinga.page.on("response", (answer: { status(): number }) => answers.push(answer?.status()));
    // The request that finds the token dead ends the session; the one after it is sent to the provider.
    for (let n = 0; n < 2 && new URL(kinga.page.url()).host === hosts.webmail; n++) {
      await kinga.page.goto(webmail);
      await kinga.page.waitForLoadState("networkidle");
    }
    await kinga.fillSignInPage();
    await kinga.waitForInbox();
    expect((await harness.providerState()).authorize - before.authorize).toBe(1);
    expect(answers.filter((status) => status >= 500)).toEqual([]);
    await kinga.close();
  });

  it("a token that expires while the page is open and cannot be replaced takes that page to the sign-in", async () => {
    const kinga = await withExpiredToken("kinga");
    await harness.providerState({ refuseRefresh: true });
    await kinga.context.clearCookies({ domain: hosts.issuer });
    await kinga.refreshList(); // finds the token dead
    await kinga.refreshList();
    await kinga.page.waitForSelector("#rcmloginoauth, input[name=name]");
    await kinga.close();
  });
});

describe("while the provider is unreachable", () => {
  it("visitors are told in plain words that the identity provider is unreachable, and can sign in when it is back, with nothing restarted", async () => {
    await harness.providerState({ reachable: false });
    const kinga = await WebmailUser.inNewBrowser(browser(), "kinga");
    // An answer of the provider's counts for a few seconds, in which the browser is still sent there.
    const visit = () => kinga.page.goto(webmail).catch(() => undefined);
    await eventually("a page of the webmail's own", async () => (await visit())?.status() === 503, { every: 1000 });
    expect(await kinga.page.textContent("body")).toMatch(/Signing in is not possible right now.*Pocket ID/s);
    expect(await kinga.page.locator("input").count()).toBe(0);
    await harness.providerState({ reachable: true });
    await kinga.fillSignInPage(); // the page tries again by itself
    await kinga.waitForInbox();
    await kinga.close();
  });

  it("users who are signed in read on while the identity provider is unreachable", async () => {
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
    await kinga.waitForInbox();
    await harness.providerState({ reachable: false });
    // The mail server asks the provider for the address at each login, so this part is the webmail's only.
    expect((await kinga.page.goto(`${webmail}?_task=settings`))?.status()).toBe(200);
    await kinga.page.waitForSelector("#settings-menu");
    await harness.providerState({ reachable: true });
    await kinga.page.goto(webmail);
    await kinga.waitForInbox();
    await kinga.close();
  });

  it("users whose token expires while the identity provider is unreachable stay signed in", async () => {
    const kinga = await withExpiredToken("kinga");
    await harness.providerState({ reachable: false });
    const before = await harness.providerState();
    const answer = await kinga.page.goto(webmail);
    expect(new URL(kinga.page.url()).host).toBe(hosts.webmail);
    expect(answer?.status()).toBeLessThan(502);
    await harness.providerState({ reachable: true });
    await kinga.page.goto(webmail);
    await kinga.waitForInbox();
    expect((await harness.providerState()).authorize).toBe(before.authorize);
    await kinga.close();
  });
});

describe("the mail server", () => {
  const [kinga] = users;
  const issuer = `https://${hosts.issuer}`;
  const good = () => ({
    iss: issuer,
    aud: ["stalwart-webui", issuer],
    sub: kinga?.sub,
    scope: "openid email profile",
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 600,
  });
  const login = (token: string) => imapLogin(harness.ca, "kinga@newjoy.ro", token);

  it("the mail server accepts a token that the identity provider made for this client", async () => {
    expect(await login(harness.key.token(good()))).toMatch(/^OK/);
  });

  const stranger = new SigningKey("harness-key"); // says that it is the provider's
  const refused: [string, string, () => string][] = [
    ["another client's", "audience", () => harness.key.token({ ...good(), aud: ["other-app", issuer] })],
    ["a foreign issuer's", "issuer", () => harness.key.token({ ...good(), iss: "https://evil.example" })],
    ["an expired", "expired", () => harness.key.token({ ...good(), exp: Math.floor(Date.now() / 1000) - 5 })],
    ["a scopeless", "scope email", () => harness.key.token({ ...good(), scope: "openid profile" })],
    ["an unsigned", "algorithm", () => harness.key.token(good(), { alg: "none" })],
    ["a forged", "signature", () => stranger.token(good())],
  ];
  it.each(refused)("the mail server refuses %s token (%s)", async (_whose, reason, token) => {
    expect(await login(token())).toMatch(/^NO/);
    expect(harness.tokenCheck.refusals.at(-1)).toBe(reason);
  });
});
