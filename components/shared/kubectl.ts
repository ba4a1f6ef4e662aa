import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Which cluster Pulumi's Kubernetes provider was told to use; absent: kubectl's own choice, which is the provider's, too. */
export interface ClusterAccess {
  readonly context?: string;
  /** A file's path or, as the provider allows, its content. */
  readonly kubeconfig?: string;
}

const LIMIT = 15_000;

/**
 * What kubectl prints; undefined when it fails. It is on the workstation (README.md), and only explains errors: nothing that is
 * deployed depends on it.
 */
export async function kubectl(
  { context, kubeconfig }: ClusterAccess,
  args: readonly string[],
): Promise<string | undefined> {
  const isContent = kubeconfig !== undefined && /[\n{]/.test(kubeconfig);
  const folder = isContent ? await mkdtemp(join(tmpdir(), "kubeconfig-")) : undefined;
  try {
    const file = folder === undefined ? kubeconfig : join(folder, "config");
    if (folder !== undefined && file !== undefined) await writeFile(file, kubeconfig ?? "", { mode: 0o600 });
    const access = [
      ...(file === undefined ? [] : ["--kubeconfig", file]),
      ...(context === undefined ? [] : ["--context", context]),
    ];
    return await new Promise((resolve) => {
      const options = { timeout: LIMIT, maxBuffer: 16 * 1024 * 1024, env: process.env };
      execFile("kubectl", [...access, `--request-timeout=${LIMIT / 1000}s`, ...args], options, (error, stdout) =>
        resolve(error ? undefined : stdout),
      );
    });
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
