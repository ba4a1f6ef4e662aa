import { findEngine } from "../../../sandbox/engine";
import { startControlPlane } from "../../rig/cluster/controlplane";
import { ProcessFolder, sweep } from "../../rig/cluster/processes";
import { toTerminal } from "../../rig/tools/log";

declare global {
  var homelabMailCluster: ProcessFolder | undefined;
}

/** One control plane and one engine for all the suites, which run one after the other. */
export default async function setup(): Promise<void> {
  process.stdout.write("\n");
  await sweep();
  const folder = ProcessFolder.temporary();
  globalThis.homelabMailCluster = folder;
  try {
    const { kubeconfig } = await startControlPlane(folder, toTerminal);
    const { pulumi, searchPath } = await findEngine(folder.path, toTerminal);
    process.env.HOMELAB_MAIL_E2E = JSON.stringify({
      folder: folder.path,
      kubeconfig,
      pulumi: pulumi.command,
      searchPath,
    });
  } catch (error) {
    await folder.stop();
    throw error;
  }
}
