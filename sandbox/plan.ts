import { cacheFolder, imagesAreMade, missingTools, type ToolsetName } from "./rig";

/** Where the stack runs: the embedded control plane without pods, the user's cluster, or one that is created for the run. */
export type Target = "control plane" | "kubeconfig" | "kind" | "k3d" | "node";

/** What is missing on this machine. */
export interface Missing {
  readonly programs: readonly string[];
  readonly images: boolean;
}

const PROGRAMS: Readonly<Record<Target, readonly ToolsetName[]>> = {
  "control plane": ["pulumi", "kubectl", "controlPlane", "etcd", "kwok"],
  kubeconfig: ["pulumi", "kubectl"],
  kind: ["pulumi", "kubectl"],
  k3d: ["pulumi", "kubectl"],
  node: ["pulumi", "kubectl", "controlPlane", "etcd", "kubelet", "containerd", "kubeRouter"],
};

export async function findMissing(target: Target): Promise<Missing> {
  return { programs: await missingTools(PROGRAMS[target]), images: target === "node" && !imagesAreMade() };
}

function programs({ programs: names }: Missing): string {
  if (names.length === 0) return "Find the programs it needs: all are on this machine.";
  return (
    `Get ${names.join(", ")}: a few minutes to download; where that is not possible, up to half an hour on two cores ` +
    `to build from source with Go. Once: they are kept in ${cacheFolder("bin")}.`
  );
}

function cluster(target: Target, missing: Missing): string[] {
  switch (target) {
    case "control plane":
      return ["Start a Kubernetes control plane on this machine, with simulated pods: 15 seconds."];
    case "kubeconfig":
      return [];
    case "kind":
    case "k3d":
      return [`Create a cluster with ${target}: at most 5 minutes after the download of its image.`];
    case "node":
      return [
        missing.images
          ? `Make container images from Debian packages: 5 minutes. Once: they are kept in ${cacheFolder("images")}.`
          : "Use the container images that were made before.",
        "Start a Kubernetes node on this machine: 30 seconds.",
      ];
  }
}

const up = (target: Target, live: boolean): string[] => {
  if (!live) return ["Deploy the sample stack with `pulumi up`: 1 minute."];
  const pull = target === "node" ? "" : ", more while the images are pulled";
  return [
    "Create a mail provider, an OIDC issuer, a CA and browser access around the stack: 1 minute.",
    `Deploy the stack with \`pulumi up\`: 2 minutes${pull}.`,
  ];
};

/** The steps of a run in order, with the time that each takes. */
export function describePlan(target: Target, live: boolean, missing: Missing): string {
  const parts = [programs(missing), ...cluster(target, missing), ...up(target, live)];
  return ["This run will:", ...parts.map((part, n) => `  ${n + 1}. ${part}`), ""].join("\n");
}
