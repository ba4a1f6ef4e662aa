import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { looksAt } from "./looks";
import { contextOf, kubectl, UnknownContext } from "./observe/clusterApi";
import { reasonOf } from "./observe/reason";
import { readStack, readState, type Stack, type State } from "./observe/stack";
import { HELP, type Options, readOptions } from "./options";
import { redacted } from "./redact";
import { lookAtAll } from "./run";
import { groupTitles, json, Progress, type Report, screen } from "./screen";
import { limits, logins } from "./sharing";
import { exitCode, groups, type Verdict, worst } from "./verdict";
import { heedingContext, judgeUnreadable, judgeWrong } from "./verdicts/configuration";
import { unseen } from "./verdicts/looking";

function secretsOf(stack: Stack, state: State | undefined): string[] {
  const { config, passwords, relayPassword, migrations, apiKey } = stack;
  const addresses = config.addressesAreSecret ? logins(stack).map(({ address }) => address) : [];
  const sources = Object.values(migrations).map(({ password }) => password);
  return [
    ...Object.values(passwords),
    ...sources,
    relayPassword,
    apiKey ?? "",
    state?.adminPassword ?? "",
    ...addresses,
  ];
}

/** What leaves something behind when it is not let finish: the trial's pods, a message on its way. */
const undertakings: Promise<unknown>[] = [];
const over = new AbortController();
const settled = (): Promise<unknown> => Promise.race([Promise.allSettled(undertakings), sleep(limits.command)]);

async function examine(options: Options, context: string, progress: Progress): Promise<Report> {
  const started = Date.now();
  const report = (stack: string, verdicts: readonly Verdict[]): Report => ({
    stack,
    context,
    verdicts,
    took: Date.now() - started,
  });
  const withoutConfiguration = (stack: string, verdict: Verdict): Report => {
    const reason = "the configuration is not known";
    const others = groups.filter((group) => group !== "configuration");
    return report(stack, [verdict, ...others.map((group) => unseen(group, "skipped", { reason }, []))]);
  };
  const about = { ...options, project: path.resolve(options.project), limit: limits.configuration };
  const state = readState(about);
  state.catch(() => {}); // whoever needs it says so
  const chosen = options.stack ?? "(the selected one)";
  progress.begin(groupTitles.configuration);
  const stack = await readStack(about).catch((problem: unknown) => reasonOf(problem));
  progress.end(groupTitles.configuration);
  if (typeof stack === "string") return withoutConfiguration(chosen, judgeUnreadable(options.stack ?? "NAME", stack));
  if ("report" in stack) return withoutConfiguration(chosen, judgeWrong(stack.report));

  const done = new AbortController();
  const cluster = kubectl({ ...kubectlArgs(options), namespace: stack.config.namespace });
  const looks = looksAt({
    stack,
    state,
    cluster,
    context,
    resolvers: options.resolver,
    pods: !options["no-pods"],
    send: options.send,
    migration: options.migration,
    over: AbortSignal.any([over.signal, done.signal]),
    undertake: (work) => undertakings.push(work),
  });
  const nameOf = ({ group, subject = "" }: (typeof looks)[number]): string => `${groupTitles[group]} ${subject}`.trim();
  for (const one of looks) progress.begin(nameOf(one));
  const verdicts = await lookAtAll(looks, (one) => progress.end(nameOf(one)));
  done.abort();
  // Usually long done: only a cluster that stopped answering in the middle is waited for here.
  await settled();
  const known = await state.catch(() => undefined);
  return report(stack.name, redacted(heedingContext(verdicts), secretsOf(stack, known)));
}

/** Ctrl-C: what was begun is cleared away first. */
async function interrupted(): Promise<void> {
  over.abort();
  await settled();
  process.exit(130);
}

const kubectlArgs = ({ kubectl: command, kubeconfig, context }: Options) => ({
  command,
  kubeconfig,
  context,
  limit: limits.command,
});

/** Without kubectl or its configuration the cluster's group says what is wrong. */
const contextNamed = (options: Options): Promise<string> =>
  contextOf(kubectlArgs(options)).catch((problem: unknown) => {
    if (problem instanceof UnknownContext) throw problem;
    return "unknown";
  });

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === "string") throw new Error(options);
  if (options.help) return void process.stdout.write(HELP);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupted);
  const terminal = Boolean(process.stdout.isTTY) && !options.json;
  const progress = new Progress(process.stderr.isTTY ? (text) => process.stderr.write(text) : undefined);
  const context = await contextNamed(options);
  for (;;) {
    const report = await examine(options, context, progress);
    process.stdout.write(options.json ? json(report) : screen(report, terminal));
    process.exitCode = exitCode(worst(report.verdicts));
    if (!options.watch) break;
    await sleep(60_000);
  }
  // Connections that were given up may still be open, and nobody waits for them.
  process.stdout.write("", () => process.exit());
}

main().catch((problem) => {
  console.error(problem.message);
  process.exit(2);
});
