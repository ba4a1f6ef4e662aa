import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { looksAt } from "./looks";
import { kubectl } from "./observe/clusterApi";
import { publicResolvers } from "./observe/dns";
import { reasonOf } from "./observe/reason";
import { readStack, readState, type Stack, type State } from "./observe/stack";
import { lookAtAll } from "./run";
import { groupTitles, json, Progress, type Report, redacted, screen } from "./screen";
import { limits, logins } from "./sharing";
import { exitCode, groups, type Verdict, worst } from "./verdict";
import { judgeUnreadable, judgeWrong } from "./verdicts/configuration";
import { unseen } from "./verdicts/looking";

const HELP = `npm run doctor [-- OPTIONS]

Looks whether mail comes in, goes out and can be read, and says what mends what does not work. Reads, and changes nothing:
only two short-lived pods try the network policies, and --send sends one message and removes it again.
Ends with 0 when all is well, 1 with warnings, 2 with failures.

  --stack NAME         the stack; without it the selected one
  --project FOLDER     the folder with Pulumi.yaml and the stack's file; without it this one
  --kubeconfig FILE    without it kubectl's own choice
  --context NAME       the context in it
  --resolver ADDRESS   who is asked for DNS records, instead of ${publicResolvers.join(" and ")}; may be repeated
  --no-pods            makes no pods, and leaves the network policies untried
  --send               also sends a message through the provider to the first mailbox, waits for it and removes it
  --json               the same for programs
  --watch              looks again and again, a minute after the last time, until Ctrl-C
  --pulumi, --kubectl FILE   the programs to ask, where they are not on the PATH
`;

const { values: options } = parseArgs({
  options: {
    stack: { type: "string" },
    project: { type: "string", default: path.join(__dirname, "..") },
    kubeconfig: { type: "string" },
    context: { type: "string" },
    resolver: { type: "string", multiple: true, default: [...publicResolvers] },
    "no-pods": { type: "boolean", default: false },
    send: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    watch: { type: "boolean", default: false },
    pulumi: { type: "string", default: "pulumi" },
    kubectl: { type: "string", default: "kubectl" },
    help: { type: "boolean", default: false },
  },
});

function secretsOf(stack: Stack, state: State | undefined): string[] {
  const { config, passwords, relayPassword, apiKey } = stack;
  const addresses = config.addressesAreSecret ? logins(stack).map(({ address }) => address) : [];
  return [...Object.values(passwords), relayPassword, apiKey ?? "", state?.adminPassword ?? "", ...addresses];
}

/** What leaves something behind when it is not let finish: the trial's pods, a message on its way. */
const undertakings: Promise<unknown>[] = [];
const over = new AbortController();
const settled = (): Promise<unknown> => Promise.race([Promise.allSettled(undertakings), sleep(limits.command)]);

async function examine(progress: Progress): Promise<Report> {
  const started = Date.now();
  const report = (stack: string, verdicts: readonly Verdict[]): Report => ({
    stack,
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
  const cluster = kubectl({
    command: options.kubectl,
    namespace: stack.config.namespace,
    kubeconfig: options.kubeconfig,
    context: options.context,
    limit: limits.command,
  });
  const looks = looksAt({
    stack,
    state,
    cluster,
    resolvers: options.resolver,
    pods: !options["no-pods"],
    send: options.send,
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
  return report(stack.name, redacted(verdicts, secretsOf(stack, known)));
}

/** Ctrl-C: what was begun is cleared away first. */
async function interrupted(): Promise<void> {
  over.abort();
  await settled();
  process.exit(130);
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupted);
  const terminal = Boolean(process.stdout.isTTY) && !options.json;
  const progress = new Progress(process.stderr.isTTY ? (text) => process.stderr.write(text) : undefined);
  for (;;) {
    const report = await examine(progress);
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
