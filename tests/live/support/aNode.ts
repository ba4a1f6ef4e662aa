import { ProcessFolder } from "../../rig/cluster/processes";
import { startNode } from "../../rig/node";

/** A node and an external host with a program on it, until this process is killed. Prints where they are. */
async function main(): Promise<void> {
  const folder = ProcessFolder.temporary();
  const node = await startNode({ folder, log: () => {}, externalHost: ["somebody.test"] });
  node.externalHost?.start("somebody", ["sleep", "100000"]);
  const { address } = node;
  process.stdout.write(
    `${JSON.stringify({ folder: folder.path, address, externalHost: node.externalHost?.address })}\n`,
  );
  setInterval(() => {}, 60_000);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
