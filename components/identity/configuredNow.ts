/** What the stack's configuration says of Pocket ID; the state may hold a key that is revoked by now. */
export interface Configured {
  readonly issuer?: unknown;
  readonly apiKey?: unknown;
}

/**
 * The configuration as it is now, from `pulumi config get`: a plain `pulumi refresh` or `pulumi destroy` does not run the program,
 * and gives a provider the configuration of the last update. The answer comes through a pipe, so the key is in no argument and no
 * log. Undefined where it cannot be read: no `pulumi` on PATH, or a passphrase that was typed.
 *
 * Also runs from text in the stack's state (see pocketId.ts), so it loads the modules that it needs by itself.
 */
export function configuredNow(stack: string): Promise<Configured | undefined> {
  const { execFile }: typeof import("node:child_process") = require("node:child_process");
  const args = ["config", "get", "identity", "--stack", stack, "--non-interactive"];
  return new Promise((resolve) => {
    const child = execFile("pulumi", args, { timeout: 60_000, env: process.env }, (error, stdout) => {
      try {
        resolve(error ? undefined : JSON.parse(stdout));
      } catch {
        resolve(undefined);
      }
    });
    child.stdin?.end();
  });
}
