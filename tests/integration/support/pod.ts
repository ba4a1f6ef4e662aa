import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { Volumes, type VolumesOptions } from "./volumes";

/** Where this machine finds what the pod's image would have. */
const IMAGE_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface PodOptions extends VolumesOptions {
  readonly deployment: string;
  /** Network namespace that the pod lives in, and its address there. */
  readonly namespace: string;
  readonly address: string;
  /** Names that the cluster's DNS would know. */
  readonly hosts: Readonly<Record<string, string>>;
  /** A CA that the image trusts. @default only the public ones */
  readonly publicCa?: { readonly pem: string; readonly hash: string };
  readonly args?: readonly string[];
}

/** Runs a fetcher's container exactly as its Deployment describes it. */
export class Pod {
  readonly output: string[] = [];
  private process: ChildProcess | undefined;
  /** Whether it is the test that ends the container. */
  private ending = false;
  // biome-ignore lint/suspicious/noExplicitAny: rendered objects, as the recorder has them
  private readonly spec: any;
  private readonly volumes: Volumes;

  constructor(private readonly options: PodOptions) {
    this.spec = options.stack.object("Deployment", options.deployment).inputs.spec.template.spec;
    const { folder } = options;
    mkdirSync(join(folder, "scratch"), { recursive: true });
    this.volumes = new Volumes(this.spec, { ...options, folder: join(folder, "volumes") });
    const hosts = { localhost: "127.0.0.1", [options.deployment]: options.address, ...options.hosts };
    writeFileSync(
      join(folder, "hosts"),
      `${Object.entries(hosts)
        .map(([n, a]) => `${a}\t${n}`)
        .join("\n")}\n`,
    );
    if (!options.publicCa) return;
    writeFileSync(join(folder, "ca.pem"), options.publicCa.pem);
    writeFileSync(join(folder, "ca.hash"), options.publicCa.hash);
  }

  /** What it takes to run one of the pod's containers. */
  private command(container: any): [string, string[]] {
    const { folder, namespace, deployment } = this.options;
    const mounts = container.volumeMounts.map(
      (m: any) => `${this.volumes.path(m.name)} ${m.mountPath} ${m.readOnly ? "ro" : "rw"}`,
    );
    writeFileSync(join(folder, "mounts"), `${mounts.join("\n")}\n`);
    const environment = (container.env ?? []).map((e: any) => `${e.name}=${e.value}`);
    writeFileSync(join(folder, "env"), `${[IMAGE_PATH, ...environment].join("\n")}\n`);
    const security = this.spec.securityContext;
    return [
      "nsenter",
      [
        `--net=/run/netns/${namespace}`,
        "unshare",
        ...["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--propagation", "private"],
        ...[join(__dirname, "container.sh"), folder, String(security.runAsUser), String(security.runAsGroup)],
        ...[`${deployment}-${randomBytes(3).toString("hex")}`, "--"],
        ...[...container.command, ...container.args],
      ],
    ];
  }

  /** Where this machine has the folder that the pod may write to. */
  get statePath(): string {
    return this.volumes.path("state");
  }

  /** What `pulumi up` with a new password comes to in a running pod. */
  rotate(password: string): void {
    this.volumes.rotate(password);
  }

  start(): void {
    this.ending = false;
    for (const container of this.spec.initContainers ?? []) execFileSync(...this.command(container));
    const [program, args] = this.command(this.spec.containers[0]);
    const child = spawn(program, [...args, ...(this.options.args ?? [])], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => this.output.push(text));
    }
    this.process = child;
    // A kubelet starts a container anew that ended by itself; its volumes stay.
    child.once("exit", (code) => {
      if (code === 1 && !this.ending && this.process === child) this.start();
    });
  }

  get log(): string {
    return this.output.join("");
  }

  /** Host process ids of everything in the container, PID 1 first. */
  pids(): number[] {
    const children = (pid: number): number[] => {
      try {
        // A child belongs to the thread that started it.
        const threads = readdirSync(`/proc/${pid}/task`);
        const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"));
        const direct = lists.flatMap((text) => text.split(" ").filter(Boolean).map(Number));
        return direct.flatMap((child) => [child, ...children(child)]);
      } catch {
        return [];
      }
    };
    return this.process?.pid === undefined ? [] : children(this.process.pid);
  }

  private async ended(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once("exit", resolve));
  }

  /** A process's command line. */
  commandLine(pid: number): string {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  }

  /** The exit status, once it has ended by itself. */
  get exit(): number | null {
    return this.process?.exitCode ?? null;
  }

  /** SIGKILL to every process, as the kernel does when memory runs out or a node dies. */
  async kill(): Promise<void> {
    this.ending = true;
    for (const pid of this.pids()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {}
    }
    await this.ended();
  }

  /** SIGTERM to PID 1, then SIGKILL after the grace period. */
  async stop(): Promise<void> {
    this.ending = true;
    const [first] = this.pids();
    if (first !== undefined) process.kill(first, "SIGTERM");
    const timer = setTimeout(() => void this.kill(), (this.spec.terminationGracePeriodSeconds ?? 30) * 1000);
    await this.ended();
    clearTimeout(timer);
  }

  /** Runs the readiness probe's command inside; the text is what `kubectl describe` would show. */
  ready(): { ready: boolean; text: string } {
    const command: string[] = this.spec.containers[0].readinessProbe.exec.command;
    const [first] = this.pids();
    if (first === undefined) return { ready: false, text: "not running" };
    try {
      const text = execFileSync("nsenter", ["-t", String(first), "-m", "-p", "--root", "--wd=/", ...command], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return { ready: true, text };
    } catch (error: any) {
      return { ready: false, text: String(error.stdout ?? "") };
    }
  }

  /** A page of the pod's HTTP server. */
  async page(path: string): Promise<{ status: number; body: string }> {
    const port = this.spec.containers[0].ports[0].containerPort;
    return new Promise((resolve, reject) => {
      get({ host: this.options.address, port, path, timeout: 5000, agent: false }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text) => {
          body += text;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      }).on("error", reject);
    });
  }

  async metric(name: string, folder = "INBOX"): Promise<number> {
    const { body } = await this.page("/metrics");
    const line = body.split("\n").find((l) => l.startsWith(`fetchmail_${name}{`) && l.includes(`folder="${folder}"`));
    return Number(line?.split(" ").at(-1));
  }

  /** Resident memory of all the container's processes, in MiB; shared pages are counted once per sharer's share. */
  memory(): number {
    let kib = 0;
    for (const pid of this.pids()) {
      try {
        kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
      } catch {}
    }
    return kib / 1024;
  }

  /** Seconds of CPU time that the container has used since its start, ended processes included. */
  cpu(): number {
    const seconds = this.pids().map((pid, n) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
          .replace(/^.*\) /, "")
          .split(" ")
          .map(Number);
        const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
        // Ticks miss work shorter than a tick, the scheduler's own count misses threads that have ended.
        const precise = readdirSync(`/proc/${pid}/task`)
          .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e9)
          .reduce((a, b) => a + b, 0);
        return Math.max((user + system) / 100, precise) + (n === 0 ? (endedUser + endedSystem) / 100 : 0);
      } catch {
        return 0;
      }
    });
    return seconds.reduce((a, b) => a + b, 0);
  }
}
