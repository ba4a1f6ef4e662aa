import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Ended, ended } from "../../support/ended";
import { working } from "../config/support";

const root = join(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "doctor-main-"));
afterAll(() => rmSync(folder, { recursive: true }));

const program = (name: string, script: string): string => {
  const file = join(folder, name);
  writeFileSync(file, `#!${process.execPath}\n${script}`, { mode: 0o755 });
  return file;
};
const SOURCE_USER = "kinga.of-long-ago";
const old = { host: "imap.example.invalid", user: SOURCE_USER, password: "of-the-source" };
const config = {
  ...working,
  mailboxes: { ...working.mailboxes, kinga: { ...working.mailboxes.kinga, sources: { old } } },
  provider: { imap: { host: "imap.newjoy.invalid" }, smtp: { host: "smtp.newjoy.invalid" } },
  identity: { issuer: "https://auth.newjoy.invalid" },
};
const shown = Object.fromEntries(
  Object.entries(config).map(([key, value]) => [
    `homelab-mail:${key}`,
    {
      value: typeof value === "string" ? value : JSON.stringify(value),
      secret: key === "mailboxes" || key === "relay",
    },
  ]),
);
/** A fake of the CLI: prints what it is asked for, and notes what it was asked. */
const pulumi = program(
  "pulumi",
  `require("node:fs").appendFileSync(${JSON.stringify(join(folder, "asked"))}, process.argv.slice(2).join(" ") + "\\n");
   const [first, second] = process.argv.slice(2);
   if (first === "config") console.log(${JSON.stringify(JSON.stringify(shown))});
   else if (second === "export") console.log('{"version":3,"deployment":{}}');
   else console.log("family");`,
);
/** An unreachable cluster, in words that repeat a password. */
const kubectl = program(
  "kubectl",
  `const words = process.argv.slice(2).join(" ");
   if (words.startsWith("config ")) console.log(words.includes("current-context") ? "homelab" : "homelab\\nother");
   else { console.error("error: no cluster for relay-password of ${SOURCE_USER}"); process.exitCode = 1; }`,
);
writeFileSync(join(folder, "Pulumi.yaml"), "name: homelab-mail\n");

function start(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  const about = ["--project", folder, "--kubectl", kubectl, "--resolver", "127.0.0.1:1"];
  return spawn(process.execPath, ["--require", "./start.cjs", "doctor/main.ts", ...about, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function doctor(...args: string[]): Promise<Ended> {
  const child = start(...args);
  return ended(child);
}

test("an unreachable stack is checked to the end, without passwords, and without colors or progress when it is not a terminal", async () => {
  const { code, out, err } = await doctor("--pulumi", pulumi);
  expect(err).toBe("");
  expect(code).toBe(2);
  expect(out).toMatch(
    /^Stack family, cluster context homelab\n\nConfiguration\n {2}ok {4}configuration: 2 mailboxes of newjoy.ro\n/,
  );
  expect(out).toContain("FAIL  deployed: the state is empty");
  expect(out).toContain("no cluster for … of …");
  for (const title of ["DNS", "Certificates", "Provider", "Sign-in", "Cluster", "Flow"])
    expect(out).toContain(`\n${title}\n`);
  expect(out).toMatch(/Mail comes in: NO; goes out: NO; can be read: NO\n$/);
  expect(out).not.toMatch(/(kinga|alpar|relay)-password/);
  expect(out).not.toContain(String.fromCharCode(27));
});

test("npm run doctor gives programs JSON and the exit code", async () => {
  const { code, out } = await doctor("--pulumi", pulumi, "--json");
  expect(JSON.parse(out)).toMatchObject({ stack: "family", context: "homelab", level: "failure", exitCode: code });
  expect(out).not.toContain("relay-password");
});

test("without a Pulumi CLI the other groups are reported as not checked", async () => {
  const { code, out } = await doctor("--pulumi", join(folder, "absent"), "--stack", "family");
  expect(code).toBe(2);
  expect(out).toContain("is not installed");
  expect(out).toMatch(/Mail comes in: unknown; goes out: unknown; can be read: unknown\n$/);
});

test("the doctor calls the Pulumi CLI only to show, and never to change", async () => {
  await doctor("--pulumi", pulumi, "--stack", "family");
  const asked = readFileSync(join(folder, "asked"), "utf8").trim().split("\n");
  expect(asked.length).toBeGreaterThan(1);
  for (const words of asked) expect(words).toMatch(/^(config --json|stack export|stack --show-name)/);
});

test("the doctor continues with --watch until it is interrupted", async () => {
  const child = start("--pulumi", pulumi, "--watch");
  let out = "";
  for await (const text of child.stdout) {
    out += text;
    if (out.includes("Mail comes in")) break;
  }
  expect(child.exitCode).toBeNull();
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect(code).toBe(130);
});

test.each([
  [["--no-such"], "Unknown option '--no-such'"],
  [["--stack"], "Option '--stack <value>' argument missing"],
  [["family"], "Unexpected argument 'family'"],
  [["--resolver", "dns.example.org"], "--resolver: dns.example.org is not an IP address"],
  [["--kubeconfig", "/absent/config"], "--kubeconfig: there is no file /absent/config"],
  [["--project", "/absent"], "--project: there is no Pulumi.yaml in /absent"],
  [["--context", "absent"], "--context: kubectl's configuration has no context absent"],
])("options of the doctor that make no sense end with 2 and one line: %j", async (options, words) => {
  const { code, out, err } = await doctor("--pulumi", pulumi, ...options);
  expect({ code, out, lines: err.split("\n").length }).toEqual({ code: 2, out: "", lines: 2 });
  expect(err).toContain(words);
});
