import { spawn } from "node:child_process";
import * as path from "node:path";
import type { Result } from "../../../doctor/result";
import { findEngine, projectEnvironment, projectFolder } from "../../../sandbox/engine";
import type { LiveFixture } from "./fixture";

const ROOT = path.join(__dirname, "..", "..", "..");

/** Runs the doctor as a user does, and gives what it found. The names of the environment do not resolve on this machine. */
export async function examine({ live, folder }: LiveFixture): Promise<Result[]> {
  const engine = await findEngine(folder, () => {});
  const { kubeconfig, command } = live.kubectl;
  const about = { folder, stack: live.stack.name, kubeconfig };
  const child = spawn(
    process.execPath,
    [
      ...["--require", "./start.cjs", "doctor/main.ts", "--json", "--resolver", "127.0.0.1:1"],
      ...["--stack", live.stack.name, "--project", projectFolder(folder)],
      ...["--kubeconfig", kubeconfig, "--kubectl", command, "--pulumi", engine.pulumi.command],
    ],
    { cwd: ROOT, env: { ...process.env, ...projectEnvironment(about) }, stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  child.stdout.on("data", (piece) => {
    text += piece;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(JSON.parse(text).results));
  });
}

/** What is wrong in some groups, by check, code and subject. */
export const wrongIn = (results: readonly Result[], ...groups: string[]): string[] =>
  results
    .filter(({ group, level }) => groups.includes(group) && level !== "ok" && level !== "unknown")
    .map(({ check, code, subject }) => [check, code, subject].filter(Boolean).join(" "));
