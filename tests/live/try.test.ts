import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { eventually } from "../support/wait";

const ROOT = path.join(__dirname, "..", "..");

let sandbox: ChildProcess;
let said = "";
let context: BrowserContext;
let page: Page;
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "try-browser-"));

/** The browser's options as the sandbox prints them for a user to copy. */
const printedOptions = (): string[] =>
  [...said.matchAll(/'(--[^']+)'/g)]
    .map(([, option]) => option as string)
    .filter((o) => !o.startsWith("--user-data-dir"));

beforeAll(async () => {
  sandbox = spawn("npm", ["run", "--silent", "sandbox", "--", "--live", "--cluster", "node"], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  for (const stream of [sandbox.stdout, sandbox.stderr]) {
    stream?.on("data", (text) => {
      said += text;
    });
  }
  await eventually(
    "the sandbox is up",
    async () => {
      if (sandbox.exitCode !== null) throw new Error(said.slice(-2000));
      return said.includes("Ctrl-C takes everything down");
    },
    { seconds: 600 },
  );
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...printedOptions()],
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
  });
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
});

afterAll(async () => {
  await context?.close();
  sandbox.stdin?.end();
  if (sandbox.exitCode === null) await new Promise((resolve) => sandbox.once("exit", resolve));
  fs.rmSync(profile, { recursive: true, force: true });
});

const quiet = () =>
  page.waitForFunction("document.readyState === 'complete' && window.rcmail?.gui_objects?.messagelist && !rcmail.busy");

test("what the sandbox prints opens the webmail in a browser: sign-in, a first message, and one that leaves and is answered", async () => {
  expect(said).toContain("NOTE: no image can be pulled here. Stalwart and Pocket ID are replaced by fakes.");
  await page.goto("https://webmail.family.test/");
  await page.fill("input[name=name]", "kinga");
  await page.click("button");
  await quiet();
  await page.waitForSelector("#messagelist .subject >> text=Welcome to your mail at home");

  await page.goto("https://webmail.family.test/?_task=mail&_action=compose");
  await page.waitForSelector("#composebody");
  await page.fill("#compose_to .recipient-input input", "friend@elsewhere.test");
  await page.keyboard.press("Tab");
  await page.fill("#compose-subject", "Hello out there");
  await page.fill("#composebody", "Do you hear me?");
  await page.click("button.send:visible");
  await quiet();
  await eventually("the message is seen to leave", async () =>
    /MAIL LEFT the provider: from kinga@family.test to friend@elsewhere.test, "Hello out there"/.test(said),
  );
  await eventually("the answer is in the inbox", async () => {
    await page.goto("https://webmail.family.test/?_task=mail&_mbox=INBOX");
    await quiet();
    return (await page.locator("#messagelist .subject >> text=Re: Hello out there").count()) > 0;
  });
});

test("the sandbox leaves nothing when it ends: no process, no interface, no control group", async () => {
  const name =
    /homelab-mail-sandbox-\w+/.exec(said)?.[0] ??
    fs.readdirSync(os.tmpdir()).find((f) => f.startsWith("homelab-mail-sandbox-"));
  await context.close();
  sandbox.stdin?.end();
  await eventually("the sandbox has ended", async () => sandbox.exitCode !== null, { seconds: 120 });
  expect(sandbox.exitCode).toBe(0);
  expect(fs.existsSync(path.join(os.tmpdir(), String(name)))).toBe(false);
  const groups = fs.readdirSync("/sys/fs/cgroup", { recursive: true }) as string[];
  expect(groups.filter((group) => group.includes(String(name)))).toEqual([]);
});
