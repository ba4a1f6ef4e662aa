import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { type Log, onPath } from "../rig";

/** The cluster's name, with which the cluster of an interrupted run is found. */
const NAME = "homelab-mail-sandbox";

interface Program {
  readonly install: string;
  readonly list: readonly string[];
  readonly create: (kubeconfig: string) => readonly string[];
  /** Prints the kubeconfig, if `create` does not write it. */
  readonly print?: readonly string[];
  readonly remove: readonly string[];
}

/** https://kind.sigs.k8s.io/docs/user/quick-start/ and https://k3d.io/stable/usage/commands/, the preferred one first. */
const PROGRAMS = {
  kind: {
    install: "https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
    list: ["get", "clusters"],
    create: (kubeconfig) => ["create", "cluster", "--name", NAME, "--kubeconfig", kubeconfig, "--wait", "5m"],
    remove: ["delete", "cluster", "--name", NAME],
  },
  k3d: {
    install: "https://k3d.io/stable/#installation",
    list: ["cluster", "list", "--no-headers"],
    // The user's own kubeconfig is not changed. The sandbox has its own browser access, so Traefik is not needed.
    create: () => [
      ...["cluster", "create", NAME, "--wait", "--timeout", "5m", "--k3s-arg", "--disable=traefik@server:0"],
      ...["--kubeconfig-update-default=false", "--kubeconfig-switch-context=false"],
    ],
    print: ["kubeconfig", "get", NAME],
    remove: ["cluster", "delete", NAME],
  },
} as const satisfies Record<string, Program>;

export type LocalProgram = keyof typeof PROGRAMS;

export const localPrograms = Object.keys(PROGRAMS) as LocalProgram[];

export const installed = (): LocalProgram[] => localPrograms.filter((name) => onPath(name));

export const installHint = (name: LocalProgram): string =>
  `${name} is not on PATH; install it: ${PROGRAMS[name].install}`;

/** Runs the program with the sandbox's kubeconfig, so that it does not change the user's. */
const environment = (kubeconfig: string): NodeJS.ProcessEnv => ({ ...process.env, KUBECONFIG: kubeconfig });

function output(name: LocalProgram, args: readonly string[], kubeconfig: string): string {
  const { status, stdout, stderr, error } = spawnSync(name, args, { encoding: "utf8", env: environment(kubeconfig) });
  if (error || status !== 0) {
    throw new Error(`${name} ${args.join(" ")} failed: ${error?.message ?? stderr.trim()}`);
  }
  return stdout;
}

const exists = (name: LocalProgram, kubeconfig: string): boolean =>
  output(name, PROGRAMS[name].list, kubeconfig)
    .split("\n")
    .some((line) => line.split(/\s/)[0] === NAME);

/** Creates a cluster in containers and waits until it is ready; returns its kubeconfig, in `folder`. */
export async function createLocalCluster(name: LocalProgram, folder: string, signal: AbortSignal): Promise<string> {
  const kubeconfig = path.join(folder, `${name}.kubeconfig`);
  const program: Program = PROGRAMS[name];
  if (exists(name, kubeconfig)) {
    throw new Error(
      `${name} has a cluster ${NAME} from an earlier run: remove it first, with: npm run sandbox -- --live --stop`,
    );
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(name, program.create(kubeconfig), {
      stdio: ["ignore", "inherit", "inherit"],
      env: environment(kubeconfig),
    });
    signal.addEventListener("abort", () => child.kill(), { once: true });
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0 || signal.aborted) {
    try {
      removeLocalCluster(name, kubeconfig); // removes a cluster that was created in part
    } catch {
      // without a container engine, there is nothing to remove
    }
    signal.throwIfAborted();
    throw new Error(`${name} could not create a cluster; its output is above. Is a container engine running?`);
  }
  if (program.print) fs.writeFileSync(kubeconfig, output(name, program.print, kubeconfig), { mode: 0o600 });
  return kubeconfig;
}

export function removeLocalCluster(name: LocalProgram, kubeconfig: string): void {
  output(name, PROGRAMS[name].remove, kubeconfig);
}

/** Removes the cluster of an interrupted run. */
export function removeLeftClusters(log: Log, folder: string): void {
  const left = installed().filter((name) => exists(name, path.join(folder, "none")));
  for (const name of left) {
    removeLocalCluster(name, path.join(folder, "none"));
    log(`The ${name} cluster ${NAME} is removed.`);
  }
  if (left.length === 0) log("No cluster of an earlier run is left.");
}
