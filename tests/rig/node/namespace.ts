import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CGROUPS, type ProcessFolder } from "../cluster/processes";

const CGROUP_ROOT = "/sys/fs/cgroup";

/**
 * The machine that a node is: namespaces of its own for network, mounts and processes, held by one process. When that one
 * ends, the kernel ends all others in there, and takes mounts, interfaces and packet filters with them.
 */
export interface NodeNamespace {
  readonly folder: ProcessFolder;
  /** The node's address, reachable from this machine. */
  readonly address: string;
  /** The number that its first process has on this machine. */
  readonly pid: string;
  /** How this machine and the node reach each other. */
  readonly link: Link;
  /** Name of the control group below every controller's root. */
  readonly cgroup: string;
  /** Starts a program in the machine. */
  start(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): void;
  /** The same for one that ends itself while what it needs is not there yet, and that an init system starts again. */
  keepStarting(program: string, args: readonly string[]): void;
  /** Runs a command in the machine to its end. */
  run(program: string, ...args: string[]): string;
  /** Ends every process in the machine at once, as when the power goes. */
  killAll(names: readonly string[]): Promise<void>;
}

export interface Link {
  /** The interface on this machine. */
  readonly name: string;
  /** This machine's address on it. */
  readonly host: string;
  readonly node: string;
}

/** Mounts that other tools share with the machine outside are hidden, so that nothing of the node's is left in them. */
const HOLDER = `
set -e
mount --make-rshared /
mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
ip link set lo up
echo ready >"$1"
while :; do sleep 3600 & wait $! || true; done
`;

/** Controllers of version 1 have a hierarchy each; version 2 has one for all. */
function cgroupFolders(): string[] {
  if (fs.existsSync(path.join(CGROUP_ROOT, "cgroup.controllers"))) return [CGROUP_ROOT];
  return fs
    .readdirSync(CGROUP_ROOT)
    .map((name) => path.join(CGROUP_ROOT, name))
    .filter((folder) => fs.existsSync(path.join(folder, "cgroup.procs")) && !fs.lstatSync(folder).isSymbolicLink());
}

/** The kubelet wants its root group to be there, in every controller. */
function makeCgroups(name: string, folder: ProcessFolder): void {
  for (const root of cgroupFolders()) {
    const group = path.join(root, name);
    fs.mkdirSync(group, { recursive: true });
    fs.appendFileSync(folder.file(CGROUPS), `${group}\n`);
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const from = path.join(root, file);
      // A fresh group of version 1 has no processor and no memory to run on.
      if (fs.existsSync(from) && fs.existsSync(path.join(group, file))) {
        fs.writeFileSync(path.join(group, file), fs.readFileSync(from));
      }
    }
    const controllers = path.join(root, "cgroup.controllers");
    if (!fs.existsSync(controllers)) continue;
    const all = fs.readFileSync(controllers, "utf8").trim().split(" ");
    for (const at of [root, group]) {
      fs.writeFileSync(path.join(at, "cgroup.subtree_control"), all.map((controller) => `+${controller}`).join(" "));
    }
  }
}

/** `ip` of this machine. */
export const ip = (...args: string[]): string =>
  execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/**
 * A link between this machine and the node, with two addresses that nobody here has: 198.18.0.0/15 is for tests of networks
 * (RFC 2544). Another node may take the same one at the same moment; then the next is tried.
 */
function addLink(init: string): Link {
  const taken = ip("-4", "-o", "address");
  for (let n = 1; n < 255; n++) {
    const [host, node, name] = [`198.18.${n}.1`, `198.18.${n}.2`, `hm${n}`];
    if (taken.includes(`${host}/`)) continue;
    try {
      ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", init);
    } catch {
      continue;
    }
    ip("address", "add", `${host}/30`, "dev", name);
    return { host, node, name };
  }
  throw new Error("no free network among 198.18.0.0/16");
}

/** Waits for the file by which a holder of namespaces says that they are there. */
export async function waitForFile(folder: ProcessFolder, ready: string, what: string): Promise<void> {
  for (let n = 0; !fs.existsSync(ready); n++) {
    folder.assertAlive();
    if (n > 300) throw new Error(`${what} did not come up; see the logs in ${folder.path}`);
    await sleep(50);
  }
}

export async function startNodeNamespace(folder: ProcessFolder): Promise<NodeNamespace> {
  const ready = folder.file("machine-ready");
  const unshare = ["--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"];
  const holder = folder.start("unshare", [
    ...unshare,
    "--propagation",
    "private",
    "sh",
    "-c",
    HOLDER,
    "machine",
    ready,
  ]);
  await waitForFile(folder, ready, "the node's namespaces");
  const [init = ""] = fs.readFileSync(`/proc/${holder}/task/${holder}/children`, "utf8").split(" ");
  const inside = ["--target", init, "--net", "--mount", "--pid", "--uts", "--ipc", "--"];
  const run = (program: string, ...args: string[]): string =>
    execFileSync("nsenter", [...inside, program, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  const cgroup = path.basename(folder.path);
  makeCgroups(cgroup, folder);

  const link = addLink(init);
  ip("link", "set", link.name, "up");
  run("ip", "address", "add", `${link.node}/30`, "dev", "eth0");
  run("ip", "link", "set", "eth0", "up");
  run("ip", "route", "add", "default", "via", link.host);
  run("hostname", "homelab");
  for (const setting of ["net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"]) {
    const file = `/proc/sys/${setting.replaceAll(".", "/")}`;
    run("sh", "-c", `[ ! -e ${file} ] || echo 1 >${file}`);
  }

  return {
    folder,
    address: link.node,
    pid: init,
    link,
    cgroup,
    run,
    start: (program, args, env) => {
      folder.start("nsenter", [...inside, program, ...args], { name: path.basename(program), ...(env && { env }) });
    },
    keepStarting: (program, args) => {
      const again = 'while :; do "$@"; sleep 1; done';
      folder.start("nsenter", [...inside, "sh", "-c", again, "init", program, ...args], {
        name: path.basename(program),
      });
    },
    killAll: async (expected) => {
      for (const name of expected) folder.forget(name);
      // All but the machine's first process; the shell that says so is among them.
      try {
        run("sh", "-c", "kill -KILL -1");
      } catch {
        // it killed itself, too
      }
      while (run("ps", "-e", "-o", "pid=").trim().split("\n").length > 3) await sleep(100); // the first one, its pause, ps
    },
  };
}

/** Programs that Debian has, by the package that brings them. */
const NEEDED: Readonly<Record<string, string>> = {
  "/usr/sbin/runc": "runc",
  "/usr/lib/cni/bridge": "containernetworking-plugins",
  "/usr/sbin/iptables": "iptables",
  "/usr/sbin/ipset": "ipset",
  "/usr/sbin/conntrack": "conntrack",
  "/usr/sbin/ip": "iproute2",
  "/usr/bin/nsenter": "util-linux",
  "/usr/sbin/debootstrap": "debootstrap",
};

/** One line why this machine cannot be a node; undefined when it can. */
export function whyNoNode(): string | undefined {
  if (process.platform !== "linux") return `A node needs Linux, and this is ${process.platform}.`;
  if (process.getuid?.() !== 0) return "A node needs root: it makes namespaces, mounts and control groups.";
  const missing = Object.entries(NEEDED).filter(([file]) => !fs.existsSync(file));
  if (missing.length > 0) {
    const packages = missing.map(([, name]) => name).join(" ");
    return `A node needs programs that are not here: apt-get install -y --no-install-recommends ${packages}`;
  }
  const bridge = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  try {
    execFileSync(
      "unshare",
      ["--net", "--mount", "--pid", "--fork", "sh", "-c", `ip link add b0 type bridge && test -e ${bridge}`],
      {
        stdio: "ignore",
      },
    );
  } catch {
    return "A node needs namespaces of its own (is this a container?) and the kernel's br_netfilter, without which policies between pods hold nothing: modprobe br_netfilter";
  }
  return undefined;
}
