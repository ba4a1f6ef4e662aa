import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, ended } from "../../support/ended";
import { listen } from "../../support/listen";
import { working } from "../config/support";

const root = join(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "device-commands-"));
const program = (name: string, script: string): string => {
  const file = join(folder, name);
  writeFileSync(file, `#!${process.execPath}\n${script}`, { mode: 0o755 });
  return file;
};

/** The mail server's JMAP, as far as app passwords go. */
const kept = new Map<string, string>();
const logins = new Set<string>();
const server = http.createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  logins.add(Buffer.from((request.headers.authorization ?? "").slice(6), "base64").toString());
  const [method, { create, destroy = [] }] = JSON.parse(Buffer.concat(pieces).toString()).methodCalls[0];
  const result: Record<string, unknown> = { list: [...kept].map(([id, description]) => ({ id, description })) };
  if (create) {
    kept.set("b7", create.a.description);
    result.created = { a: { id: "b7", secret: "app_of-the-phone" } };
  }
  result.destroyed = destroy.filter((id: string) => kept.delete(id));
  if ((result.destroyed as string[]).length < destroy.length)
    result.notDestroyed = { [destroy[0]]: { type: "notFound" } };
  response.end(JSON.stringify({ methodResponses: [[method, result, "0"]] }));
});

const shown = Object.fromEntries(
  Object.entries(working).map(([key, value]) => [
    `homelab-mail:${key}`,
    { value: typeof value === "string" ? value : JSON.stringify(value), secret: ["mailboxes", "relay"].includes(key) },
  ]),
);
const state = {
  version: 3,
  deployment: {
    resources: [
      {
        urn: "urn:pulumi:family::homelab-mail::pulumi:pulumi:Stack::x",
        type: "pulumi:pulumi:Stack",
        outputs: { adminPassword: "of-the-administrator" },
      },
    ],
  },
};
let about: string[] = [];
beforeAll(async () => {
  const port = await listen(server);
  const pulumi = program(
    "pulumi",
    `const [first, second] = process.argv.slice(2);
     console.log(first === "config" ? ${JSON.stringify(JSON.stringify(shown))} : second === "export" ? ${JSON.stringify(JSON.stringify(state))} : "family");`,
  );
  const kubectl = program(
    "kubectl",
    `const words = process.argv.slice(2).join(" ");
     if (words.startsWith("config ")) console.log("homelab");
     else { console.log("Forwarding from 127.0.0.1:${port} -> 8080"); setInterval(() => {}, 1000); }`,
  );
  writeFileSync(join(folder, "Pulumi.yaml"), "name: homelab-mail\n");
  about = ["--project", folder, "--pulumi", pulumi, "--kubectl", kubectl, "--mailbox", "kinga"];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

/** Runs the command as a user does. */
function device(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ["--require", "./start.cjs", "device/main.ts", ...about, ...args], {
    cwd: root,
  });
  return ended(child);
}

test("npm run device needs no cluster for settings and a profile, which hold no secret", async () => {
  const file = join(folder, "plain.mobileconfig");
  const { code, out, err } = await device("--out", file, "--kubectl", "/nowhere");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("user name kinga@newjoy.ro");
  expect(out).toContain("BEGIN:VCARD");
  expect(logins.size).toBe(0);
  expect(readFileSync(file, "utf8")).not.toMatch(/Password<\/key>\s*<string>/);
});

test("npm run device creates an app password into a profile that only its owner can read, lists it and revokes it", async () => {
  const file = join(folder, "phone.mobileconfig");
  const made = await device("--out", file, "--create-password", "iPhone");
  expect([made.code, made.err]).toEqual([0, ""]);
  expect(made.out).toMatch(/^cluster homelab, stack family, mailbox kinga\n/);
  expect(made.out).not.toContain("app_of-the-phone");
  expect(readFileSync(file, "utf8").match(/app_of-the-phone/g)).toHaveLength(3);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect([...logins]).toEqual(["kinga@newjoy.ro%admin:of-the-administrator"]);

  expect((await device("--list")).out).toContain("b7  iPhone");
  expect((await device("--revoke", "b7")).out).toContain("the app password b7 has ended");
  const again = await device("--revoke", "b7");
  expect([again.code, again.err]).toEqual([2, "--revoke: there is no app password b7; --list shows them\n"]);
});

test("without a profile, npm run device shows the new app password once; one whose profile cannot be written is removed", async () => {
  expect((await device("--create-password", "Tablet")).out).toContain("app_of-the-phone  (shown once");
  kept.clear();
  const failed = await device("--create-password", "Tablet", "--out", join(folder, "no/such/folder.mobileconfig"));
  expect([failed.code, kept.size]).toEqual([2, 0]);
});
