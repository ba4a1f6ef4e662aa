import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Passkey } from "../../support/passkey";
import { hosts } from "./addresses";
import type { Harness } from "./harness";

export const webmail = `https://${hosts.webmail}/`;
export const desktop = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

/** Debian's Chromium, which takes the harness's certificates, and no others, for good. */
export function launch(harness: Harness, ...args: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", // it runs as root, in namespaces of its own
      "--disable-dev-shm-usage",
      `--ignore-certificate-errors-spki-list=${harness.trusted.join(",")}`,
      ...args,
    ],
  });
}

/**
 * Starts a harness and a browser before the tests of a file, and ends both after them. The browser knows the certificates that
 * were made by its start: whoever needs one more prepares it.
 */
export function browserFor(harness: Harness, prepare?: () => Promise<void> | void): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    await harness.start();
    await prepare?.();
    browser = await launch(harness);
  });
  afterAll(async () => {
    await browser?.close();
    if (process.env.HARNESS_LOGS) console.log(harness.logs());
    await harness.stop();
  });
  return () => browser as Browser;
}

/** A user of the webmail in a browser context of their own. */
export class WebmailUser {
  private constructor(
    readonly name: string,
    readonly page: Page,
    readonly context: BrowserContext,
  ) {}

  static async inNewBrowser(browser: Browser, name: string, viewport = desktop): Promise<WebmailUser> {
    const context = await browser.newContext({ viewport, locale: "en-US", acceptDownloads: true });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    return new WebmailUser(name, page, context);
  }

  /** Gives the browser a device that confirms at once, with a passkey for the issuer, or with none. */
  async usePasskey(passkey?: Passkey): Promise<this> {
    const devTools = await this.context.newCDPSession(this.page);
    await devTools.send("WebAuthn.enable");
    const { authenticatorId } = await devTools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const credential = passkey?.credential(hosts.issuer);
    if (credential) await devTools.send("WebAuthn.addCredential", { authenticatorId, credential });
    return this;
  }

  /** Opens the webmail and signs in at the provider's page. */
  async signIn(): Promise<this> {
    await this.page.goto(webmail);
    await this.fillSignInPage();
    return this;
  }

  /** Fills in the provider's page. */
  async fillSignInPage(): Promise<void> {
    await this.page.waitForURL(`https://${hosts.issuer}/interaction/**`);
    await this.page.fill("input[name=name]", this.name);
    await this.page.click("button");
  }

  async waitForInbox(): Promise<void> {
    await this.page.waitForFunction(
      "document.readyState === 'complete' && window.rcmail?.gui_objects?.messagelist && !rcmail.busy",
      null,
      {
        timeout: 60_000, // a large message may be on its way out
      },
    );
    await this.page.waitForLoadState("networkidle"); // Roundcube ignores commands while it loads the list
  }

  /** The subjects in the message list, waited for until this one is among them. */
  async waitForMessage(subject: string): Promise<void> {
    await this.page.waitForSelector(`#messagelist .subject >> text=${subject}`);
  }

  async open(subject: string): Promise<void> {
    await this.page.dblclick(`#messagelist .subject >> text=${subject}`);
    await this.page.waitForSelector("#messagebody");
  }

  /** Has the list fetched anew, without leaving the page. */
  async refreshList(): Promise<void> {
    const answer = this.page.waitForResponse(/_action=list/);
    await this.page.click("#mailboxlist li.inbox a");
    await answer;
    await this.page.waitForFunction("!window.rcmail?.busy");
  }

  /** Writes a message and sends it. */
  async send(to: string, subject: string, text: string, attachments: string[] = []): Promise<void> {
    await this.page.goto(`${webmail}?_task=mail&_action=compose`);
    await this.page.waitForSelector("#composebody");
    await this.page.fill("#compose_to .recipient-input input", to);
    await this.page.keyboard.press("Tab");
    await this.page.fill("#compose-subject", subject);
    await this.page.fill("#composebody", text);
    for (const path of attachments) {
      await this.page.setInputFiles("#uploadform input[type=file], input[name='_attachments[]']", path);
      await this.page.waitForFunction("Object.values(rcmail.env.attachments || {}).some((a) => a.complete)", null, {
        timeout: 60_000,
      });
    }
    await this.page.click("button.send:visible");
    await this.waitForInbox();
  }

  async signOut(): Promise<void> {
    await this.page.click("#taskmenu a.logout");
    await this.page.waitForURL((url: URL) => !url.search.includes("_task=mail"));
    await this.page.waitForLoadState("networkidle");
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
