import { existsSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { accountUrl, clientSettings } from "../components/outputs/clients";
import { ports } from "../config/names";
import type { StackConfig } from "../config/types";
import { readStack } from "../doctor/clients/pulumi";
import { redactor } from "../doctor/redact";
import { inNameOf } from "../mailbox/access";
import { type AppPassword, AppPasswords } from "../mailbox/appPasswords";
import { checked, interruptible, mailboxHelp, mailboxOptions, runCommand } from "../mailbox/command";
import { table } from "../mailbox/progress";
import { mailboxNamed, openServer } from "../mailbox/server";
import { type ProfileArgs, plist, profile, vcard } from "./profile";
import { qrCode } from "./qr";
import { homeAddress, serve } from "./serve";
import { type Signer, signed } from "./sign";

const HELP = `npm run device -- --stack NAME --mailbox NAME [OPTIONS]

Sets up a phone or a mail program: prints what to type, a QR code and a vCard of the address, and writes an Apple configuration
profile for mail, calendars and contacts. App passwords are created, listed and revoked in the user's name; that needs the
cluster, the rest does not. Nothing is stored without --out.
Ends with 0, or with 2 and the reason.

${mailboxHelp}  --out FILE           writes FILE.mobileconfig, the profile, or FILE.vcf, the vCard; may be repeated; mode 0600
  --create-password NAME   creates an app password of that name, and puts it into the profile: keep the file secret
  --cert FILE --key FILE   sign the profile with that certificate (a chain may follow it) and key, both PEM
  --serve              hands the profile to a phone in the same network for 10 minutes, by a QR code; not with a password
  --list               shows the app passwords
  --revoke ID          ends one
`;

export interface DeviceOptions extends ReturnType<typeof checked> {
  readonly out: readonly string[];
  readonly createPassword: string | undefined;
  readonly signer: Signer | undefined;
  readonly serve: boolean;
  readonly list: boolean;
  readonly revoke: string | undefined;
  readonly pulumi: string;
  readonly kubectl: string;
}

const kinds = [".mobileconfig", ".vcf"];

/** The options; undefined if only the help is requested. */
export function readOptions(args: readonly string[]): DeviceOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...mailboxOptions,
      out: { type: "string", multiple: true, default: [] },
      "create-password": { type: "string" },
      cert: { type: "string" },
      key: { type: "string" },
      serve: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      revoke: { type: "string" },
    },
  });
  if (values.help) return undefined;
  const { cert, key, out, list, revoke } = values;
  const createPassword = values["create-password"];
  const problem = [
    (cert === undefined) !== (key === undefined) && "--cert and --key go together",
    ...[cert, key].map((file) => file !== undefined && !existsSync(file) && `there is no file ${file}`),
    ...out.map((file) => !kinds.includes(path.extname(file)) && `--out: ${file} is neither .mobileconfig nor .vcf`),
    ...out.map((file) => existsSync(file) && `--out: ${file} is there already`),
    createPassword?.trim() === "" && "--create-password: a name is missing, such as iPhone",
    createPassword !== undefined &&
      values.serve &&
      "--serve is not encrypted, and a profile with a password is secret: use --out",
    [list, revoke !== undefined, createPassword !== undefined].filter(Boolean).length > 1 &&
      "--list, --revoke and --create-password are for one at a time",
    revoke === "" && "--revoke: an id is missing; --list shows them",
  ].find((one) => typeof one === "string");
  if (problem !== undefined) throw new Error(problem as string);
  const signer = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  const { serve, pulumi, kubectl } = values;
  return { ...checked(values), out, createPassword, signer, serve, list, revoke, pulumi, kubectl };
}

/** The settings to enter in a mail program. */
export function settings(mailHost: string, address: string): string {
  const { imap, smtp, smtpAlternative, manageSieve } = clientSettings(mailHost);
  const row = (name: string, { host, port, security }: typeof imap): string[] => [name, host, `${port}`, security];
  const web = { host: `https://${mailHost}`, port: 443, security: "SSL/TLS" };
  const rows = [
    ["", "server", "port", "security"],
    row("incoming, IMAP", imap),
    row("outgoing, SMTP", smtp),
    row("outgoing, if 465 is blocked", smtpAlternative),
    row("filters, ManageSieve", manageSieve),
    row("calendars, CalDAV", web),
    row("contacts, CardDAV", web),
  ];
  return `${table(rows, "text")}\nuser name ${address}`;
}

const day = (time: string | undefined): string => time?.slice(0, 10) ?? "";

/** The app passwords of a mailbox. */
export function shown(all: readonly AppPassword[]): string {
  if (all.length === 0) return "there are no app passwords";
  const rows = all.map(({ id, description, createdAt, expiresAt }) => [
    id,
    description,
    day(createdAt),
    day(expiresAt),
  ]);
  return table([["id", "name", "created", "ends"], ...rows], "text");
}

/** The requested files, as bytes. */
export function files(out: readonly string[], args: ProfileArgs, signer?: Signer): { file: string; data: Buffer }[] {
  return out.map((file) => ({
    file,
    data: path.extname(file) === ".vcf" ? Buffer.from(vcard(args)) : profileFile(args, signer),
  }));
}

export function profileFile(args: ProfileArgs, signer: Signer | undefined): Buffer {
  const text = plist(profile(args));
  return signer === undefined ? Buffer.from(text) : signed(text, signer);
}

/** Runs a function with the app passwords of a mailbox, in the user's name. */
async function withPasswords<T>(
  options: DeviceOptions,
  secrets: string[],
  work: (passwords: AppPasswords) => Promise<T>,
): Promise<T> {
  const server = await openServer(options);
  secrets.push(...server.secrets);
  const { address } = mailboxNamed(server, options.mailbox);
  process.stdout.write(`cluster ${server.context}, stack ${server.stack}, mailbox ${options.mailbox}\n`);
  const over = new AbortController();
  try {
    const base = await server.forward(ports.stalwartHttp, over.signal);
    return await work(new AppPasswords(inNameOf(server, address, base)));
  } finally {
    over.abort();
  }
}

async function readConfig(options: DeviceOptions, secrets: string[]): Promise<StackConfig> {
  const stack = await readStack({ ...options, limit: 60_000 });
  if ("report" in stack) throw new Error(stack.report);
  secrets.push(...Object.values(stack.passwords), stack.relayPassword);
  return stack.config;
}

const LIMIT = 600_000;

async function main(secrets: string[]): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const { list, revoke, createPassword, signer, out } = options;
  const say = (text: string): void => void process.stdout.write(`${redactor(secrets)(text)}\n`);
  if (list) {
    say(shown(await withPasswords(options, secrets, (passwords) => passwords.list())));
    return 0;
  }
  if (revoke !== undefined) {
    const there = await withPasswords(options, secrets, (passwords) => passwords.destroy(revoke));
    if (!there) throw new Error(`--revoke: there is no app password ${revoke}; --list shows them`);
    say(`the app password ${revoke} has ended`);
    return 0;
  }
  const config = await readConfig(options, secrets);
  const { address, displayName } = mailboxNamed({ config }, options.mailbox);
  const { hosts } = config;
  const domain = address.slice(address.lastIndexOf("@") + 1);
  const about: ProfileArgs = { mailbox: options.mailbox, address, displayName, domain, mailHost: hosts.mail };
  // Before the password is created: if signing or writing fails, no password remains.
  if (signer !== undefined) profileFile(about, signer);
  let password: string | undefined;
  if (createPassword !== undefined) {
    password = await withPasswords(options, secrets, async (passwords) => {
      const made = await passwords.create({ description: createPassword });
      try {
        for (const { file, data } of files(out, { ...about, password: made.secret }, signer)) write(file, data);
      } catch (problem) {
        await passwords.destroy(made.id);
        throw problem;
      }
      return made.secret;
    });
  } else for (const { file, data } of files(out, about, signer)) write(file, data);
  say(settings(hosts.mail, address));
  const inProfile = out.some((file) => path.extname(file) === ".mobileconfig");
  if (password === undefined)
    say(`password  an app password; make one at ${accountUrl(hosts.mail)}, or with --create-password`);
  else if (inProfile)
    say("password  is in the profile: hand it over safely and delete the file when the device has it");
  else say(`password  ${password}  (shown once; whoever knows it reads the mail)`);
  for (const file of out) say(`written: ${file}`);
  if (!out.some((file) => path.extname(file) === ".vcf")) say(`\n${vcard(about).trimEnd()}`);
  if (options.serve) return handOver(profileFile(about, signer), say);
  if (process.stdout.isTTY && password === undefined)
    say(`\n${qrCode(accountUrl(hosts.mail))}\n${accountUrl(hosts.mail)}`);
  return 0;
}

const write = (file: string, data: Buffer): void => writeFileSync(file, data, { mode: 0o600, flag: "wx" });

async function handOver(data: Buffer, say: (text: string) => void): Promise<number> {
  const host = homeAddress();
  if (host === undefined) throw new Error("--serve: this machine has no address in a network that a phone could reach");
  const signal = interruptible(say, "ending");
  const { url, over } = await serve(data, host, LIMIT, signal);
  say(`\n${process.stdout.isTTY ? `${qrCode(url)}\n` : ""}${url}`);
  say(
    "scan it with the phone's camera, allow the download, then: Settings → Profile Downloaded → Install. Ctrl-C ends it",
  );
  const count = await over;
  say(
    count === 0 ? "the profile was not fetched" : `the profile was fetched ${count === 1 ? "once" : `${count} times`}`,
  );
  return 0;
}

if (require.main === module) runCommand(main);
