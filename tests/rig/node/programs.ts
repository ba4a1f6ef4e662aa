import { pause } from "../fakes/programs";
import { findLocalBuild, findTools } from "../tools/find";
import { coreDns } from "../tools/localBuilds";
import type { Log } from "../tools/log";

const TOOLSETS = ["controlPlane", "etcd", "kubelet", "containerd", "kubeRouter"] as const;

/** Downloads or builds what a node needs. */
export async function findPrograms(log: Log): Promise<Readonly<Record<string, string>>> {
  return { ...(await findTools(TOOLSETS, log)), ...(await findLocalBuild(coreDns, log)) };
}

/** The node's programs and images, before they are needed: it takes minutes. */
export async function prepareNode(log: Log): Promise<void> {
  await findPrograms(log);
  await findLocalBuild(pause, log);
}
