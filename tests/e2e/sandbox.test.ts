import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clientOf } from "../rig/cluster/controlplane";
import { cacheFolder } from "../rig/tools/find";
import { client, kubeconfig } from "./support/environment";

const MAIN = path.join(__dirname, "..", "..", "sandbox", "main.ts");

/** The sandbox as a user starts it, with temporary files and a cache that nobody else uses. */
class Run {
  readonly temporary: string;
  readonly child: ChildProcess;
  text = "";

  constructor(home: string, args: readonly string[] = []) {
    this.temporary = path.join(home, "tmp");
    const cache = path.join(home, "cache");
    fs.mkdirSync(this.temporary, { recursive: true });
    fs.mkdirSync(path.join(cache, "homelab-mail"), { recursive: true });
    const programs = path.join(cache, "homelab-mail", "bin");
    if (!fs.existsSync(programs)) fs.symlinkSync(cacheFolder("bin"), programs); // already built
    this.child = spawn(process.execPath, ["--require", require.resolve("../../start.cjs"), MAIN, ...args], {
      cwd: home, // anywhere but the repository
      env: { ...process.env, TMPDIR: this.temporary, XDG_CACHE_HOME: cache },
      stdio: ["ignore", "pipe", "pipe"],
    });
    started.push(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk) => {
        this.text += chunk;
      });
    }
  }

  async says(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`it ended without saying "${text}":\n${this.text}`);
      await sleep(50);
    }
  }

  async exitCode(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    return new Promise((resolve) => this.child.once("exit", (code) => resolve(code)));
  }

  clusters(): string[] {
    return fs
      .readdirSync(this.temporary)
      .filter((name) => name.startsWith("homelab-mail-sandbox-"))
      .map((name) => path.join(this.temporary, name));
  }
}

const groupsOf = (folder: string): number[] =>
  fs.readFileSync(path.join(folder, "groups"), "utf8").split("\n").filter(Boolean).map(Number);

function runs(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(folder: string, groups: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (!groups.some(runs) && !fs.existsSync(folder)) return;
    await sleep(100);
  }
  throw new Error(`still there: ${groups.filter(runs).join(" ")} ${fs.existsSync(folder) ? folder : ""}`);
}

const started: ChildProcess[] = [];
let home: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "sandbox-test-"));
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  fs.rmSync(home, { recursive: true, force: true });
});

test("npm run sandbox deploys the stack, prints what to try next, and leaves nothing behind", async () => {
  const run = new Run(home);
  await run.says("\npulumi up\n");
  const [folder = ""] = run.clusters();
  const groups = groupsOf(folder);
  expect(groups.length).toBeGreaterThanOrEqual(5);
  expect(groups.every(runs)).toBe(true);

  expect(await run.exitCode()).toBe(0);
  for (const expected of ["Deployment stalwart", "webmailUrl", "The stack is up", "kubectl", "config set --secret"]) {
    expect(run.text).toContain(expected);
  }
  await untilGone(folder, groups);
});

test.each([
  ["Ctrl-C", "SIGINT"],
  ["kill -9", "SIGKILL"],
] as const)("%s ends every process of the sandbox and removes its files", async (_, signal) => {
  const run = new Run(home);
  await run.says("\npulumi up\n");
  const [folder = ""] = run.clusters();
  const groups = groupsOf(folder);
  run.child.kill(signal);
  expect(await run.exitCode()).not.toBe(0);
  await untilGone(folder, groups);
});

test("Ctrl-C while the sandbox says what it is going to do ends it before anything is deployed", async () => {
  const run = new Run(home);
  await run.says("This run will:");
  run.child.kill("SIGINT");
  expect(await run.exitCode()).toBe(1);
  expect(run.text).toContain("Interrupted.");
  expect(run.text).not.toContain("\npulumi up\n");
  expect(run.clusters()).toEqual([]);
});

test("--keep leaves a cluster that the next start uses again, and --stop ends it", async () => {
  const first = new Run(home, ["--keep"]);
  expect(await first.exitCode()).toBe(0);
  const kept = path.join(home, "cache", "homelab-mail", "kept");
  const groups = groupsOf(kept);
  await clientOf(path.join(kept, "kubeconfig")).request("GET", "/readyz");

  const second = new Run(home, ["--config", "mailboxes.kinga.displayName=Kinga Maria"]);
  expect(await second.exitCode()).toBe(0);
  expect(second.text).toContain("Using the cluster that was left running");
  expect(second.text).toContain("unchanged");
  expect(second.text).toMatch(/stalwart-settings/); // only what the changed name touches
  expect(second.text).not.toMatch(/Deployment \S+ (creat|updat)/);

  const stop = new Run(home, ["--stop"]);
  expect(await stop.exitCode()).toBe(0);
  await untilGone(kept, groups);
});

test("--kubeconfig uses an existing cluster, and removes only the stack", async () => {
  const run = new Run(home, ["--kubeconfig", kubeconfig, "--config", "namespace=own-cluster"]);
  expect(await run.exitCode()).toBe(0);
  expect(run.text).toContain("The stack is up");
  expect(await client.list("apps/v1", "Deployment", "own-cluster")).toEqual([]);
  const claims = await client.list("v1", "PersistentVolumeClaim", "own-cluster");
  expect(claims.map(({ metadata }) => metadata.name).sort()).toEqual(["roundcube-data", "stalwart-data"]);
});

test("--kubeconfig names what the cluster lacks before anything is made in it", async () => {
  const options = ["namespace=lacking", "storage.className=fast-disks"].flatMap((pair) => ["--config", pair]);
  const run = new Run(home, ["--kubeconfig", kubeconfig, ...options]);
  expect(await run.exitCode()).toBe(1);
  expect(run.text).toContain("no storage class fast-disks");
  expect(run.text).toContain("longhorn-ssd");
  expect(await client.read({ apiVersion: "v1", kind: "Namespace", metadata: { name: "lacking" } })).toBeUndefined();
});
