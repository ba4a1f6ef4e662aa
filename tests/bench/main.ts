import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs, promisify } from "node:util";
import type { Stack } from "@pulumi/pulumi/automation";
import { firstSentence } from "../../doctor/options";
import { type Engine, findEngine, openStack, projectEnvironment, projectFolder } from "../../sandbox/engine";
import { startControlPlane } from "../rig/cluster/controlplane";
import { ProcessFolder, sweep } from "../rig/cluster/processes";
import { type HostedProgram, serveProgram } from "../rig/fakes/languageHost";
import { toTerminal as log } from "../rig/tools/log";

const HELP = `npm run bench [-- OPTIONS]

Measures how long \`pulumi preview\` of the sample stack takes, beside empty programs, on a throwaway control plane.

  --rounds N   how often each is measured; 7 by default
`;

/** An invalid option ends the command with exit code 2 and one line, as in the other commands. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: { rounds: { type: "string", default: "7" }, help: { type: "boolean", default: false } },
    });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: a number from 1 up`);
    return { rounds, help: values.help };
  } catch (error) {
    process.stderr.write(`${firstSentence(error as Error)}\n`);
    process.exit(2);
  }
}

const { rounds, help } = readOptions();

const ROOT = path.join(__dirname, "..", "..");

interface Workspace {
  readonly home: string;
  readonly kubeconfig: string;
}

interface Subject {
  readonly name: string;
  /** Where the project's files and its state are. */
  readonly folder: string;
  readonly stack: string;
  readonly program: HostedProgram;
}

/** A program with no resources under the runtime's defaults: compiled and type checked at every run by ts-node. */
async function defaultProgram(
  engine: Engine,
  workspace: Workspace,
  stack: string,
  name: string,
  text: string,
): Promise<Subject> {
  const folder = path.join(workspace.home, stack);
  const code = path.join(folder, "code");
  fs.mkdirSync(code, { recursive: true });
  const compilerOptions = {
    strict: true,
    outDir: "bin",
    target: "es2020",
    module: "nodenext",
    moduleResolution: "nodenext",
  };
  fs.writeFileSync(path.join(code, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
  fs.writeFileSync(path.join(code, "package.json"), JSON.stringify({ name: "empty", main: "index.ts" }));
  fs.writeFileSync(path.join(code, "index.ts"), text);
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(code, "node_modules"));
  await openStack(engine, { folder, stack, kubeconfig: workspace.kubeconfig });
  return { name, folder, stack, program: { folder: code, main: "index.ts", typescript: true, nodeArgs: [] } };
}

/** This program, as Pulumi.yaml runs it; on a cluster that has nothing of it yet, or where it is up already. */
async function mailboxes(
  engine: Engine,
  { home, kubeconfig }: Workspace,
  count: number,
  isUp: "new" | "up" = "new",
): Promise<Subject> {
  const stack = `mailboxes${count}${isUp}`;
  const folder = path.join(home, stack);
  const opened: Stack = await openStack(engine, { folder, stack, kubeconfig });
  const more = Array.from({ length: count - 3 }, (_, n) => [
    `mailboxes.m${n}.password`,
    { value: `password-${n}`, secret: true },
  ]);
  await opened.setAllConfig({ namespace: { value: stack }, ...Object.fromEntries(more) }, true);
  if (isUp === "up") await opened.up();
  const nodeArgs = ["--require", "./start.cjs"];
  return {
    name: `sample stack, ${isUp}, ${count} mailboxes`,
    folder,
    stack,
    program: { folder: ROOT, main: "index.ts", typescript: false, nodeArgs },
  };
}

const run = promisify(execFile);

/** Seconds from typing `pulumi preview` to its last line. */
async function preview({ folder, stack, program }: Subject, engine: Engine, kubeconfig: string): Promise<number> {
  const { address, stop } = await serveProgram(program);
  const flags = [
    `--client=${address}`,
    "--exec-kind=auto.inline",
    "--stack",
    stack,
    "--non-interactive",
    "--color=never",
  ];
  const environment = { ...projectEnvironment({ folder, stack, kubeconfig }), PATH: engine.searchPath };
  const started = performance.now();
  try {
    await run(engine.pulumi.command, ["preview", ...flags], {
      cwd: projectFolder(folder),
      env: { ...process.env, ...environment },
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`the preview of ${stack} failed:\n${stdout}${stderr}`);
  } finally {
    stop();
  }
  return (performance.now() - started) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

function ratio(times: ReadonlyMap<string, number[]>, above: Subject, below: Subject, target?: number): void {
  const value = median(times.get(above.name) as number[]) / median(times.get(below.name) as number[]);
  const result = target && ` (${value <= target ? "within" : "ABOVE"} the target of ${target})`;
  log(`${above.name} / ${below.name}: ${value.toFixed(2)}${result ?? ""}`);
}

async function main(): Promise<void> {
  if (help) return void process.stdout.write(HELP);
  await sweep();
  const cluster = ProcessFolder.temporary();
  try {
    const { kubeconfig, folder } = await startControlPlane(cluster, log);
    const engine = await findEngine(folder.path, log);
    const workspace = { home: folder.file("bench"), kubeconfig };
    const nothing = await defaultProgram(engine, workspace, "nothing", "empty file", "export {};\n");
    // `pulumi new typescript` and `pulumi new kubernetes-typescript`, without the resources
    const sdk = 'import * as pulumi from "@pulumi/pulumi";\nexport const project = pulumi.getProject();\n';
    const empty = await defaultProgram(engine, workspace, "empty", "empty default program", sdk);
    const k8s = 'import * as k8s from "@pulumi/kubernetes";\nexport const provider = typeof k8s.Provider;\n';
    const kubernetes = await defaultProgram(engine, workspace, "kubernetes", "empty, with @pulumi/kubernetes", k8s);
    const few = await mailboxes(engine, workspace, 3);
    const many = await mailboxes(engine, workspace, 100);
    const deployed = await mailboxes(engine, workspace, 3, "up");
    const subjects = [nothing, empty, kubernetes, few, many, deployed];

    log(`\nSeconds of \`pulumi preview\`, one of each in turn, ${rounds} rounds after one that does not count:`);
    const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const subject of subjects) {
        const seconds = await preview(subject, engine, kubeconfig);
        if (round > 0) times.get(subject.name)?.push(seconds);
      }
    }
    for (const [name, list] of times) {
      const each = list.map((seconds) => seconds.toFixed(2)).join(" ");
      log(`  ${name.padEnd(30)} median ${median(list).toFixed(2)}   (${each})`);
    }
    log("");
    ratio(times, few, nothing);
    ratio(times, few, empty, 1.3);
    ratio(times, deployed, empty, 1.3);
    ratio(times, few, kubernetes);
    ratio(times, many, few, 2.5);
  } finally {
    await cluster.stop();
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
