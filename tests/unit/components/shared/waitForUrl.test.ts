import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networkErrors, type WaitForUrlArgs, waitForUrl } from "../../../../components/shared/waitForUrl";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wait-for-url-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the script by a real shell, with a curl that ends with these codes, one after the other, the last one for ever. */
function run(codes: readonly number[], args: Pick<WaitForUrlArgs, "limit" | "unanswered">) {
  writeFileSync(join(folder, "codes"), codes.map((code) => `${code}\n`).join(""));
  const curl = `#!/bin/sh
echo "$@" >>'${folder}/calls'
code=$(head -n 1 '${folder}/codes')
[ "$(wc -l <'${folder}/codes')" -gt 1 ] && sed -i 1d '${folder}/codes'
[ "$code" = 0 ] || echo "curl: ($code) no luck" >&2
exit "$code"
`;
  writeFileSync(join(folder, "curl"), curl, { mode: 0o755 });
  const container = waitForUrl({
    name: "server",
    image: "image",
    resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "1Mi" } },
    env: [],
    url: '"$STALWART_URL/healthz/ready"',
    ...args,
  });
  const [shell, ...flags] = container.command as string[];
  const { status, stdout } = spawnSync(shell as string, [...flags, ...(container.args as string[])], {
    env: { PATH: `${folder}:${process.env.PATH}`, STALWART_URL: "http://stalwart:8080" },
    encoding: "utf8",
  });
  const asked = readFileSync(join(folder, "calls"), "utf8").trim().split("\n").length;
  return { status, stdout, asked };
}

const refused = 7;
const errorPage = 22;
const untrusted = 60;

it("a pod whose first connections are refused goes on as soon as one gets through", () => {
  expect(run([refused, refused, errorPage, 0], { limit: 60 })).toEqual({
    status: 0,
    asked: 4,
    stdout: "waiting for http://stalwart:8080/healthz/ready\nit answers\n",
  });
});

it("a server that never answers does not fail the wait, and the reason is in the log", () => {
  const { status, stdout } = run([refused], { limit: 1 });
  expect(status).toBe(0);
  expect(stdout).toContain("no answer within 1 s: curl: (7) no luck");
});

it.each([errorPage, untrusted, 0])("any answer (%d) shows that the network is open", (code) => {
  const { status, stdout, asked } = run([6, refused, 28, code], { limit: 60, unanswered: networkErrors });
  expect({ status, asked }).toEqual({ status: 0, asked: 4 }); // no name, no connection and no time are no answers
  expect(stdout).toMatch(/it answers\n$/);
});
