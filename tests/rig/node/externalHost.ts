import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import type { ProcessFolder } from "../cluster/processes";
import { ip, type NodeNamespace, waitForFile } from "./namespace";

/** Where programs on the host find `folder`: an unprivileged user may not traverse its real path. */
const ROOT = "/mnt";

/** Debian's programs only: other users may not be allowed to run what precedes them on this machine's PATH. */
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * A host outside the cluster, one hop away: a network and mounts of its own, which neither the cluster nor its policies
 * know. What runs there stays when the node's power goes.
 */
export interface ExternalHost {
  /** Reachable from pods and from this machine. */
  readonly address: string;
  /** For files of those who are there. */
  readonly folder: string;
  /** Where those who are there find that folder. */
  readonly root: string;
  /** Starts a program; what it says goes to a file that this gives. */
  start(name: string, command: readonly [string, ...string[]], options?: ProgramOptions): string;
  /** Ends one and waits for that. With SIGKILL it cannot clean up. */
  end(name: string, signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

export interface ProgramOptions {
  /** The user's and the group's number. @default root */
  readonly user?: number;
  readonly env?: NodeJS.ProcessEnv;
}

const HOLDER = `
set -e
ip link set lo up
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
mount --bind "$1" ${ROOT}
echo ready >"$2"
while :; do sleep 3600 & wait $! || true; done
`;

/** Puts one beside a node. It ends with the folder. */
export async function startExternalHost(processes: ProcessFolder, machine: NodeNamespace): Promise<ExternalHost> {
  const { pid, link } = machine;
  const folder = processes.file("outside");
  const ready = processes.file("outside-ready");
  fs.mkdirSync(folder);
  const holder = processes.start(
    "unshare",
    ["--net", "--mount", "--propagation", "private", "sh", "-c", HOLDER, "outside", folder, ready],
    { name: "outside" },
  );
  await waitForFile(processes, ready, "the network outside");
  const inside = ["--target", String(holder), "--net", "--mount", "--"];
  const network = link.host.replace(/\.\d+$/, "");
  const [node, address] = [`${network}.5`, `${network}.6`];
  ip("link", "add", "outside", "netns", pid, "type", "veth", "peer", "name", "eth0", "netns", String(holder));
  machine.run("ip", "address", "add", `${node}/30`, "dev", "outside");
  machine.run("ip", "link", "set", "outside", "up");
  const there = (...args: string[]): void => void execFileSync("nsenter", [...inside, "ip", ...args]);
  there("address", "add", `${address}/30`, "dev", "eth0");
  there("link", "set", "eth0", "up");
  there("route", "add", "default", "via", node);
  ip("route", "add", `${network}.4/30`, "via", link.node, "dev", link.name);
  return {
    address,
    folder,
    root: ROOT,
    start: (name, [program, ...args], { user, env = {} } = {}) => {
      const as = user === undefined ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--"];
      processes.start("nsenter", [...inside, ...as, program, ...args], { name, env: { PATH, ...env } });
      return processes.file(`${name}.log`);
    },
    end: (name, signal) => processes.end(name, signal),
  };
}
