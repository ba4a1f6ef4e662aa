import { Passkey } from "../support/passkey";
import { eventually } from "../support/wait";
import { hosts } from "./support/addresses";
import { browserFor, WebmailUser, webmail } from "./support/browser";
import { Harness, users } from "./support/harness";
import { isDebian } from "./support/image";
import { tokenCheckAddress } from "./support/mailServer";
import { sampleMail } from "./support/sampleMail";

const harness = new Harness();
const browser = browserFor(harness);

describe("signing in to the webmail", () => {
  it("signing in leads from the webmail to the identity provider's page to the user's inbox, without a password form", async () => {
    harness.mail.deliver("kinga", sampleMail("For Kinga"));
    const kinga = await WebmailUser.inNewBrowser(browser(), "kinga");
    const forms: string[] = [];
    kinga.page.on("load", async () => {
      if ((await kinga.page.locator("input[type=password]").count()) > 0) forms.push(kinga.page.url());
    });
    await kinga.signIn();
    await kinga.waitForMessage("For Kinga");
    expect(new URL(kinga.page.url()).host).toBe(hosts.webmail);
    expect(forms).toEqual([]);
    await kinga.close();
  });

  it("two users in two browsers see their own mail only", async () => {
    harness.mail.deliver("kinga", sampleMail("Kinga's own"));
    harness.mail.deliver("alpar", sampleMail("Alpar's own"));
    const [kinga, alpar] = [
      await WebmailUser.inNewBrowser(browser(), "kinga"),
      await WebmailUser.inNewBrowser(browser(), "alpar"),
    ];
    await Promise.all([kinga.signIn(), alpar.signIn()]);
    await Promise.all([kinga.waitForMessage("Kinga's own"), alpar.waitForMessage("Alpar's own")]);
    expect(await kinga.page.content()).not.toContain("Alpar's own");
    expect(await alpar.page.content()).not.toContain("Kinga's own");
    await Promise.all([kinga.close(), alpar.close()]);
  });

  it("mail is sent as the user who signed in, from their address", async () => {
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
    await kinga.waitForInbox();
    await kinga.send("friend@example.org", "Greetings from Kinga", "Hello, friend.");
    const sent = await eventually("the message at the sink", () =>
      harness.sink.deliveries.find((d) => d.message.includes("Subject: Greetings from Kinga")),
    );
    expect(sent).toMatchObject({
      login: "kinga@newjoy.ro",
      sender: "kinga@newjoy.ro",
      recipients: ["friend@example.org"],
    });
    expect(`${sent.message}`).toMatch(/^From: .*<?kinga@newjoy\.ro>?\r$/m);
    expect(`${sent.message}`).toContain("Hello, friend.");
    expect(harness.mail.messages("kinga", "Sent Items").join()).toContain("Greetings from Kinga");
    await kinga.close();
  });

  it("the identity provider gets the client's secret as it was rendered", async () => {
    const { secrets } = await harness.providerState();
    expect(new Set(secrets)).toEqual(new Set(["public-client"]));
  });

  it("signing out ends the session without a loop, and signing in works again afterwards", async () => {
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
    await kinga.waitForInbox();
    const before = await harness.providerState();
    await kinga.signOut();
    await kinga.page.waitForLoadState("networkidle");
    expect(await kinga.page.locator("#messagelist").count()).toBe(0);
    const after = await harness.providerState();
    expect(after.authorize - before.authorize).toBeLessThanOrEqual(1);
    await kinga.page.goto(webmail);
    if (new URL(kinga.page.url()).host === hosts.issuer) await kinga.fillSignInPage();
    await kinga.waitForInbox();
    await kinga.close();
  });
});

describe("signing in where Pocket ID asks for a passkey", () => {
  const passkey = new Passkey();
  const [kingaAtProvider] = users;
  beforeAll(() => harness.providerState({ passkeys: { [kingaAtProvider?.sub ?? ""]: passkey.registered } }));
  afterAll(() => harness.providerState({ passkeys: null }));

  it("a passkey opens the inbox, and Pocket ID asks for it again after signing out", async () => {
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).usePasskey(passkey);
    await kinga.signIn();
    await kinga.waitForInbox();
    await kinga.context.clearCookies({ domain: hosts.webmail }); // signed in at the provider still
    const before = await harness.providerState();
    await kinga.page.goto(webmail);
    await kinga.waitForInbox();
    expect((await harness.providerState()).passkeysTaken - before.passkeysTaken).toBe(1);
    await kinga.close();
  });

  it("signing in without the passkey, or with another user's, ends at the identity provider", async () => {
    const stranger = await (await WebmailUser.inNewBrowser(browser(), "kinga")).usePasskey();
    await stranger.signIn();
    await stranger.page.waitForSelector("text=There is no passkey on this device.");
    await stranger.close();
    const other = new Passkey();
    passkey.id.copy(other.id); // it says that it is hers
    const thief = await (await WebmailUser.inNewBrowser(browser(), "kinga")).usePasskey(other);
    await thief.signIn();
    await thief.page.waitForSelector("text=That is not your passkey");
    expect(new URL(thief.page.url()).host).toBe(hosts.issuer);
    await thief.close();
  });
});

describe("a session", () => {
  /** Roundcube 1.7 keeps when the session ends. */
  const lastUse = isDebian ? "changed" : "expires_at";
  /** As if everybody had left their browsers alone for so long: the session's last use and its token's end move back. */
  const everybodyIsAway = (minutes: number): void => {
    for (const { sess_id, vars } of harness.database("SELECT sess_id, vars FROM session") as Record<string, string>[]) {
      const aged = Buffer.from(vars ?? "", "base64")
        .toString("latin1")
        .replace(/(s:7:"expires";i:)(\d+)/g, (_all, key, time) => `${key}${Number(time) - minutes * 60}`);
      const encoded = Buffer.from(aged, "latin1").toString("base64");
      harness.database(
        `UPDATE session SET vars = ?, ${lastUse} = datetime(${lastUse}, ?) WHERE sess_id = ?`,
        encoded,
        `-${minutes} minutes`,
        sess_id ?? "",
      );
    }
  };
  const lifetime = (): number => {
    const file = harness.recorder.object("ConfigMap", "roundcube-config").inputs.data["homelab-mail.inc.php"];
    return Number(/'session_lifetime'\] = (\d+);/.exec(file)?.[1]);
  };
  /** Somebody signed in, the page closed, the time gone by. */
  const backAfter = async (minutes: number): Promise<[WebmailUser, Awaited<ReturnType<Harness["providerState"]>>]> => {
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
    await kinga.waitForInbox();
    await kinga.page.goto("about:blank");
    await kinga.context.clearCookies({ domain: hosts.issuer });
    everybodyIsAway(minutes);
    const before = await harness.providerState();
    await kinga.page.goto(webmail);
    return [kinga, before];
  };

  it("a session goes on after half an hour without a request", async () => {
    const [kinga, before] = await backAfter(31);
    await kinga.waitForInbox();
    const { authorize, refresh } = await harness.providerState();
    expect([authorize, refresh]).toEqual([before.authorize, before.refresh]);
    await kinga.close();
  });

  it("a session goes on, with a new token, until the configured time is over", async () => {
    const [kinga, before] = await backAfter(lifetime() - 5);
    await kinga.waitForInbox();
    const { authorize, refresh } = await harness.providerState();
    expect(authorize).toBe(before.authorize);
    expect(refresh).toBeGreaterThan(before.refresh);
    await kinga.close();
  });

  it("after the configured time the user signs in again, once, without a loop", async () => {
    const [kinga, before] = await backAfter(lifetime() + 5);
    await kinga.fillSignInPage();
    await kinga.waitForInbox();
    await kinga.page.waitForLoadState("networkidle");
    expect((await harness.providerState()).authorize - before.authorize).toBe(1);
    await kinga.close();
  });
});

describe("a user whom the mail server does not let in", () => {
  /** What the page tells them, once it is quiet; they have been to the provider once. */
  const refused = async (name: string): Promise<string[]> => {
    const before = await harness.providerState();
    const user = await (await WebmailUser.inNewBrowser(browser(), name)).signIn();
    await user.page.waitForSelector("#messagestack .ui.alert, #messagestack .content");
    await user.page.waitForLoadState("networkidle");
    expect(new URL(user.page.url()).host).toBe(hosts.webmail);
    expect(await user.page.locator("#messagelist").count()).toBe(0);
    expect((await harness.providerState()).authorize - before.authorize).toBe(1);
    const said = await user.page.locator("#messagestack [role=alert]").allInnerTexts();
    await user.close();
    return said.map((text) => text.trim());
  };
  const noMailbox = (address: string): string =>
    `There is no mailbox for ${address}. Ask who runs this mail, or sign out at Pocket ID and come back as somebody else.`;

  it("a user without a mailbox is told so, and nothing else, without a loop", async () => {
    expect(await refused("guest")).toEqual([noMailbox("guest@newjoy.ro")]);
    expect(harness.tokenCheck.refusals.at(-1)).toBe("no mailbox");
  });

  it("a user without a mailbox reads the address as it is, never as part of the page", async () => {
    expect(await refused("o'brien<b>")).toEqual([noMailbox("o'brien<b>@elsewhere.example")]);
  });

  it("a user is not told that there is no mailbox when the mail server cannot check the sign-in", async () => {
    harness.tokenCheck.close();
    expect(await refused("kinga")).toEqual([
      "The mail server could not check your sign-in. Your mail is safe. Try again in a few minutes.",
    ]);
    // An address of another domain has none, whatever the server says.
    expect(await refused("visitor")).toEqual([noMailbox("visitor@elsewhere.example")]);
    await harness.tokenCheck.listen(...tokenCheckAddress);
    const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
    await kinga.waitForInbox();
    await kinga.close();
  });

  it("a user is told when the mail server is unreachable", async () => {
    await harness.mail.stop();
    const away = ["The mail server does not answer. Your mail is safe. Try again in a few minutes."];
    expect(await refused("kinga")).toEqual(away);
  });
});
