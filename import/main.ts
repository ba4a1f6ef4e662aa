import { parseArgs } from "node:util";
import { sizeLimits } from "../config/limits";
import { redactor } from "../doctor/redact";
import { reasonOf } from "../lib/reason";
import { MailboxAccess } from "../mailbox/access";
import { checked, interruptible, mailboxHelp, mailboxOptions, runCommand } from "../mailbox/command";
import { Rejected } from "../mailbox/connection";
import { messages, Progress, printable, table } from "../mailbox/progress";
import { mailboxNamed, openServer } from "../mailbox/server";
import type { SieveScripts } from "../mailbox/sieve";
import { Destination } from "./destination";
import { importFilters } from "./filters";
import { importGroupware } from "./groupware";
import { emptyOutcome, importMail, type Outcome } from "./mail";
import { type Quoting, quotings } from "./mbox";
import { readMap } from "./placing";
import { findSources, messagesOf, type Sources } from "./sources";

const HELP = `npm run import -- --stack NAME --mailbox NAME [OPTIONS] FILE OR FOLDER...

Brings mail, calendars and contacts from files into a mailbox: an unpacked Google Takeout, mbox files, Maildir folders, .ics,
.vcf, and what \`npm run export\` wrote. Folders are searched. What is in the mailbox already is left out (by Message-ID and
size), so that it can be interrupted with Ctrl-C and goes on when it is run again. Nothing is deleted or changed, here or there.
Ends with 0 when all is there, 1 when something could not be brought over, 2 with options that it does not take.

${mailboxHelp}  --map LABEL=FOLDER   where messages with that Gmail label, or of that folder, go; may be repeated
  --folder NAME        the folder for mbox files without labels; without it the file's own name
  --quoting RULE       how lines that begin with From are quoted in mbox files: ${quotings.join(", ")}; without it mboxrd
  --dry-run            counts, and brings nothing over
`;

export interface ImportOptions extends ReturnType<typeof checked> {
  readonly places: readonly string[];
  readonly map: ReadonlyMap<string, string>;
  readonly folder: readonly string[] | undefined;
  readonly quoting: Quoting;
  readonly dryRun: boolean;
  readonly pulumi: string;
  readonly kubectl: string;
}

/** The options; undefined if only the help is requested. */
export function readOptions(args: readonly string[]): ImportOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...mailboxOptions,
      map: { type: "string", multiple: true, default: [] },
      folder: { type: "string" },
      quoting: { type: "string", default: "mboxrd" },
      "dry-run": { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const quoting = quotings.find((rule) => rule === values.quoting);
  if (quoting === undefined) throw new Error(`--quoting: ${values.quoting} is none of ${quotings.join(", ")}`);
  if (positionals.length === 0) throw new Error("a file or folder to import is missing");
  const folder = values.folder?.split("/").filter(Boolean);
  if (folder?.length === 0) throw new Error("--folder: a name is missing");
  return {
    ...checked(values),
    places: positionals,
    map: readMap(values.map),
    folder,
    quoting,
    dryRun: values["dry-run"],
    pulumi: values.pulumi,
    kubectl: values.kubectl,
  };
}

/** The result, as a table and lines. */
export function summary(
  { folders, problems, failed, deleted }: Outcome,
  dryRun: boolean,
  unread: readonly string[] = [],
): string {
  const sorted = [...folders].sort(([a], [b]) => a.localeCompare(b));
  const sum = (key: "imported" | "there" | "failed"): number => sorted.reduce((all, [, one]) => all + one[key], 0);
  const rows = [
    ["folder", dryRun ? "to import" : "imported", "there already", "not imported"],
    ...sorted.map(([name, one]) => [name, `${one.imported}`, `${one.there}`, `${one.failed}`]),
    ["in all", `${sum("imported")}`, `${sum("there")}`, `${sum("failed")}`],
  ];
  const notes = [
    ...(deleted > 0 ? [`${messages(deleted)} marked as deleted in the files: left out`] : []),
    ...(failed > 0 ? ["not imported:", ...problems.map((line) => `  ${printable(line)}`)] : []),
    ...(unread.length > 0 ? ["not read, and may hold mail: unpack these, or have them exported as mbox"] : []),
    ...unread.map((file) => `  ${printable(file)}`),
  ];
  return [table(rows), ...notes].join("\n");
}

export interface ImportArgs {
  readonly sources: Sources;
  readonly access: Pick<MailboxAccess, "imap" | "dav"> & { sieve(): Pick<SieveScripts, "add"> };
  readonly options: Pick<ImportOptions, "map" | "folder" | "quoting" | "dryRun">;
  /** Bytes of the largest message that the server accepts. */
  readonly largest: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly outcome: Outcome;
  /** Milliseconds until the first attempt to connect again. @default 1 s */
  readonly pause?: number;
}

/** Creates folders even if they have no messages. A folder that the server refuses is reported with each of its messages. */
async function emptyFolder(destination: Destination, path: readonly string[]): Promise<void> {
  try {
    await destination.folder({ path });
  } catch (problem) {
    if (!(problem instanceof Rejected)) throw problem;
  }
}

/** Imports everything from the sources into the mailbox. Fails if the server becomes unreachable. */
export async function importAll(args: ImportArgs): Promise<void> {
  const { sources, access, options, largest, signal, progress, outcome, pause } = args;
  let [read, count] = [0, 0];
  const done = (): void => {
    count += 1;
    progress.update(read, count);
  };
  const advance = (bytes: number): void => {
    read += bytes;
  };
  const destination = new Destination({ connect: () => access.imap(), signal, ...(pause !== undefined && { pause }) });
  const seen = new Map<string, number>();
  try {
    for (const source of sources.mail) {
      if (source.kind === "maildir" && !options.dryRun) await emptyFolder(destination, source.path);
      const found = messagesOf(source, { ...options, largest, read: advance });
      await importMail({ ...options, found, destination, outcome, signal, done, seen });
      if (signal.aborted) return;
    }
    const common = { outcome, dryRun: options.dryRun, signal, done };
    for (const file of sources.calendars) await importGroupware({ ...common, dav: access.dav(), kind: "cal", file });
    for (const one of sources.contacts) await importGroupware({ ...common, dav: access.dav(), kind: "card", ...one });
    await importFilters({ ...common, filters: sources.sieve, scripts: () => access.sieve() });
  } finally {
    await destination.close();
  }
}

async function main(secrets: string[]): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const sources = await findSources(options.places);
  const { mail, calendars, contacts, sieve } = sources;
  if (mail.length + calendars.length + contacts.length + sieve.length === 0)
    throw new Error("there is nothing to import in it");
  const server = await openServer(options);
  secrets.push(...server.secrets);
  const mailbox = mailboxNamed(server, options.mailbox);
  const write = (text: string): void => void process.stderr.write(text);
  const total = mail.reduce((sum, { size }) => sum + size, 0);
  const progress = new Progress({ total, terminal: Boolean(process.stderr.isTTY), write });
  const say = (text: string): void => {
    progress.clear();
    process.stdout.write(`${printable(redactor(secrets)(text))}\n`);
  };
  const signal = interruptible(say, "stopping after the message that is being brought over");
  say(`cluster ${server.context}, stack ${server.stack}, mailbox ${mailbox.name}`);
  const access = await MailboxAccess.open(server, mailbox, "import");
  secrets.push(access.secret);
  const outcome = emptyOutcome();
  let problem: string | undefined;
  try {
    const largest = sizeLimits(server.config.provider.largestMessage).received;
    await importAll({ sources, access, options, largest, signal, progress, outcome });
  } catch (error) {
    problem = reasonOf(error);
  } finally {
    await access.close().catch(() => say("the app password of this run could not be removed; it ends in 7 days"));
  }
  say(summary(outcome, options.dryRun, sources.unread));
  if (signal.aborted) say("interrupted; run it again to go on");
  else if (problem !== undefined)
    say(`the mail server could not be reached any more (${problem}); run it again to go on`);
  if (signal.aborted) return 130;
  return problem !== undefined || outcome.failed > 0 ? 1 : 0;
}

if (require.main === module) runCommand(main);
