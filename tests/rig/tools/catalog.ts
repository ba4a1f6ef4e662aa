import * as fs from "node:fs";
import * as path from "node:path";

/** One set of programs of one version, built together. */
export interface BuildSpec {
  readonly name: string;
  readonly version: string;
  /** The programs, each with the Go package that it is built from. */
  readonly programs: Readonly<Record<string, string>>;
  /** What it is called in the cache, and the folder under modules/ whose go.mod and go.sum pin what it is built from. */
  readonly module: string;
  /** That folder, where it is another one. */
  readonly source?: string;
  readonly ldflags?: string;
  /** For an image that holds nothing else, no C library either. */
  readonly isStatic?: boolean;
  /** Go's build tags. */
  readonly tags?: string;
  /** A module that goes in without most of its packages. */
  readonly pruned?: PrunedModule;
}

/** A module that is copied beside the go.mod, to the folder that its replace directive names, with a part exchanged. */
export interface PrunedModule {
  readonly module: string;
  readonly version: string;
  /** What go.sum would say of it: a module that is replaced is not listed there. */
  readonly sum: string;
  readonly folder: string;
  /** The package in it that is exchanged for a folder beside its go.mod, with what is kept of its folders. */
  readonly replaced: { readonly path: string; readonly by: string; readonly keep: readonly string[] };
}

/** A set that may also be there already, or be downloaded. */
export interface Toolset extends BuildSpec {
  /** How a program tells its version. */
  readonly versionArgs: readonly string[];
  /** The oldest version on PATH that will do. */
  readonly atLeast: string;
  /** Where a program can be downloaded, if it is published for this platform. */
  readonly download?: (program: string, platform: Platform) => Download | undefined;
}

export interface Platform {
  readonly os: string;
  readonly arch: string;
}

export interface Download {
  readonly url: string;
  /** A file whose text holds the SHA-256 of what `url` gives. */
  readonly sums?: string;
  /** Set when `url` is a .tar.gz: the program's path in it. */
  readonly member?: string;
}

/** A folder for each program of others: what it is built from, every version and checksum pinned. */
export const modulesFolder = path.join(__dirname, "..", "modules");

const installed = (name: string): string => {
  const manifest = path.join(__dirname, "..", "..", "..", "node_modules", name, "package.json");
  return JSON.parse(fs.readFileSync(manifest, "utf8")).version;
};

export const pulumiVersion = installed("@pulumi/pulumi");

const KUBERNETES = "1.36.2";

const kubernetesCommands = (...commands: string[]): Record<string, string> =>
  Object.fromEntries(commands.map((command) => [command, `k8s.io/kubernetes/cmd/${command}`]));

const kubernetes = {
  version: KUBERNETES,
  module: "kubernetes",
  ldflags: [
    `-X k8s.io/component-base/version.gitVersion=v${KUBERNETES}`,
    "-X k8s.io/component-base/version.gitMajor=1",
    "-X k8s.io/component-base/version.gitMinor=36",
  ].join(" "),
  download: (program: string, { os, arch }: Platform): Download | undefined => {
    if (os !== "linux" && program !== "kubectl") return undefined; // servers are published for Linux only
    const url = `https://dl.k8s.io/v${KUBERNETES}/bin/${os}/${arch}/${program}`;
    return { url, sums: `${url}.sha256` };
  },
} as const;

const CONTAINERD = "2.4.2";
const ETCD = "3.6.4";
const KWOK = "0.8.0";
const PROMETHEUS = "3.13.5"; // the Go module calls it 0.313.5
const TRAEFIK = "3.7.13";

export const toolsets = {
  pulumi: {
    name: "Pulumi",
    version: pulumiVersion,
    module: "pulumi",
    ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${pulumiVersion}`,
    programs: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
    versionArgs: ["version"],
    atLeast: "3.230.0",
  },
  controlPlane: {
    ...kubernetes,
    name: "Kubernetes control plane",
    programs: kubernetesCommands("kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    versionArgs: ["--version"],
    atLeast: "1.36.0",
  },
  kubectl: {
    ...kubernetes,
    name: "kubectl",
    programs: kubernetesCommands("kubectl"),
    versionArgs: ["version", "--client"],
    atLeast: "1.28.0", // what it is used for has not changed since
  },
  etcd: {
    name: "etcd",
    version: ETCD,
    module: "etcd",
    programs: { etcd: "go.etcd.io/etcd/server/v3" },
    versionArgs: ["--version"],
    atLeast: "3.5.0", // 3.4 makes the API server's watches slow
    download: (_, { os, arch }) => {
      if (os !== "linux") return undefined;
      const release = `https://github.com/etcd-io/etcd/releases/download/v${ETCD}`;
      const folder = `etcd-v${ETCD}-${os}-${arch}`;
      return { url: `${release}/${folder}.tar.gz`, sums: `${release}/SHA256SUMS`, member: `${folder}/etcd` };
    },
  },
  kwok: {
    name: "kwok",
    version: KWOK,
    module: "kwok",
    programs: { kwok: "sigs.k8s.io/kwok/cmd/kwok" },
    versionArgs: ["--version"],
    atLeast: "0.8.0",
    download: (_, { os, arch }) => ({
      url: `https://github.com/kubernetes-sigs/kwok/releases/download/v${KWOK}/kwok-${os}-${arch}`,
    }),
  },
  traefik: {
    name: "Traefik",
    version: TRAEFIK,
    module: "traefik",
    programs: { traefik: "github.com/traefik/traefik/v3/cmd/traefik" },
    ldflags: `-X github.com/traefik/traefik/v3/pkg/version.Version=${TRAEFIK}`,
    versionArgs: ["version"],
    atLeast: "3.6.0",
    pruned: {
      module: "github.com/go-acme/lego/v5",
      version: "v5.4.1",
      sum: "h1:Jt6xAP9xQrJ3SLLGgxejfDDd3pzdrmuLCWe4oTqHHQc=",
      folder: "lego",
      replaced: { path: "providers/dns", by: "dns", keep: ["exec", "internal"] },
    },
    download: (_, { os, arch }) => {
      const release = `https://github.com/traefik/traefik/releases/download/v${TRAEFIK}`;
      const url = `${release}/traefik_v${TRAEFIK}_${os}_${arch}.tar.gz`;
      return { url, sums: `${release}/traefik_v${TRAEFIK}_checksums.txt`, member: "traefik" };
    },
  },
  kubelet: {
    ...kubernetes,
    name: "Kubernetes node",
    programs: kubernetesCommands("kubelet", "kube-proxy"),
    versionArgs: ["--version"],
    atLeast: "1.36.0",
  },
  containerd: {
    name: "containerd",
    version: CONTAINERD,
    module: "containerd",
    tags: "no_btrfs,no_devmapper,no_zfs,no_aufs",
    programs: Object.fromEntries(
      ["containerd", "containerd-shim-runc-v2", "ctr"].map((program) => [
        program,
        `github.com/containerd/containerd/v2/cmd/${program}`,
      ]),
    ),
    versionArgs: ["-v"],
    atLeast: "2.1.0",
    download: (program, { os, arch }) => {
      if (os !== "linux") return undefined;
      const file = `containerd-${CONTAINERD}-${os}-${arch}.tar.gz`;
      const url = `https://github.com/containerd/containerd/releases/download/v${CONTAINERD}/${file}`;
      return { url, sums: `${url}.sha256sum`, member: `bin/${program}` };
    },
  },
  kubeRouter: {
    name: "kube-router",
    version: "2.1.0",
    module: "kube-router",
    programs: { "kube-router": "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router" },
    versionArgs: ["--version"],
    atLeast: "2.1.0",
  },
  promtool: {
    name: "promtool",
    version: PROMETHEUS,
    module: "prometheus",
    programs: { promtool: "github.com/prometheus/prometheus/cmd/promtool" },
    // Without what it finds targets with: nothing here asks for it, and it is much to build.
    tags: "remove_all_sd",
    ldflags: `-X github.com/prometheus/common/version.Version=${PROMETHEUS}`,
    versionArgs: ["--version"],
    atLeast: "3.0.0",
    download: (program, { os, arch }) => {
      const release = `https://github.com/prometheus/prometheus/releases/download/v${PROMETHEUS}`;
      const folder = `prometheus-${PROMETHEUS}.${os}-${arch}`;
      return { url: `${release}/${folder}.tar.gz`, sums: `${release}/sha256sums.txt`, member: `${folder}/${program}` };
    },
  },
  kubeScore: {
    name: "kube-score",
    version: "1.20.0",
    module: "kube-score",
    programs: { "kube-score": "github.com/zegl/kube-score/cmd/kube-score" },
    versionArgs: ["version"],
    atLeast: "1.18.0",
  },
} satisfies Record<string, Toolset>;

export type ToolsetName = keyof typeof toolsets;
