import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { notInstalled } from "../command";
import { clusterFlags, type Kubectl } from "./run";

/** A kubectl that runs until it is stopped. */
export interface BackgroundKubectl {
  /** Why it ended. Never rejects. */
  readonly ended: Promise<Error>;
  /** The last line of its errors, without the messages of its log. */
  readonly lastLine: () => string;
  readonly stop: () => void;
}

/** A line of klog, which repeats for developers what the response says already: I1128 22:13:55.757824 16215 file.go:147] … */
const LOG_LINE = /^[IWEF]\d{4} /;

/**
 * Runs its arguments as a command, and ends them when its standard input closes: the system closes that pipe however this
 * process ends, also with SIGKILL. `kill 0` reaches this process group only, which nobody else can be in.
 */
const UNTIL_INPUT_CLOSES = `
  exec 3<&0
  "$@" </dev/null 3<&- & command=$!
  { cat <&3; kill 0; } >/dev/null 2>&1 &
  wait "$command"`;

/** What a shell answers when there is no such command. */
const NOT_FOUND = 127;

/** Starts kubectl until the signal fires or this process ends, and hands on each line of its output. */
export function startInBackground(
  kubectl: Kubectl,
  words: readonly string[],
  { signal, onLine }: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
): BackgroundKubectl {
  const args = ["-c", UNTIL_INPUT_CLOSES, "sh", kubectl.command, ...clusterFlags(kubectl), ...words];
  // In a process group of its own: otherwise Ctrl-C would end it, and the cleanup afterwards needs it.
  const child = spawn("sh", args, { stdio: "pipe", detached: true });
  const stop = (): void => {
    child.stdin.end();
  };
  child.stdin.on("error", () => {}); // it has ended already
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let last = "";
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.trim() !== "" && !LOG_LINE.test(line)) last = line;
  });
  createInterface({ input: child.stdout }).on("line", onLine);
  const ended = new Promise<Error>((resolve) => {
    child.once("error", resolve);
    child.once("close", (code) => {
      const reason = last.replace(/^error: /, "") || `kubectl ${words[0]} ended`;
      resolve(code === NOT_FOUND ? notInstalled(kubectl.command) : new Error(reason));
    });
  }).finally(() => signal.removeEventListener("abort", stop));
  return { ended, lastLine: () => last, stop };
}

export interface ReadyArgs {
  readonly signal: AbortSignal;
  /** What to call it in an error message. */
  readonly what: string;
  /** The line that it prints when it is ready. */
  readonly ready: RegExp;
  /** Milliseconds until it must be ready. */
  readonly limit: number;
}

/** Starts kubectl in the background, and waits until it is ready. Fails with the reason if it ends or is too slow. */
export async function startUntilReady(
  kubectl: Kubectl,
  words: readonly string[],
  { signal, what, ready, limit }: ReadyArgs,
): Promise<BackgroundKubectl & { readonly match: RegExpExecArray }> {
  const done = new AbortController();
  let onReady: (match: RegExpExecArray) => void = () => {};
  const matched = new Promise<RegExpExecArray>((resolve) => {
    onReady = resolve;
  });
  const onLine = (line: string): void => {
    const match = ready.exec(line);
    if (match) onReady(match);
  };
  const background = startInBackground(kubectl, words, { signal, onLine });
  const failed = background.ended.then((problem) => Promise.reject(problem));
  const late = sleep(limit, undefined, { signal: done.signal }).then(() => {
    throw new Error(`the ${what} timed out after ${limit / 1000} seconds`);
  });
  try {
    return { ...background, match: await Promise.race([matched, failed, late]) };
  } catch (problem) {
    background.stop();
    throw problem;
  } finally {
    done.abort();
  }
}

/** Hands on what a container prints from now on, line by line, until the signal fires. */
export function followLog(
  kubectl: Kubectl,
  { namespace, workload, container }: Readonly<Record<"namespace" | "workload" | "container", string>>,
  onLine: (line: string) => void,
  signal: AbortSignal,
): void {
  const words = ["logs", "-n", namespace, "-f", "--tail=0", workload, "-c", container];
  startInBackground(kubectl, words, { signal, onLine });
}
