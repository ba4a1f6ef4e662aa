import * as fs from "node:fs";
import { stringify } from "yaml";
import type { NodeNamespace } from "./namespace";

export const POD_RANGE = "10.42.0.0/16";
export const SERVICE_RANGE = "10.43.0.0/16";
export const NODE_NAME = "homelab";
export const PAUSE_IMAGE = "registry.k8s.io/pause:3.10";
export const DNS_PORT = 53;

/** Writes a file of the node's and gives its path. */
function written(machine: NodeNamespace, name: string, text: string): string {
  const file = machine.folder.file(name);
  fs.writeFileSync(file, text);
  return file;
}

export const containerdSocket = (machine: NodeNamespace): string => machine.folder.file("containerd.sock");

export function writeContainerdConfig(machine: NodeNamespace): string {
  const { folder } = machine;
  const cni = folder.file("cni");
  fs.mkdirSync(cni, { recursive: true });
  const network = {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: folder.file("ipam"),
          ranges: [[{ subnet: POD_RANGE }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
  fs.writeFileSync(folder.file("cni", "pods.conflist"), JSON.stringify(network));
  return written(
    machine,
    "containerd.toml",
    `version = 3
root = "${folder.file("containerd")}"
state = "${folder.file("containerd-state")}"

[grpc]
  address = "${containerdSocket(machine)}"

[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  use_local_image_pull = true
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "${PAUSE_IMAGE}"

[plugins.'io.containerd.cri.v1.runtime']
  # Where root may not raise limits, containers could not be given a lower score than containerd's own.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "${cni}"
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      SystemdCgroup = false
`,
  );
}

export function writeKubeletConfig(machine: NodeNamespace): string {
  const { folder, cgroup, address } = machine;
  fs.writeFileSync(folder.file("resolv.conf"), `nameserver ${address}\n`);
  return written(
    machine,
    "kubelet.yaml",
    stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      // Nobody but the API server, which has no certificate for it here, and the node's own pods could come.
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: "AlwaysAllow" },
      address,
      healthzPort: 0,
      cgroupDriver: "cgroupfs",
      cgroupRoot: `/${cgroup}`,
      failCgroupV1: false,
      failSwapOn: false,
      enforceNodeAllocatable: [],
      clusterDNS: [address],
      clusterDomain: "cluster.local",
      resolvConf: folder.file("resolv.conf"),
      containerRuntimeEndpoint: `unix://${containerdSocket(machine)}`,
      podLogsDir: folder.file("pod-logs"),
      evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      maxPods: 60,
      syncFrequency: "10s", // a changed Secret is in the pods' volumes within this and a bit
      configMapAndSecretChangeDetectionStrategy: "Watch",
      serializeImagePulls: false,
    }),
  );
}

/** Resolves the cluster's names and the external host's, and nothing else. */
export function writeCorefile(
  machine: NodeNamespace,
  kubeconfig: string,
  externalHost: { readonly names: readonly string[]; readonly address: string } | undefined,
): string {
  const { address } = machine;
  const listen = `bind ${address}\n  errors`;
  const externalNames = (externalHost?.names ?? []).map(
    (name) => `${name}:${DNS_PORT} {
  ${listen}
  template IN A {
    answer "{{ .Name }} 60 IN A ${externalHost?.address}"
  }
  template ANY ANY {
    rcode NOERROR
  }
}
`,
  );
  return written(
    machine,
    "Corefile",
    `cluster.local:${DNS_PORT} {
  ${listen}
  kubernetes cluster.local {
    kubeconfig ${kubeconfig}
  }
}
${externalNames.join("")}.:${DNS_PORT} {
  ${listen}
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`,
  );
}
