import type { ChildProcess } from "node:child_process";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Waits until a command ends: its exit status, and all that it wrote. */
export function ended(child: ChildProcess): Promise<Ended> {
  const said = { out: "", err: "" };
  child.stdout?.on("data", (text) => {
    said.out += text;
  });
  child.stderr?.on("data", (text) => {
    said.err += text;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...said })));
}
