import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterApi, contextOf, UnknownContext } from "../lib/kubectl";
import { reasonOf } from "../lib/reason";
import { buildChecks } from "./checks";
import { evaluateUnreadable, evaluateWrong } from "./checks/configuration/evaluate";
import { readStack, readState, type Stack, type State } from "./clients/pulumi";
import { createContext, limits, logins } from "./context";
import { groups, groupTitles } from "./groups";
import { notChecked } from "./notChecked";
import { HELP, type Options, readOptions } from "./options";
import { redacted } from "./redact";
import { exitCode, type Result, worst } from "./result";
import { type Check, runChecks } from "./run";
import { json, Progress, type Report, screen } from "./screen";
import { withholdUpdates } from "./withholdUpdates";

function secretsOf(stack: Stack, state: State | undefined): string[] {
  const { config, passwords, relayPassword, sources, migrations, secretUsers, apiKey } = stack;
  const addresses = config.addressesAreSecret ? logins(stack).map(({ address }) => address) : [];
  const elsewhere = [...Object.values(sources), ...Object.values(migrations)].map(({ password }) => password);
  return [
    ...Object.values(passwords),
    ...elsewhere,
    ...secretUsers,
    relayPassword,
    apiKey ?? "",
    state?.adminPassword ?? "",
    ...addresses,
  ];
}

/** Pending cleanups: of the pods of the network policy check, and of a message in transit. */
const pendingCleanups: Promise<unknown>[] = [];
const interruption = new AbortController();
const cleanedUp = (): Promise<unknown> => Promise.race([Promise.allSettled(pendingCleanups), sleep(limits.command)]);

async function examine(options: Options, kubeContext: string, progress: Progress): Promise<Report> {
  const started = Date.now();
  const report = (stack: string, results: readonly Result[]): Report => ({
    stack,
    context: kubeContext,
    results,
    took: Date.now() - started,
  });
  const withoutConfiguration = (stack: string, result: Result): Report => {
    const reason = "the configuration is not known";
    const others = groups.filter((group) => group !== "configuration");
    return report(stack, [result, ...others.map((group) => notChecked(group, "skipped", { reason }, []))]);
  };
  const args = { ...options, project: path.resolve(options.project), limit: limits.configuration };
  const state = readState(args);
  state.catch(() => {}); // the checks that need it report it
  const chosen = options.stack ?? "(the selected one)";
  progress.begin(groupTitles.configuration);
  const stack = await readStack(args).catch((problem: unknown) => reasonOf(problem));
  progress.end(groupTitles.configuration);
  if (typeof stack === "string")
    return withoutConfiguration(chosen, evaluateUnreadable(options.stack ?? "NAME", stack));
  if ("report" in stack) return withoutConfiguration(chosen, evaluateWrong(stack.report));

  const done = new AbortController();
  const context = createContext({
    stack,
    state,
    cluster: clusterApi({ ...kubectlArgs(options), namespace: stack.config.namespace }),
    kubeContext,
    resolvers: options.resolver,
    pods: !options["no-pods"],
    send: options.send,
    migration: options.migration,
    signal: AbortSignal.any([interruption.signal, done.signal]),
    registerCleanup: (work) => pendingCleanups.push(work),
  });
  const checks = buildChecks(context);
  const nameOf = ({ group, subject = "" }: Check): string => `${groupTitles[group]} ${subject}`.trim();
  for (const check of checks) progress.begin(nameOf(check));
  const results = await runChecks(checks, (check) => progress.end(nameOf(check)));
  done.abort();
  // Usually these have already ended; this only waits if the cluster has stopped responding during a check.
  await cleanedUp();
  const known = await state.catch(() => undefined);
  return report(stack.name, redacted(withholdUpdates(results), secretsOf(stack, known)));
}

/** Ctrl-C: created objects are removed first. */
async function interrupted(): Promise<void> {
  interruption.abort();
  await cleanedUp();
  process.exit(130);
}

const kubectlArgs = ({ kubectl: command, kubeconfig, context }: Options) => ({
  command,
  kubeconfig,
  context,
  limit: limits.command,
});

/** Without kubectl or its configuration the cluster checks report what is wrong. */
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
  const kubeContext = await contextNamed(options);
  for (;;) {
    const report = await examine(options, kubeContext, progress);
    process.stdout.write(options.json ? json(report) : screen(report, terminal));
    process.exitCode = exitCode(worst(report.results));
    if (!options.watch) break;
    await sleep(60_000);
  }
  // Connections of checks that timed out may still be open.
  process.stdout.write("", () => process.exit());
}

main().catch((problem) => {
  console.error(problem.message);
  process.exit(2);
});
