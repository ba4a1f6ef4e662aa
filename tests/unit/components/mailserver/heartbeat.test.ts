import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { heartbeatContainer } from "../../../../components/mailserver/heartbeat";

const url = "https://kuma.lan/api/push/S3cret?status=up&msg=OK&ping=";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heartbeat-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the script by a real shell, with a curl that ends with this code and repeats what it was told, as curl may. */
function run(code: number) {
  const curl = `#!/bin/sh
echo "$@" >'${folder}/arguments'
tee '${folder}/input' >&2
exit ${code}
`;
  writeFileSync(join(folder, "curl"), curl, { mode: 0o755 });
  const { command, args } = heartbeatContainer({
    image: "image",
    resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "1Mi" } },
    secretName: "heartbeat",
  });
  const [shell, ...flags] = command as string[];
  const { status, stdout, stderr } = spawnSync(shell as string, [...flags, ...(args as string[])], {
    env: { PATH: `${folder}:${process.env.PATH}`, HEARTBEAT: url },
    encoding: "utf8",
  });
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  return { status, log: stdout + stderr, arguments: read("arguments"), input: read("input") };
}

it("the heartbeat requests its address as it is configured", () => {
  expect(run(0)).toMatchObject({ status: 0, log: "heartbeat sent\n", input: `url = "${url}"\n` });
});

it.each([0, 6, 22, 28])(
  "the heartbeat's address is neither on the command line nor in the log (curl's status %d)",
  (code) => {
    const { arguments: line, log } = run(code);
    expect(`${line}${log}`).not.toMatch(/S3cret|kuma/);
  },
);

it.each([6, 22])("a heartbeat that is not received does not fail the settings (curl's status %d)", (code) => {
  expect(run(code)).toMatchObject({ status: 0, log: `heartbeat failed: curl exit code ${code}\n` });
});
