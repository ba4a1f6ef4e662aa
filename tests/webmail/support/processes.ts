import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A server of the harness, with everything it printed. */
export class Server {
  output = "";
  private readonly ended: Promise<void>;

  constructor(
    private readonly name: string,
    readonly child: ChildProcess,
  ) {
    const collect = (data: Buffer): void => {
      this.output += data.toString();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    this.ended = new Promise((resolve) => child.on("exit", () => resolve()));
  }

  static start(name: string, command: string, args: string[], env?: NodeJS.ProcessEnv): Server {
    return new Server(name, spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...(env && { env }) }));
  }

  /** Waits until it accepts connections; a server that ended instead says why. */
  async listening(host: string, port: number, seconds = 60): Promise<this> {
    for (const until = Date.now() + seconds * 1000; Date.now() < until; await sleep(50)) {
      if (this.child.exitCode !== null) break;
      if (await accepts(host, port)) return this;
    }
    throw new Error(`${this.name} does not listen on ${host}:${port}\n${this.output.slice(-4000)}`);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), 5000);
    await this.ended;
    clearTimeout(late);
  }
}

export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
