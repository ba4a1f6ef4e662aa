import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheFolder, findTools } from "../../../sandbox/tools/find";
import { toTerminal } from "../../../sandbox/tools/log";

const VALIDATOR = "1.37.0";

/** The command `kubernetes-validate`: Kubernetes' own schemas, in strict form, offline. From PyPI, into a folder of its own. */
export function kubernetesValidate(): string {
  const folder = cacheFolder("python", `kubernetes-validate-${VALIDATOR}`);
  const command = path.join(folder, "bin", "kubernetes-validate");
  if (fs.existsSync(command)) return command;
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  execFileSync("python3", ["-m", "venv", "--clear", folder], { stdio: "inherit" });
  const pip = path.join(folder, "bin", "pip");
  execFileSync(pip, ["install", "--quiet", `kubernetes-validate==${VALIDATOR}`], { stdio: "inherit" });
  return command;
}

export async function kubeScore(): Promise<string> {
  return (await findTools(["kubeScore"], toTerminal))["kube-score"] as string;
}

/** The program with which Prometheus' rules are checked and tried. */
export async function promtool(): Promise<string> {
  return (await findTools(["promtool"], toTerminal)).promtool as string;
}
