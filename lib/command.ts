import { spawn } from "node:child_process";

export interface CommandArgs {
  readonly cwd?: string;
  readonly input?: string;
  readonly limit: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export const notInstalled = (file: string): Error => new Error(`the program \`${file}\` is not installed`);

/** Runs a program on the workstation. Returns its output, or fails with the last line of its errors. */
export function command(file: string, args: readonly string[], options: CommandArgs): Promise<string> {
  const { cwd, input, limit, env } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
      ...(cwd !== undefined && { cwd }),
    });
    const said: { out: string; err: string } = { out: "", err: "" };
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`${file} timed out after ${limit / 1000} seconds`));
    }, limit);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said.out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said.err += text;
    });
    child.on("error", (problem: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(problem.code === "ENOENT" ? notInstalled(file) : problem);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (code === 0) return resolve(said.out);
      const lines = said.err.split("\n").filter((line) => line.trim() !== "");
      reject(
        new Error(
          (lines.at(-1) ?? `${file} ended with status ${code}`).replace(/^(error|Error from server)[^:]*: /, ""),
        ),
      );
    });
    child.stdin.on("error", () => {}); // the program may exit before it reads its input
    child.stdin.end(input);
  });
}
