import { prepareNode, whyNoNode } from "../../sandbox/cluster/node";
import { prepareEngine } from "../../sandbox/engine";
import { buildImages } from "../../sandbox/images";
import { findTools } from "../../sandbox/tools/find";
import { toTerminal } from "../../sandbox/tools/log";
import { kubernetesValidate } from "../e2e/support/tools";

/** Gets every program that the suites need, before they are run: building them takes minutes. */
async function main(): Promise<void> {
  await findTools(
    ["pulumi", "controlPlane", "kubectl", "etcd", "kwok", "kubeScore", "promtool", "traefik"],
    toTerminal,
  );
  await prepareEngine(toTerminal);
  if (!whyNoNode()) {
    await prepareNode(toTerminal);
    await buildImages(toTerminal);
  }
  kubernetesValidate();
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
