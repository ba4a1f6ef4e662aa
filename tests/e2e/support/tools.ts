import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheFolder, findTools } from "../../rig/tools/find";
import { toTerminal } from "../../rig/tools/log";

/** A program from PyPI at one version, in a folder of its own. */
function pythonTool(name: string, version: string): string {
  const folder = cacheFolder("python", `${name}-${version}`);
  const command = path.join(folder, "bin", name);
  const complete = path.join(folder, "complete");
  if (fs.existsSync(complete)) return command;
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  execFileSync("python3", ["-m", "venv", "--clear", folder], { stdio: "inherit" });
  const pip = path.join(folder, "bin", "pip");
  execFileSync(pip, ["install", "--quiet", `${name}==${version}`], { stdio: "inherit" });
  fs.writeFileSync(complete, "");
  return command;
}

/** Kubernetes' own schemas, in strict form, offline. */
export const kubernetesValidate = (): string => pythonTool("kubernetes-validate", "1.37.0");

/** Static checks of Kubernetes objects for what an attacker could use. */
export const checkov = (): string => pythonTool("checkov", "3.3.30");

export async function kubeScore(): Promise<string> {
  return (await findTools(["kubeScore"], toTerminal))["kube-score"] as string;
}

/** The program with which Prometheus' rules are checked and tried. */
export async function promtool(): Promise<string> {
  return (await findTools(["promtool"], toTerminal)).promtool as string;
}
