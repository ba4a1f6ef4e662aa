import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { networkInterfaces } from "node:os";
import * as path from "node:path";
import { isPortOpen } from "../../lib/isPortOpen";
import { eventually } from "../support/wait";

const ROOT = path.join(__dirname, "..", "..");

/** Numbers of the processes that have something to do with a folder, zombies aside. */
const processesOf = (folder: string): string[] =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const cwd = fs.readlinkSync(`/proc/${pid}/cwd`);
        return cwd.startsWith(folder) || fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
      } catch {
        return false; // it has just ended
      }
    });

let owner: ChildProcess | undefined;
afterAll(() => owner?.kill("SIGKILL"));

test("a node whose owner is killed leaves nothing: no process, no interface, no control group, no folder", async () => {
  const child = spawn(process.execPath, ["--require", "./start.cjs", "tests/live/support/aNode.ts"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  owner = child;
  let said = "";
  let failed = "";
  child.stdout.on("data", (text) => {
    said += text;
  });
  child.stderr.on("data", (text) => {
    failed += text;
  });
  await eventually("the node is up", async () => {
    if (child.exitCode !== null) throw new Error(failed);
    return said.includes("\n");
  });
  const { folder, address } = JSON.parse(said) as { folder: string; address: string };
  const link = address.replace(/\.\d+$/, ".1"); // this machine's end of it
  const linked = (): boolean =>
    Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === link));
  const name = path.basename(folder);
  const groups = (): string[] =>
    (fs.readdirSync("/sys/fs/cgroup", { recursive: true }) as string[]).filter((group) => group.includes(name));
  expect([processesOf(folder).length > 10, linked(), groups().length > 0]).toEqual([true, true, true]);
  expect(await isPortOpen(address, 6443)).toBe(true);

  child.kill("SIGKILL");
  await eventually("all is gone", async () => {
    const left = { processes: processesOf(folder), link: linked(), groups: groups(), folder: fs.existsSync(folder) };
    if (left.processes.length > 0 || left.link || left.groups.length > 0 || left.folder)
      throw new Error(JSON.stringify(left));
    return true;
  });
});
