import type { Browser } from "playwright-core";
import { Rig } from "./rig";
import { hosts } from "./rig/addresses";
import { launch, message, Person, webmail } from "./rig/browser";
import { eventually } from "./rig/processes";

const rig = new Rig();
let browser: Browser;
beforeAll(async () => {
  await rig.start();
  browser = await launch(rig);
});
afterAll(async () => {
  await browser?.close();
  if (process.env.RIG_LOGS) console.log(rig.logs());
  await rig.stop();
});

describe("signing in to the webmail", () => {
  it("goes from the webmail to the provider's page to the inbox with the person's mail, past no password form", async () => {
    rig.mail.deliver("kinga", message("For Kinga"));
    const kinga = await Person.arrives(browser, "kinga");
    const forms: string[] = [];
    kinga.page.on("load", async () => {
      if ((await kinga.page.locator("input[type=password]").count()) > 0) forms.push(kinga.page.url());
    });
    await kinga.signsIn();
    await kinga.seesMessage("For Kinga");
    expect(new URL(kinga.page.url()).host).toBe(hosts.webmail);
    expect(forms).toEqual([]);
    await kinga.leaves();
  });

  it("shows two people in two browsers their own mail only", async () => {
    rig.mail.deliver("kinga", message("Kinga's own"));
    rig.mail.deliver("alpar", message("Alpar's own"));
    const [kinga, alpar] = [await Person.arrives(browser, "kinga"), await Person.arrives(browser, "alpar")];
    await Promise.all([kinga.signsIn(), alpar.signsIn()]);
    await Promise.all([kinga.seesMessage("Kinga's own"), alpar.seesMessage("Alpar's own")]);
    expect(await kinga.page.content()).not.toContain("Alpar's own");
    expect(await alpar.page.content()).not.toContain("Kinga's own");
    await Promise.all([kinga.leaves(), alpar.leaves()]);
  });

  it("sends mail as the person who signed in, from their address", async () => {
    const kinga = await (await Person.arrives(browser, "kinga")).signsIn();
    await kinga.seesInbox();
    await kinga.sends("friend@example.org", "Greetings from Kinga", "Hello, friend.");
    const sent = await eventually("the message at the sink", () =>
      rig.sink.sent.find((m) => m.data.includes("Subject: Greetings from Kinga")),
    );
    expect(sent).toMatchObject({ login: "kinga@newjoy.ro", from: "kinga@newjoy.ro", to: ["friend@example.org"] });
    expect(sent.data).toMatch(/^From: .*<?kinga@newjoy\.ro>?\r$/m);
    expect(sent.data).toContain("Hello, friend.");
    expect(rig.mail.messages("kinga", "Sent Items").join()).toContain("Greetings from Kinga");
    await kinga.leaves();
  });

  it("hands the provider the client's secret unharmed, whatever characters it holds", async () => {
    const { secrets } = await rig.providerState();
    expect(new Set(secrets)).toEqual(new Set([`it's "quoted" \\ $HOME`]));
  });

  it("ends with signing out, without a loop, and works again afterwards", async () => {
    const kinga = await (await Person.arrives(browser, "kinga")).signsIn();
    await kinga.seesInbox();
    const before = await rig.providerState();
    await kinga.signsOut();
    await kinga.page.waitForLoadState("networkidle");
    expect(await kinga.page.locator("#messagelist").count()).toBe(0);
    const after = await rig.providerState();
    expect(after.authorize - before.authorize).toBeLessThanOrEqual(1);
    await kinga.page.goto(webmail);
    if (new URL(kinga.page.url()).host === hosts.issuer) await kinga.atProvider();
    await kinga.seesInbox();
    await kinga.leaves();
  });

  it("tells a person who has no mailbox so, without a loop", async () => {
    const before = await rig.providerState();
    const guest = await (await Person.arrives(browser, "guest")).signsIn();
    await guest.page.waitForSelector("#messagestack, .alert-warning");
    expect(await guest.page.locator("#messagelist").count()).toBe(0);
    expect(await guest.page.textContent("#messagestack")).toMatch(/login failed/i);
    await guest.page.waitForLoadState("networkidle");
    expect((await rig.providerState()).authorize - before.authorize).toBe(1);
    expect(rig.tokenCheck.refusals.at(-1)).toBe("no mailbox");
    await guest.leaves();
  });
});
