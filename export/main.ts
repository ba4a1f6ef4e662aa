import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { redactor } from "../doctor/redact";
import { reasonOf } from "../lib/reason";
import { MailboxAccess } from "../mailbox/access";
import { checked, interruptible, mailboxHelp, mailboxOptions, runCommand } from "../mailbox/command";
import { slugOf } from "../mailbox/components";
import { Connection } from "../mailbox/connection";
import type { Dav } from "../mailbox/dav";
import { type Manifest, manifestFile, readManifest } from "../mailbox/manifest";
import { Progress, printable, table } from "../mailbox/progress";
import { mailboxNamed, openServer } from "../mailbox/server";
import type { SieveScripts } from "../mailbox/sieve";
import { type Exported, exportGroupware, writeWhole } from "./groupware";
import { countFolder, fetchFolder, planMail } from "./mail";

const HELP = `npm run export -- --stack NAME --mailbox NAME [OPTIONS] FOLDER

Writes all of a mailbox into a folder: mail as a Maildir with flags and dates, calendars as .ics, contacts as .vcf, filters as
.sieve. Any mail server takes that, and so does \`npm run import\`. It can be interrupted with Ctrl-C, and fetches what is
missing when it is run again. Nothing is changed in the mailbox. At the end it counts what is here and what is there.
Ends with 0 when all is here, 1 when not, 2 with options that it does not take.

${mailboxHelp}`;

export interface ExportOptions extends ReturnType<typeof checked> {
  readonly target: string;
  readonly pulumi: string;
  readonly kubectl: string;
}

/** The options; undefined if only the help is requested. */
export function readOptions(args: readonly string[]): ExportOptions | undefined {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: mailboxOptions });
  if (values.help) return undefined;
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) throw new Error("one folder to write into is wanted");
  return { ...checked(values), target: path.resolve(target), pulumi: values.pulumi, kubectl: values.kubectl };
}

/** Creates the folder, or continues an earlier export in it; refuses a folder with other content. */
export async function openTarget(target: string): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o700 });
  if (readManifest(target) === undefined && (await readdir(target)).length > 0) {
    throw new Error(`${target} is not empty, and no export wrote it`);
  }
  const empty: Manifest = { format: 1, contacts: {}, sieve: {} };
  if (!existsSync(manifestFile(target))) await writeWhole(manifestFile(target), JSON.stringify(empty));
}

export interface Row {
  readonly name: string;
  readonly here: number;
  readonly there: number;
}

export interface ExportArgs {
  readonly access: { imap: MailboxAccess["imap"]; dav(): Dav; sieve(): Pick<SieveScripts, "list"> };
  readonly target: string;
  readonly signal: AbortSignal;
  /** Created when the number of bytes to fetch is known. */
  readonly progress: (total: number) => Progress;
  /** Milliseconds until the first attempt to connect again. @default 1 s */
  readonly pause?: number;
}

/** Exports a whole mailbox into a folder; messages that are exported already are not fetched again. */
export async function exportAll({ access, target, signal, progress, pause }: ExportArgs) {
  const connection = new Connection({ connect: () => access.imap(), signal, ...(pause !== undefined && { pause }) });
  const args = { connection, target, signal };
  const rows: Row[] = [];
  const notes: string[] = [];
  try {
    const plans = await planMail(args);
    const shown = progress(plans.reduce((sum, { missing }) => missing.reduce((all, { size }) => all + size, sum), 0));
    let [fetched, count] = [0, 0];
    for (const plan of plans) {
      await fetchFolder(args, plan, (size) => {
        fetched += size;
        count += 1;
        shown.update(fetched, count);
      });
      const { dropped } = plan;
      if (dropped.length > 0)
        notes.push(`${plan.path}: a Maildir has 26 keywords at most; left out: ${dropped.join(" ")}`);
    }
    if (signal.aborted) return { rows, notes };
    const groupware: Exported[] = [
      ...(await exportGroupware(access.dav(), "cal", target, signal)),
      ...(await exportGroupware(access.dav(), "card", target, signal)),
    ];
    const scripts = await access.sieve().list();
    await mkdir(path.join(target, "sieve"), { recursive: true, mode: 0o700 });
    const sieve: Manifest["sieve"] = {};
    for (const { name, text, active } of scripts) {
      let slug = slugOf(name);
      while (sieve[`sieve/${slug}.sieve`] !== undefined) slug += "-2";
      const file = `sieve/${slug}.sieve`;
      await writeWhole(path.join(target, file), text);
      sieve[file] = { name, active };
    }
    const books = groupware.filter(({ file }) => file.startsWith("contacts"));
    const contacts = Object.fromEntries(books.map(({ file, name }) => [file, name]));
    await writeWhole(manifestFile(target), JSON.stringify({ format: 1, contacts, sieve } satisfies Manifest, null, 2));
    for (const plan of plans) rows.push({ name: plan.path, ...(await countFolder(connection, plan)) });
    for (const { title, here, there } of groupware) rows.push({ name: title, here, there });
    if (scripts.length > 0) rows.push({ name: "filters", here: scripts.length, there: scripts.length });
    return { rows, notes };
  } finally {
    await connection.close();
  }
}

export const isWhole = (rows: readonly Row[]): boolean => rows.every(({ here, there }) => here === there);

/** The counts of the export and the server, as a table. */
export function summary(rows: readonly Row[], notes: readonly string[]): string {
  const lines = rows.map(({ name, here, there }) => [name, `${here}`, `${there}`, here === there ? "" : "differs"]);
  const differ = isWhole(rows) ? [] : ["something changed in the mailbox meanwhile; run it again"];
  return [table([["folder", "here", "in the mailbox", ""], ...lines]), ...notes, ...differ].join("\n");
}

async function main(secrets: string[]): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const { target } = options;
  const server = await openServer(options);
  secrets.push(...server.secrets);
  const mailbox = mailboxNamed(server, options.mailbox);
  await openTarget(target);
  let shown: Progress | undefined;
  const progress = (total: number): Progress => {
    const write = (text: string): void => void process.stderr.write(text);
    shown = new Progress({ total, terminal: Boolean(process.stderr.isTTY), write });
    return shown;
  };
  const say = (text: string): void => {
    shown?.clear();
    process.stdout.write(`${printable(redactor(secrets)(text))}\n`);
  };
  const signal = interruptible(say, "stopping after the message that is being fetched");
  say(`cluster ${server.context}, stack ${server.stack}, mailbox ${mailbox.name}`);
  const access = await MailboxAccess.open(server, mailbox, "export");
  secrets.push(access.secret);
  try {
    const { rows, notes } = await exportAll({ access, target, signal, progress });
    if (signal.aborted) {
      say("interrupted; run it again to go on");
      return 130;
    }
    say(summary(rows, notes));
    return isWhole(rows) ? 0 : 1;
  } catch (problem) {
    say(`the export is not complete (${reasonOf(problem)}); run it again to go on`);
    return signal.aborted ? 130 : 1;
  } finally {
    await access.close().catch(() => say("the app password of this run could not be removed; it ends in 7 days"));
  }
}

if (require.main === module) runCommand(main);
