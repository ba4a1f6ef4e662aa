import { setTimeout as sleep } from "node:timers/promises";
import { type BackgroundKubectl, startUntilReady } from "./background";
import type { TimedKubectl } from "./run";

export interface PortForwardArgs {
  readonly namespace: string;
  /** A pod, or an object that leads to one: deploy/stalwart, service/ingress. */
  readonly target: string;
  readonly port: number;
}

/** Milliseconds until a forwarding that ended is started again. */
const PAUSE = 1_000;

async function start(
  kubectl: TimedKubectl,
  { namespace, target, port }: PortForwardArgs,
  signal: AbortSignal,
  local?: number,
): Promise<BackgroundKubectl & { readonly local: number }> {
  const words = ["port-forward", "-n", namespace, "--address=127.0.0.1", target, `${local ?? ""}:${port}`];
  const what = `port-forward to ${target}`;
  const ready = /127\.0\.0\.1:(\d+) ->/;
  const background = await startUntilReady(kubectl, words, { signal, what, ready, limit: kubectl.limit });
  return { ...background, local: Number(background.match[1]) };
}

/** Forwards a local port to a pod until the signal fires or the pod ends; returns the local port. */
export async function portForward(kubectl: TimedKubectl, args: PortForwardArgs, signal: AbortSignal): Promise<number> {
  return (await start(kubectl, args, signal)).local;
}

/** Forwards a local port until the signal fires: it leads to the next pod when one ends. Returns the local port. */
export async function keepPortForward(
  kubectl: TimedKubectl,
  args: PortForwardArgs,
  signal: AbortSignal,
): Promise<number> {
  const { local, ended } = await start(kubectl, args, signal);
  const restart = async (): Promise<void> => {
    for (let over: Promise<Error> = ended; ; ) {
      await over;
      if (signal.aborted) return;
      await sleep(PAUSE);
      over = start(kubectl, args, signal, local).then(
        (next) => next.ended,
        (problem: Error) => problem,
      );
    }
  };
  void restart();
  return local;
}
