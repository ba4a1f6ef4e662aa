import { prepareEngine } from "../../sandbox/engine";
import { checkov, kubernetesValidate } from "../e2e/support/tools";
import { programs as controlPlane } from "../rig/cluster/controlplane";
import { buildImages } from "../rig/images";
import { prepareNode, whyNoNode } from "../rig/node";
import { findTools } from "../rig/tools/find";
import { toTerminal } from "../rig/tools/log";

/** What each suite needs. Building it takes minutes, so it is there before the suite is started. */
const prepare: Readonly<Record<string, () => Promise<void>>> = {
  e2e: async () => {
    await findTools([...controlPlane, "pulumi", "kubectl", "kubeScore", "promtool"], toTerminal);
    await prepareEngine(toTerminal);
    kubernetesValidate();
    checkov();
  },
  webmail: async () => {
    await findTools([...controlPlane, "traefik"], toTerminal); // it runs without a network
  },
  live: async () => {
    if (whyNoNode()) return; // the suite says so itself
    await prepareNode(toTerminal);
    await buildImages(toTerminal);
  },
};

/** Usage: prepare.ts SUITE */
prepare[process.argv[2] ?? ""]?.().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
