import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";
import { findPlugins, findTools, type Log } from "./rig";

const ROOT = path.join(__dirname, "..");

/** Not a real secret: the sample stack's passwords are throwaway. */
export const SAMPLE_PASSPHRASE = "sandbox";

/** The Pulumi CLI and what it needs to run. */
export interface Engine {
  readonly pulumi: PulumiCommand;
  readonly searchPath: string;
}

/** Finds the CLI and both resource plugins; `scratch` gets the fakes of those that are not available. */
export async function findEngine(scratch: string, log: Log): Promise<Engine> {
  const { pulumi: file } = (await findTools(["pulumi"], log)) as { pulumi: string };
  const root = path.dirname(path.dirname(file));
  // PulumiCommand expects an installation's root with a folder bin/, so one is created for a single file.
  const home = path.basename(path.dirname(file)) === "bin" ? root : installation(file, scratch);
  const pulumi = await PulumiCommand.get({ root: home });
  const plugins = await findPlugins(pulumi, scratch, log);
  return { pulumi, searchPath: [plugins, process.env.PATH].filter(Boolean).join(path.delimiter) };
}

/** Downloads or builds what findEngine returns, before it is needed. */
export async function prepareEngine(log: Log): Promise<void> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "homelab-mail-prepare-"));
  try {
    await findEngine(scratch, log);
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}

function installation(file: string, scratch: string): string {
  const home = path.join(scratch, "pulumi");
  fs.mkdirSync(path.join(home, "bin"), { recursive: true });
  fs.rmSync(path.join(home, "bin", "pulumi"), { force: true });
  fs.symlinkSync(file, path.join(home, "bin", "pulumi"));
  return home;
}

export interface ProjectArgs {
  /** The folder for the project's files and its state. */
  readonly folder: string;
  readonly stack: string;
  readonly kubeconfig: string;
  /** @default the program of this repository */
  readonly program?: PulumiFn;
  /** @default the sample stack's */
  readonly passphrase?: string;
}

/** The environment in which the CLI finds only this project's stacks. */
export function projectEnvironment({ folder, kubeconfig, passphrase }: ProjectArgs): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: passphrase ?? SAMPLE_PASSPHRASE,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    KUBECONFIG: kubeconfig,
  };
}

export const projectFolder = (folder: string): string => path.join(folder, "project");

/**
 * A project like this repository, in which users can run `pulumi up`, with the sample stack's configuration. An existing
 * configuration is kept, because users may have changed it.
 */
export function writeProject(folder: string, stack: string): void {
  const project = projectFolder(folder);
  fs.mkdirSync(path.join(folder, "state"), { recursive: true });
  fs.mkdirSync(project, { recursive: true });
  fs.copyFileSync(path.join(ROOT, "Pulumi.yaml"), path.join(project, "Pulumi.yaml"));
  fs.writeFileSync(path.join(project, "index.ts"), `export = require(${JSON.stringify(path.join(ROOT, "index"))});\n`);
  // The path where Pulumi looks for the SDK, and the file that Pulumi.yaml loads before the program.
  for (const name of ["node_modules", "package.json", "start.cjs"]) {
    const link = path.join(project, name);
    if (!fs.existsSync(link)) fs.symlinkSync(path.join(ROOT, name), link);
  }
  const file = path.join(project, `Pulumi.${stack}.yaml`);
  if (!fs.existsSync(file)) fs.copyFileSync(path.join(__dirname, "sample-stack", "Pulumi.sandbox.yaml"), file);
}

/** The program of this repository, loaded at its first run, while the CLI starts. */
export const thisProgram: PulumiFn = async () => (require("../index") as () => Promise<Record<string, unknown>>)();

/** A stack of this project on a cluster: a real engine, whose program runs in this process. */
export async function openStack(engine: Engine, args: ProjectArgs): Promise<Stack> {
  writeProject(args.folder, args.stack);
  return LocalWorkspace.createOrSelectStack(
    { stackName: args.stack, projectName: "homelab-mail", program: args.program ?? thisProgram },
    {
      workDir: projectFolder(args.folder),
      pulumiCommand: engine.pulumi,
      envVars: { ...projectEnvironment(args), PATH: engine.searchPath },
    },
  );
}
