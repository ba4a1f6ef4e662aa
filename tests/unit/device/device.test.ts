import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { files, profileFile, readOptions, settings, shown } from "../../../device/main";
import { type Plist, plist, profile, vcard } from "../../../device/profile";
import { modules, qrCode } from "../../../device/qr";
import { serve } from "../../../device/serve";
import { PrivateCa } from "../../rig/ca";

const folder = mkdtempSync(join(tmpdir(), "device-"));
afterAll(() => rmSync(folder, { recursive: true }));

const about = {
  mailbox: "kinga",
  address: "kinga@newjoy.ro",
  displayName: "Kinga & <Co>",
  domain: "newjoy.ro",
  mailHost: "mail.newjoy.ro",
};

/** What Apple documents: https://developer.apple.com/documentation/devicemanagement, by payload. */
const uuid = z.string().regex(/^[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
const common = {
  PayloadIdentifier: z.string().regex(/^[\w.-]+$/),
  PayloadUUID: uuid,
  PayloadVersion: z.literal(1),
  PayloadDisplayName: z.string().optional(),
  PayloadDescription: z.string().optional(),
  PayloadOrganization: z.string().optional(),
};
const authentication = z.enum([
  "EmailAuthNone",
  "EmailAuthPassword",
  "EmailAuthCRAMMD5",
  "EmailAuthNTLM",
  "EmailAuthHTTPMD5",
]);
const port = z.int().min(1).max(65_535);
const mail = z.strictObject({
  ...common,
  PayloadType: z.literal("com.apple.mail.managed"),
  EmailAccountType: z.enum(["EmailTypeIMAP", "EmailTypePOP"]),
  EmailAccountDescription: z.string().optional(),
  EmailAccountName: z.string().optional(),
  EmailAddress: z.string().optional(),
  IncomingMailServerAuthentication: authentication,
  IncomingMailServerHostName: z.string(),
  IncomingMailServerPortNumber: port.optional(),
  IncomingMailServerUseSSL: z.boolean().optional(),
  IncomingMailServerUsername: z.string().optional(),
  IncomingMailServerIMAPPathPrefix: z.string().optional(),
  IncomingPassword: z.string().optional(),
  OutgoingMailServerAuthentication: authentication,
  OutgoingMailServerHostName: z.string(),
  OutgoingMailServerPortNumber: port.optional(),
  OutgoingMailServerUseSSL: z.boolean().optional(),
  OutgoingMailServerUsername: z.string().optional(),
  OutgoingPassword: z.string().optional(),
  OutgoingPasswordSameAsIncomingPassword: z.boolean().optional(),
  PreventAppSheet: z.boolean().optional(),
  PreventMove: z.boolean().optional(),
  allowMailDrop: z.boolean().optional(),
  disableMailRecentsSyncing: z.boolean().optional(),
});
const dav = (prefix: "CalDAV" | "CardDAV") =>
  z.strictObject({
    ...common,
    PayloadType: z.literal(`com.apple.${prefix.toLowerCase()}.account`),
    [`${prefix}AccountDescription`]: z.string().optional(),
    [`${prefix}HostName`]: z.string(),
    [`${prefix}Port`]: port.optional(),
    [`${prefix}UseSSL`]: z.boolean().optional(),
    [`${prefix}Username`]: z.string().optional(),
    [`${prefix}Password`]: z.string().optional(),
    [`${prefix}PrincipalURL`]: z.string().optional(),
  });
const configuration = z.strictObject({
  ...common,
  PayloadType: z.literal("Configuration"),
  PayloadRemovalDisallowed: z.boolean().optional(),
  PayloadScope: z.enum(["System", "User"]).optional(),
  PayloadContent: z.tuple([mail, dav("CalDAV"), dav("CardDAV")]),
});

/** A property list as another reader has it: Python's. */
const parsed = (text: string | Buffer): Plist => {
  const program = "import plistlib,json,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";
  return JSON.parse(execFileSync("python3", ["-c", program], { input: text, encoding: "utf8" }));
};

describe("a configuration profile", () => {
  it.each([undefined, "app_1234"])(
    "a configuration profile has the keys that Apple documents, and no others (password %s)",
    (password) => {
      const read = parsed(plist(profile({ ...about, password })));
      expect(configuration.parse(read)).toEqual(read);
      expect(read).toEqual(profile({ ...about, password }));
    },
  );

  it("a configuration profile has a password only where one was created", () => {
    expect(plist(profile(about))).not.toMatch(/Password<\/key>\s*<string>/);
    const text = plist(profile({ ...about, password: "app_1234" }));
    expect(text.match(/<string>app_1234<\/string>/g)).toHaveLength(3);
  });

  it("a configuration profile replaces an earlier one for the same address, and for no other", () => {
    const ids = (address: string): string[] =>
      plist(profile({ ...about, address })).match(/[0-9A-F]{8}-[0-9A-F-]{27}/g) ?? [];
    expect(ids("kinga@newjoy.ro")).toEqual(ids("kinga@newjoy.ro"));
    expect(new Set([...ids("kinga@newjoy.ro"), ...ids("anna@newjoy.ro")]).size).toBe(8);
  });

  it.each(["rsa", "ec"])("a configuration profile is signed with its content inside, whatever the key (%s)", (kind) => {
    const privateCa = new PrivateCa(mkdtempSync(join(folder, "ca-")));
    const pair = privateCa.issue("mail.newjoy.ro");
    let signer = { cert: pair.cert, key: pair.key };
    if (kind === "ec") {
      const [key, cert] = [join(folder, "ec.key"), join(folder, "ec.crt")];
      const words = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=mail.newjoy.ro",
      ];
      execFileSync("openssl", [...words, "-keyout", key, "-out", cert], { stdio: "ignore" });
      signer = { cert, key };
    }
    const data = profileFile(about, signer);
    const file = join(folder, `${kind}.mobileconfig`);
    writeFileSync(file, data);
    const inside = execFileSync("openssl", ["smime", "-verify", "-noverify", "-inform", "der", "-in", file], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(parsed(inside)).toEqual(profile(about));
    expect(() => profileFile(about, { ...signer, key: signer.cert })).toThrow(
      "--cert, --key: openssl does not sign with them",
    );
  });
});

describe("a QR code", () => {
  it("a QR code on the terminal has the same modules as in memory, black on white", () => {
    const url = "https://mail.newjoy.ro/account";
    const all = modules(url);
    const lines = qrCode(url)
      .split("\n")
      .map((line) => stripVTControlCharacters(line));
    const back = lines.flatMap((line) => {
      const cells = [...line];
      return [cells.map((cell) => cell === " " || cell === "▄"), cells.map((cell) => cell === " " || cell === "▀")];
    });
    expect(back.slice(0, all.length)).toEqual(all);
    // The quiet zone, then the finder pattern of the corner.
    expect(all.slice(0, 4).flat()).not.toContain(true);
    expect(all[4]?.slice(0, 13)).toEqual([...Array(4).fill(false), ...Array(7).fill(true), false, expect.anything()]);
    expect(
      qrCode(url)
        .split("\n")
        .every((line) => line.startsWith("\x1b[97;40m")),
    ).toBe(true);
  });
});

describe("a profile for a phone in the same network", () => {
  it("a profile for a phone in the same network is served under a path that cannot be guessed, until it is ended", async () => {
    const stop = new AbortController();
    const { url, over } = await serve(Buffer.from("profile"), "127.0.0.1", 60_000, stop.signal);
    expect(new URL(url).pathname).toMatch(/^\/[\w-]{22}\.mobileconfig$/);
    const answer = await fetch(url);
    expect([answer.headers.get("content-type"), await answer.text()]).toEqual([
      "application/x-apple-aspen-config",
      "profile",
    ]);
    expect((await fetch(new URL("/", url))).status).toBe(404);
    stop.abort();
    expect(await over).toBe(1);
    await expect(fetch(url)).rejects.toThrow();
  });

  it("serving a profile for a phone ends by itself", async () => {
    const { over } = await serve(Buffer.from("profile"), "127.0.0.1", 10, new AbortController().signal);
    expect(await over).toBe(0);
  });
});

test("other programs get plain settings and a vCard", () => {
  expect(settings("mail.newjoy.ro", about.address)).toContain(
    "incoming, IMAP               mail.newjoy.ro          993   SSL/TLS",
  );
  expect(vcard({ ...about, displayName: "Kinga; Anna, \\ Bela" })).toBe(
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Kinga\\; Anna\\, \\\\ Bela\r\nN:Kinga\\; Anna\\, \\\\ Bela;;;;\r\nEMAIL;TYPE=INTERNET:kinga@newjoy.ro\r\nEND:VCARD\r\n",
  );
  const [card, file] = files(["a.vcf", "b.mobileconfig"], about);
  expect([card?.data.toString().slice(0, 11), file?.data.toString().slice(0, 5)]).toEqual(["BEGIN:VCARD", "<?xml"]);
});

test("app passwords are listed by id, name and day", () => {
  expect(shown([])).toBe("there are no app passwords");
  expect(shown([{ id: "b1", description: "iPhone", createdAt: "2026-11-28T10:00:00Z" }])).toBe(
    "id  name    created     ends\nb1  iPhone  2026-11-28",
  );
});

test("options that do not go together are refused before anything is done", () => {
  const there = join(folder, "there.vcf");
  writeFileSync(there, "");
  const options =
    (...args: string[]) =>
    () =>
      readOptions(["--mailbox", "kinga", ...args]);
  expect(options("--create-password", "iPhone", "--out", join(folder, "x.mobileconfig"))()).toMatchObject({
    createPassword: "iPhone",
    serve: false,
  });
  expect(options("--cert", there)).toThrow("--cert and --key go together");
  expect(options("--cert", there, "--key", "nowhere")).toThrow("there is no file nowhere");
  expect(options("--out", "x.txt")).toThrow("--out: x.txt is neither .mobileconfig nor .vcf");
  expect(options("--out", there)).toThrow("is there already");
  expect(options("--serve", "--create-password", "x")).toThrow("--serve is not encrypted");
  expect(options("--list", "--revoke", "x")).toThrow("are for one at a time");
  expect(options("--create-password", " ")).toThrow("a name is missing");
  expect(readFileSync(there, "utf8")).toBe("");
});
