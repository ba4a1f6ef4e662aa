import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What every kubectl of a run is started with. */
export interface Kubectl {
  readonly command: string;
  readonly kubeconfig: string;
}

const start = ({ command, kubeconfig }: Kubectl, args: readonly string[]): ChildProcess =>
  spawn(command, ["--kubeconfig", kubeconfig, ...args], { stdio: ["ignore", "pipe", "pipe"] });

/** Lets this machine reach one port of a Service until `signal` ends it; gives the local port. */
export async function portForward(
  kubectl: Kubectl,
  { namespace, service, port }: { readonly namespace: string; readonly service: string; readonly port: number },
  signal: AbortSignal,
): Promise<number> {
  let firstPort: number | undefined;
  const serve = (local: number | undefined): Promise<number> =>
    new Promise((resolve, reject) => {
      const child = start(kubectl, [
        "-n",
        namespace,
        "port-forward",
        "--address=127.0.0.1",
        `service/${service}`,
        `${local ?? ""}:${port}`,
      ]);
      const stop = (): void => {
        child.kill();
      };
      signal.addEventListener("abort", stop, { once: true });
      const said: string[] = [];
      createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", (line) => said.push(line));
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
        const bound = /127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
        if (bound) resolve(Number(bound));
      });
      child.once("error", reject);
      child.once("exit", () => {
        signal.removeEventListener("abort", stop);
        reject(new Error(`port-forward to ${service} ended: ${said.slice(-3).join(" ")}`));
        // It ends with the pod that it led to: the same local port leads to the next one.
        if (firstPort && !signal.aborted) setTimeout(() => serve(firstPort).catch(() => {}), 1_000);
      });
    });
  firstPort = await serve(undefined);
  return firstPort;
}

/** Reads what a container says from now on, a line at a time, until `signal` ends it. */
export function followLog(
  kubectl: Kubectl,
  {
    namespace,
    workload,
    container,
  }: { readonly namespace: string; readonly workload: string; readonly container: string },
  onLine: (line: string) => void,
  signal: AbortSignal,
): void {
  const child = start(kubectl, ["-n", namespace, "logs", "-f", "--tail=0", workload, "-c", container]);
  signal.addEventListener("abort", () => child.kill(), { once: true });
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", onLine);
  child.on("error", () => {});
}
