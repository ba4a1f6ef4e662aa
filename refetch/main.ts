import * as path from "node:path";
import { parseArgs } from "node:util";
import { readStack, type Stack } from "../doctor/clients/pulumi";
import { logins, sourceLogins } from "../doctor/context";
import { firstSentence, projectProblem, stackOptions } from "../doctor/options";
import { redactor } from "../doctor/redact";
import { type Refetched, refetch } from "./mailbox";
import { Notes, notesFile } from "./notes";

const HELP = `npm run refetch -- --stack NAME --since 2026-11-20 [OPTIONS]

Delivers again what the provider still keeps of the mail that was fetched since then: after a backup was put back, or a power
cut. The messages are copied to the fetcher's outbox at the provider; the fetcher then delivers them as all others. Stalwart
drops those that are in the inbox still. It can be interrupted with Ctrl-C, and goes on when it is run again.
Ends with 0 when all is delivered, 1 when not, 2 with options that it does not take.

  --stack NAME       the stack; without it the selected one
  --since DATE       the first day, in UTC. Take the day before the backup: what comes twice does no harm
  --mailbox NAME     only this mailbox and its sources; may be repeated
  --again            also what an earlier run has copied: for when a backup was put back once more
  --newest-first     of two messages with one Message-ID and subject, Stalwart keeps the one that comes first in the inbox
  --project FOLDER   the folder with Pulumi.yaml and the stack's file; without it this one
  --pulumi FILE      the Pulumi CLI, where it is not on the PATH
`;

interface Options {
  readonly stack?: string | undefined;
  readonly since: string;
  readonly mailbox: readonly string[];
  readonly again: boolean;
  readonly newestFirst: boolean;
  readonly project: string;
  readonly pulumi: string;
}

function dateProblem(since: string | undefined, today: string): string | undefined {
  if (since === undefined) return "--since is missing: the first day, as 2026-11-20";
  const time = /^\d{4}-\d\d-\d\d$/.test(since) ? Date.parse(since) : Number.NaN;
  const real = Number.isFinite(time) && new Date(time).toISOString().startsWith(since);
  if (!real) return `--since: ${since} is not a date such as 2026-11-20`;
  return since > today ? `--since: ${since} is in the future` : undefined;
}

/** The options; undefined if only the help is requested. */
export function readOptions(args: readonly string[], today: string): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...stackOptions,
      since: { type: "string" },
      mailbox: { type: "string", multiple: true, default: [] },
      again: { type: "boolean", default: false },
      "newest-first": { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const project = path.resolve(values.project);
  const noStack = values.stack === "" ? "--stack: a name is missing" : undefined;
  const problem = noStack ?? dateProblem(values.since, today) ?? projectProblem(project);
  if (problem !== undefined) throw new Error(problem);
  return { ...values, since: values.since as string, newestFirst: values["newest-first"], project };
}

const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);

/** The result for one mailbox, in one line. */
export function outcome(mailbox: string, { copied, before, waiting, problem }: Refetched): string {
  const earlier = before === 0 ? "" : `; an earlier run had copied ${messages(before)} (--again copies them once more)`;
  if (problem !== undefined) {
    return `${mailbox}: ${messages(copied)} copied, ${waiting} of the outbox not delivered yet${earlier}; ${problem}`;
  }
  return `${mailbox}: ${messages(copied)} delivered again${earlier}`;
}

/** Each mailbox's account at the provider and those of its sources: all of them keep fetched mail. */
export const accounts = (stack: Stack) => [
  ...logins(stack).map((login) => ({ ...login, imap: stack.config.provider.imap, title: login.mailbox })),
  ...sourceLogins(stack).map(({ source, ...login }) => ({ ...login, title: `${login.mailbox}/${source}` })),
];

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), new Date().toISOString().slice(0, 10));
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const stack = await readStack({ ...options, limit: 30_000 });
  if ("report" in stack) throw new Error(stack.report);
  const { config, passwords, sources, name } = stack;
  const all = logins(stack);
  const unknown = options.mailbox.find((wanted) => !all.some(({ mailbox }) => mailbox === wanted));
  if (unknown !== undefined) {
    throw new Error(`--mailbox: there is no ${unknown}; there are ${all.map(({ mailbox }) => mailbox).join(", ")}`);
  }
  const clean = redactor([
    ...Object.values(passwords),
    ...Object.values(sources).map(({ password }) => password),
    ...(config.addressesAreSecret ? all.map(({ address }) => address) : []),
  ]);
  const say = (text: string): void => void process.stdout.write(`${clean(text)}\n`);
  const stop = new AbortController();
  process.once("SIGINT", () => {
    say("stopping after what is being copied");
    stop.abort();
    process.once("SIGINT", () => process.exit(130));
  });
  process.once("SIGTERM", () => stop.abort());
  const notes = Notes.open(notesFile(name));
  const wanted = accounts(stack).filter(
    ({ mailbox }) => options.mailbox.length === 0 || options.mailbox.includes(mailbox),
  );
  const results = await Promise.all(
    wanted.map(async ({ imap, title, ...login }) => {
      const own = notes.of(imap.host, login.address);
      if (options.again) own.forget();
      const { since, newestFirst } = options;
      const result = await refetch({
        imap,
        login: { ...login, mailbox: title },
        ca: config.trust.certificates,
        since,
        newestFirst,
        notes: own,
        signal: stop.signal,
        say,
      });
      return { mailbox: title, result };
    }),
  );
  for (const { mailbox, result } of results) say(outcome(mailbox, result));
  if (stop.signal.aborted) return 130;
  return results.some(({ result }) => result.problem !== undefined) ? 1 : 0;
}

if (require.main === module) {
  main().then(
    (code) => process.stdout.write("", () => process.exit(code)),
    (problem) => {
      console.error(problem instanceof TypeError ? firstSentence(problem) : problem.message);
      process.exit(2);
    },
  );
}
