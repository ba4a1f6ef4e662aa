import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { eventually } from "../support/wait";
import { hosts } from "./support/addresses";
import { browserFor, WebmailUser, webmail } from "./support/browser";
import { Harness, type ProviderState } from "./support/harness";
import { mailWithFile, sampleMail } from "./support/sampleMail";

/** The provider as it is at its worst: a fifth of a second away, and it ends a session that uses a refresh token twice. */
const DISTANCE = 0.2;

const harness = new Harness();
const browser = browserFor(harness, () => {
  harness.mail.deliver("kinga", sampleMail("From before"));
});
beforeEach(() => harness.providerState({ slowSeconds: DISTANCE, accessTokenSeconds: 3600 }));

const arrived = async (): Promise<WebmailUser> => {
  const kinga = await (await WebmailUser.inNewBrowser(browser(), "kinga")).signIn();
  await kinga.waitForInbox();
  return kinga;
};

/** Another tab of theirs, at its inbox. */
async function tab(kinga: WebmailUser, path = ""): Promise<Page> {
  const page = await kinga.context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${webmail}${path}`);
  return page;
}

/** What a program sends that acts for them. */
async function session(kinga: WebmailUser): Promise<{ cookie: string }> {
  const cookies: { name: string; value: string }[] = await kinga.context.cookies(webmail);
  return { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") };
}

/** As if everybody's access token had just ended, while these pages ask for nothing. */
async function tokensEnd(...pages: Page[]): Promise<void> {
  for (const page of pages) await page.waitForLoadState("networkidle");
  for (const { sess_id, vars } of harness.database("SELECT sess_id, vars FROM session") as Record<string, string>[]) {
    const text = Buffer.from(vars ?? "", "base64").toString("latin1");
    const aged = text.replace(/(s:7:"expires";i:)\d+/g, (_all, key) => `${key}${Math.floor(Date.now() / 1000) - 1}`);
    const encoded = Buffer.from(aged, "latin1").toString("base64");
    harness.database("UPDATE session SET vars = ? WHERE sess_id = ?", encoded, sess_id ?? "");
  }
}

/** One refresh happened since then, nothing was refused, and nobody was sent to the provider. */
async function refreshedOnce(before: ProviderState): Promise<void> {
  const { refresh, refused, authorize } = await harness.providerState();
  expect({ refresh, refused, authorize }).toEqual({
    refresh: before.refresh + 1,
    refused: before.refused,
    authorize: before.authorize,
  });
}

const poll = (page: Page): Promise<unknown> =>
  Promise.all([page.waitForResponse(/_action=refresh/), page.evaluate("rcmail.refresh()")]);

describe("requests that find the access token ended at the same moment", () => {
  it("two tabs that find the access token expired refresh it once, and both go on", async () => {
    const kinga = await arrived();
    const second = await tab(kinga);
    for (let round = 0; round < 3; round++) {
      await tokensEnd(kinga.page, second);
      const before = await harness.providerState();
      await Promise.all([kinga.page.goto(webmail), second.goto(webmail), poll(second).catch(() => {})]);
      for (const page of [kinga.page, second]) await page.waitForSelector("#messagelist .subject >> text=From before");
      await refreshedOnce(before);
    }
    await kinga.close();
  });

  it("a check for new mail and a message being sent refresh an expired access token once, and the message is sent", async () => {
    const kinga = await arrived();
    const compose = await tab(kinga, "?_task=mail&_action=compose");
    await compose.waitForSelector("#composebody");
    await compose.fill("#compose_to .recipient-input input", "friend@example.org");
    await compose.keyboard.press("Tab");
    await compose.fill("#compose-subject", "Sent while another tab looks");
    await compose.fill("#composebody", "Hello.");
    await tokensEnd(kinga.page, compose);
    const before = await harness.providerState();
    await Promise.all([poll(kinga.page), compose.click("button.send:visible")]);
    await eventually("the message", () =>
      harness.sink.deliveries.find((d) => d.message.includes("Subject: Sent while another tab looks")),
    );
    await eventually("the copy", () =>
      harness.mail.messages("kinga", "Sent Items").join().includes("while another tab looks"),
    );
    await refreshedOnce(before);
    await kinga.close();
  });

  it("three tabs of a laptop that wakes up refresh an expired access token once", async () => {
    const seconds = 30;
    await harness.providerState({ accessTokenSeconds: seconds });
    const kinga = await arrived();
    const tabs = [kinga.page, await tab(kinga), await tab(kinga)];
    await harness.providerState({ accessTokenSeconds: 3600 });
    await kinga.context.setOffline(true);
    await sleep((seconds + 1) * 1000);
    const before = await harness.providerState();
    harness.mail.deliver("kinga", sampleMail("While the laptop slept"));
    await kinga.context.setOffline(false);
    await Promise.all(tabs.map((page) => poll(page)));
    await Promise.all(tabs.map((page) => page.waitForSelector("#messagelist .subject >> text=While the laptop slept")));
    await refreshedOnce(before);
    await kinga.close();
  });
});

describe("a request that began before a refresh and ends after it", () => {
  it("a request that began before a refresh and ends after it does not bring the used tokens back", async () => {
    harness.mail.deliver("kinga", mailWithFile("A large attachment", "a.bin", randomBytes(20_000_000)));
    const kinga = await arrived();
    await kinga.open("A large attachment");
    const link = await kinga.page.getAttribute("#attachment-list a.filename", "href");
    const headers = await session(kinga);
    // It holds the session for as long as nobody takes what it sends.
    const download = await new Promise<IncomingMessage>((resolve, reject) => {
      const url = new URL(link ?? "", webmail);
      const path = `${url.pathname}${url.search}&_download=1`;
      request({ host: hosts.webmail, path, ca: harness.ca, headers, agent: false }, resolve).on("error", reject).end();
    });
    download.pause();
    expect(download.statusCode).toBe(200);
    await sleep(1500); // a refreshed token ends later than this one, and ends are counted in seconds
    await tokensEnd(kinga.page);
    const before = await harness.providerState();
    await kinga.page.goto(webmail);
    await kinga.waitForInbox();
    await refreshedOnce(before);
    let bytes = 0;
    for await (const chunk of download) bytes += chunk.length;
    expect(bytes).toBeGreaterThanOrEqual(20_000_000);
    await sleep(3000); // its end at the server
    await tokensEnd(kinga.page);
    await kinga.page.goto(webmail);
    await kinga.waitForMessage("From before");
    await refreshedOnce({ ...before, refresh: before.refresh + 1 });
    await kinga.close();
  });
});

describe("an issuer that takes connections and does not answer", () => {
  it("an issuer that accepts connections and does not answer is asked by one request at a time, whether users sign in or are signed in", async () => {
    const kinga = await arrived();
    await sleep(3000); // what it answered last counts for so long
    const before = await harness.providerState({ slowSeconds: 40 });
    const client = (path: string, headers = {}): Promise<number> =>
      new Promise((resolve, reject) => {
        request({ host: hosts.webmail, path, ca: harness.ca, headers, agent: false }, (answer) => {
          answer.resume();
          answer.on("end", () => resolve(answer.statusCode ?? 0));
        })
          .on("error", reject)
          .end();
      });
    const visitors = await Promise.all(Array.from({ length: 40 }, () => client("/")));
    expect(visitors).toContain(503);
    expect((await Promise.all(Array.from({ length: 40 }, () => client("/")))).every((s) => s === 503)).toBe(true);
    expect((await harness.providerState()).discovery - before.discovery).toBeLessThanOrEqual(2);

    await tokensEnd(kinga.page);
    const headers = await session(kinga);
    const answers = await Promise.all(
      // A page that needs a token, and no mail: the mail server would wait for the provider as well.
      Array.from({ length: 12 }, () => client("/?_task=settings&_action=refresh&_remote=1", headers)),
    );
    expect(answers.every((status) => status < 502)).toBe(true);
    expect((await harness.providerState()).refresh - before.refresh).toBeLessThanOrEqual(2);
    expect((await harness.providerState()).refused).toBe(before.refused);
    await kinga.close();
  });
});
