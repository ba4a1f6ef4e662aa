import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/wait";
import { addresses, hosts } from "./support/addresses";
import { browserFor, WebmailUser, webmail } from "./support/browser";
import { Harness } from "./support/harness";
import { mailWithFile, sampleMail } from "./support/sampleMail";

const harness = new Harness();
const folder = mkdtempSync(join(tmpdir(), "webmail-mail-"));
let pictures: Server;
const asked: string[] = [];
const browser = browserFor(harness, async () => {
  const tls = harness.certificate(hosts.pictures);
  const pixel = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );
  pictures = createServer({ key: readFileSync(tls.key), cert: readFileSync(tls.cert) }, (request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("content-type", "image/png");
    response.end(pixel);
  });
  await new Promise<void>((resolve) => pictures.listen(443, addresses.pictures, resolve));
});
afterAll(() => {
  pictures?.close();
  rmSync(folder, { recursive: true, force: true });
});

const megabytes = (n: number): Buffer => randomBytes(n * 1000 * 1000);
const hash = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
const signedIn = async (name: string): Promise<WebmailUser> => {
  const user = await (await WebmailUser.inNewBrowser(browser(), name)).signIn();
  await user.waitForInbox();
  return user;
};

describe("attachments", () => {
  it("attachments of 20 MB are sent unharmed", async () => {
    const data = megabytes(20);
    const path = join(folder, "holiday.bin");
    writeFileSync(path, data);
    const kinga = await signedIn("kinga");
    await kinga.send("friend@example.org", "With an attachment", "See below.", [path]);
    const sent = await eventually("the message", () =>
      harness.sink.deliveries.find((d) => d.message.includes("With an attachment")),
    );
    const encoded = /filename=holiday\.bin[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(`${sent.message}`)?.[1] ?? "";
    expect(hash(Buffer.from(encoded, "base64"))).toBe(hash(data));
    await kinga.close();
  });

  it("attachments of 20 MB are downloaded unharmed", async () => {
    const data = megabytes(20);
    harness.mail.deliver("kinga", mailWithFile("Twenty megabytes", "film.bin", data));
    const kinga = await signedIn("kinga");
    await kinga.open("Twenty megabytes");
    const [download] = await Promise.all([
      kinga.page.waitForEvent("download", { timeout: 60_000 }),
      kinga.page.click("#attachment-list a.filename"),
    ]);
    expect(hash(readFileSync(await download.path()))).toBe(hash(data));
    await kinga.close();
  });

  it("attachments that are too large are refused with the limit before they are uploaded", async () => {
    const path = join(folder, "too-large.bin");
    writeFileSync(path, megabytes(34));
    const kinga = await signedIn("kinga");
    await kinga.page.goto(`${webmail}?_task=mail&_action=compose`);
    await kinga.page.waitForSelector("#composebody");
    await kinga.page.setInputFiles("input[name='_attachments[]']", path);
    await kinga.page.waitForSelector("#messagestack >> text=/exceeds the maximum|size limit/i");
    await kinga.close();
  });
});

describe("pictures from elsewhere", () => {
  it("remote pictures are not loaded until the user asks for them", async () => {
    harness.mail.deliver(
      "kinga",
      sampleMail("A newsletter", {
        type: "text/html; charset=utf-8",
        body: `<p>News</p><img src="https://${hosts.pictures}/spy.png" width="1" height="1">`,
      }),
    );
    const kinga = await signedIn("kinga");
    await kinga.open("A newsletter");
    await kinga.page.waitForSelector("#remote-objects-message");
    expect(asked).toEqual([]);
    await kinga.page.click("#remote-objects-message a, #remote-objects-message button");
    await eventually("the picture", () => asked.includes("/spy.png"));
    await kinga.close();
  });
});

describe("filters", () => {
  it("filters and the out-of-office notice are kept at the mail server, with the same sign-in", async () => {
    const kinga = await signedIn("kinga");
    await kinga.page.goto(`${webmail}?_task=settings&_action=plugin.managesieve-vacation`);
    await kinga.page.waitForSelector("#vacation_reason, [name=vacation_reason]");
    await kinga.page.fill("[name=vacation_reason]", "Away until Monday.");
    await kinga.page.selectOption("[name=vacation_status]", "on");
    await kinga.page.click("button.submit, button.save, .formbuttons button");
    await eventually("the script", () => harness.mail.activeFilters("kinga").includes("Away until Monday."));
    await kinga.close();
  });
});

describe("mail that came while the webmail was restarted", () => {
  it("mail that came while the webmail restarted is there at the next click, for users who stay signed in", async () => {
    const kinga = await signedIn("kinga");
    const before = await harness.providerState();
    await harness.pod.stop();
    harness.mail.deliver("kinga", sampleMail("During the restart"));
    await harness.pod.start();
    await kinga.page.goto(webmail);
    await kinga.waitForMessage("During the restart");
    expect((await harness.providerState()).authorize).toBe(before.authorize);
    await kinga.close();
  });
});
