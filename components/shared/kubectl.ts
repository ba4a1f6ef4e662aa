import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runKubectl } from "../../lib/kubectl/run";

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
    const program = { command: "kubectl", kubeconfig: file, context, limit: LIMIT };
    return await runKubectl(program, [`--request-timeout=${LIMIT / 1000}s`, ...args]).catch(() => undefined);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
