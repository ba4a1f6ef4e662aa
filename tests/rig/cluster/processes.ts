import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";

const PREFIX = "homelab-mail-sandbox-";
/** The process groups that belong to a cluster's folder, an id per line. */
const GROUPS = "groups";
/** The control groups that belong to it, a folder per line. */
export const CGROUPS = "cgroups";
const OWNER = "owner";

/**
 * Ends every process group listed in a folder, then removes the folder. Waits first until its standard input closes, which
 * happens however the process at the other end dies.
 */
const REAPER = `
cat >/dev/null
groups=$(cat "$1/${GROUPS}" 2>/dev/null)
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && alive=yes; done
  [ -z "$alive" ] && break
  sleep 0.1
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
# The namespaces of a node go with its last process, and with them its mounts and network; its control groups stay.
cat "$1/${CGROUPS}" 2>/dev/null | while read -r cgroup; do
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$cgroup" ] || break
    sleep 0.5
  done
done
rm -rf "$1"
`;

const reaper = (folder: string): ChildProcess =>
  spawn("/bin/sh", ["-c", REAPER, "reaper", folder], { detached: true, stdio: ["pipe", "ignore", "ignore"] });

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));

/** Ends what runs for a folder and removes it. */
export async function reap(folder: string): Promise<void> {
  const child = reaper(folder);
  child.stdin?.end();
  await ended(child);
}

export interface StartOptions {
  /** @default the program's file name */
  readonly name?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A folder and the processes started in it, which end together: at stop(), or when this process dies. */
export class ProcessFolder {
  private readonly guard: ChildProcess;
  private readonly children = new Map<string, ChildProcess>();

  constructor(readonly path: string) {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 });
    fs.writeFileSync(this.file(OWNER), `${process.pid}\n`);
    fs.writeFileSync(this.file(GROUPS), "");
    this.guard = reaper(path);
    this.guard.unref();
  }

  static temporary(): ProcessFolder {
    return new ProcessFolder(fs.mkdtempSync(path.join(os.tmpdir(), PREFIX)));
  }

  file(...parts: string[]): string {
    return path.join(this.path, ...parts);
  }

  /** Starts a program in a process group of its own; what it says goes to NAME.log. Gives its process id. */
  start(
    program: string,
    args: readonly string[],
    { name = path.basename(program), ...options }: StartOptions = {},
  ): number {
    const out = fs.openSync(this.file(`${name}.log`), "a", 0o600);
    const child = spawn(program, [...args], {
      cwd: this.path,
      detached: true,
      stdio: ["ignore", out, out],
      ...options,
    });
    fs.closeSync(out);
    child.unref();
    if (child.pid) fs.appendFileSync(this.file(GROUPS), `${child.pid}\n`);
    this.children.set(name, child);
    return child.pid ?? 0;
  }

  /** No longer expects a program to be alive: it is about to be ended on purpose. */
  forget(name: string): void {
    this.children.delete(name);
  }

  /** Ends one program, with those it has started, and waits for that. With SIGKILL none of them can clean up. */
  async end(name: string, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.children.get(name);
    this.forget(name);
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const gone = ended(child);
    try {
      process.kill(-child.pid, signal);
    } catch {
      // it has just ended by itself
    }
    await gone;
  }

  /** Throws with the end of its log when one of the programs has died. */
  assertAlive(): void {
    for (const [name, child] of this.children) {
      if (child.exitCode === null && child.signalCode === null) continue;
      const tail = fs
        .readFileSync(this.file(`${name}.log`), "utf8")
        .split("\n")
        .slice(-15)
        .join("\n");
      throw new Error(`${name} ended by itself (${child.signalCode ?? child.exitCode}). It said last:\n${tail}`);
    }
  }

  async stop(): Promise<void> {
    this.guard.ref();
    this.guard.stdin?.end();
    await ended(this.guard);
  }

  /** Lets the processes outlive this one. */
  release(): void {
    if (this.guard.pid) process.kill(-this.guard.pid, "SIGKILL");
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** Folders whose owner is no more: a machine that was switched off has no one left to tidy up. */
export async function sweep(): Promise<void> {
  for (const name of fs.readdirSync(os.tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(os.tmpdir(), name);
    let owner: number;
    try {
      owner = Number(fs.readFileSync(path.join(folder, OWNER), "utf8"));
    } catch {
      continue; // not ours, or not ready yet
    }
    if (!isAlive(owner)) await reap(folder);
  }
}

/** Ports of the loopback interface that nothing listens on now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<net.Server>((resolve, reject) => {
          const server = net.createServer();
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
