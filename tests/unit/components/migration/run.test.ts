import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScript } from "../../../../components/migration/pod";
import { eventually } from "../../../support/wait";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "migration-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let group: number | undefined;
afterEach(() => {
  try {
    if (group !== undefined) process.kill(-group, "SIGKILL");
  } catch {
    // it has ended
  }
});

/** The container's command, with a script in imapsync's place. */
function run(imapsync: string) {
  const program = join(folder, "imapsync");
  writeFileSync(program, `#!/bin/sh\n${imapsync}\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, "user"), "me@old");
  writeFileSync(join(folder, "account"), "kinga@newjoy.ro");
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const child = spawn("sh", ["-c", runScript(folder, folder, join(folder, "message")), "imapsync", "--automap"], {
    env,
    detached: true,
  });
  group = child.pid;
  let said = "";
  child.stdout.on("data", (data) => {
    said += data;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, ended, said: () => said, message: () => readFileSync(join(folder, "message"), "utf8") };
}

test("imapsync's own summary is the termination message, and all of its output is in the log", async () => {
  const { ended, said, message } = run(
    'echo "args: $*"; seq 1 200; echo "++++ Statistics"; echo "Messages transferred : 7"',
  );
  expect(await ended).toBe(0);
  expect(said()).toContain("args: --user1 me@old --user2 kinga@newjoy.ro --automap\n1\n2\n");
  expect(message()).toBe("++++ Statistics\nMessages transferred : 7\n");
});

test("a migration that fails before it has a summary ends with imapsync's exit code and its last output", async () => {
  const { ended, message } = run('seq 1 50; echo "Host1 failure: Error login on [imap.example.org]"; exit 161');
  expect(await ended).toBe(161);
  expect(message()).toMatch(/^40\n[\s\S]*Error login on \[imap\.example\.org\]\n$/);
});

test("a summary of imapsync longer than a termination message is cut", async () => {
  const { ended, message } = run('echo "++++ Statistics"; for n in $(seq 50); do printf "%0200d\\n" $n; done');
  expect(await ended).toBe(0);
  expect(message()).toHaveLength(4000);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "a migration that gets %s sends imapsync SIGTERM and prints its last output",
  async (signal) => {
    const { child, ended, said, message } = run(
      "trap 'echo \"++++ ended by a signal\"; exit 6' TERM; trap '' INT; echo started; while :; do sleep 0.1; done",
    );
    await eventually("it runs", () => said().includes("started"));
    child.kill(signal);
    expect(await ended).toBe(6);
    expect(message()).toBe("++++ ended by a signal\n");
  },
);
