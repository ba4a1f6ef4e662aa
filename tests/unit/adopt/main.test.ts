import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, ended } from "../../support/ended";
import { engineValues, working } from "../config/support";

const root = join(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "adopt-main-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "Pulumi.yaml"), "name: homelab-mail\n");

const program = (name: string, script: string): string => {
  const file = join(folder, name);
  writeFileSync(file, `#!${process.execPath}\n${script}`, { mode: 0o755 });
  return file;
};
const file = (name: string): string => JSON.stringify(join(folder, name));
const shown = Object.fromEntries(
  Object.entries(engineValues({ ...working, monitoring: { enabled: false } })).map(([key, value]) => [
    key,
    { value, secret: /:(mailboxes|relay)$/.test(key) },
  ]),
);
const step = (kind: string, apiVersion: string, name: string, namespace?: string) => ({
  op: "create",
  newState: { type: `kubernetes:x:${kind}`, inputs: { kind, apiVersion, metadata: { name, namespace } } },
});
const steps = [step("Deployment", "apps/v1", "stalwart", "stalwart-mail"), step("Namespace", "v1", "stalwart-mail")];

/** How the programs behave in a test. */
interface Rules {
  /** How many patches are refused because somebody changed the object after it was read. */
  readonly conflicts?: number;
  readonly update?: number;
  /** Whether the preview reports a problem. */
  readonly problem?: boolean;
}

/** A fake of the CLI, which notes what it is asked to change and with which of the plugin's options. */
const pulumi = program(
  "pulumi",
  `const fs = require("node:fs");
   const words = process.argv.slice(2);
   const rules = JSON.parse(fs.readFileSync(${file("rules")}));
   const note = (text) => fs.appendFileSync(${file("notes")}, text + "\\n");
   const { PULUMI_K8S_UPSERT_EXISTING_OBJECTS: upsert, PULUMI_K8S_ENABLE_PATCH_FORCE: force } = process.env;
   const asked = words.slice(0, 2).join(" ");
   if (asked === "config --json") console.log(${JSON.stringify(JSON.stringify(shown))});
   else if (asked === "config set") note(words.slice(1).join(" ") + " < " + fs.readFileSync(0, "utf8"));
   else if (words[0] === "preview") {
     const diagnostics = rules.problem ? [{ severity: "error", message: "the issuer is missing" }] : [];
     console.log(JSON.stringify({ steps: ${JSON.stringify(steps)}, diagnostics }));
     process.exitCode = rules.problem ? 1 : 0;
   } else if (words[0] === "up") {
     note(words.join(" ") + " " + upsert + " " + force);
     process.exitCode = rules.update ?? 0;
   } else process.exitCode = 1;`,
);

/** A cluster whose objects belong to a lost state's manager, and once they are taken off it, to the one before the first apply. */
const kubectl = program(
  "kubectl",
  `const fs = require("node:fs");
   const words = process.argv.slice(2).filter((word, n, all) => !/^--request-timeout/.test(word));
   const rules = JSON.parse(fs.readFileSync(${file("rules")}));
   const note = (text) => fs.appendFileSync(${file("notes")}, text + "\\n");
   const read = (name, otherwise) => (fs.existsSync(name) ? fs.readFileSync(name, "utf8") : otherwise);
   const version = Number(read(${file("version")}, "7"));
   const updated = /^up /m.test(read(${file("notes")}, ""));
   const raw = words[words.indexOf("--raw") + 1];
   if (words[0] === "config") console.log("homelab");
   else if (words.includes("--raw")) {
     const password = Buffer.from("the admin's").toString("base64");
     if (raw.endsWith("/persistentvolumeclaims/stalwart-data")) console.log("{}");
     else if (raw.endsWith("/secrets/stalwart-admin")) console.log(JSON.stringify({ data: { password } }));
     else { console.error("Error from server (NotFound): it is not found"); process.exitCode = 1; }
   } else if (words[0] === "get") {
     const managedFields = [{ manager: updated ? "before-first-apply" : "pulumi-kubernetes-1a2b" }, { manager: "kubelet" }];
     const left = words[1].startsWith("Namespace") ? [{ manager: "kubelet" }] : managedFields;
     console.log(JSON.stringify({ metadata: { resourceVersion: String(version), managedFields: left } }));
   } else {
     const [test, replace] = JSON.parse(words.at(-1));
     const left = replace.value.map(({ manager }) => manager);
     const refused = version - 7 < (rules.conflicts ?? 0);
     note("patch " + words.slice(1, -2).join(" ") + " at " + test.value + " leaves " + left + (refused ? ": refused" : ""));
     fs.writeFileSync(${file("version")}, String(version + 1));
     if (refused) { console.error("Error from server (Conflict): the object has been modified"); process.exitCode = 1; }
   }`,
);

async function adopt(rules: Rules = {}, ...more: string[]): Promise<Ended & { readonly notes: string[] }> {
  for (const name of ["notes", "version"]) rmSync(join(folder, name), { force: true });
  writeFileSync(join(folder, "rules"), JSON.stringify(rules));
  writeFileSync(join(folder, "notes"), "");
  const about = ["--stack", "family", "--project", folder, "--pulumi", pulumi, "--kubectl", kubectl, ...more];
  const child = spawn(process.execPath, ["--require", "./start.cjs", "adopt/main.ts", ...about], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const all = await ended(child);
  return { ...all, notes: readFileSync(join(folder, "notes"), "utf8").trim().split("\n").filter(Boolean) };
}

const password = "set --secret --path generated.adminPassword --stack family --non-interactive < the admin's";
const patch = (version: number, refused = "") =>
  `patch Deployment.v1.apps stalwart -n stalwart-mail --type=json at ${version} leaves kubelet${refused}`;
const update = "up --stack family true true";

test("adopt gives the stack what the cluster has, and takes objects off former owners, also while somebody changes them", async () => {
  const { code, out, err, notes } = await adopt({ conflicts: 2 }, "--yes");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const released = [patch(7, ": refused"), patch(8, ": refused"), patch(9)];
  expect(notes).toEqual([password, ...released, update.replace("family", "family --yes"), patch(10)]);
  expect(out).toContain("2 objects to take over in the context homelab; 1 were the lost state's");
  expect(out).not.toContain("the admin's");
});

test("adopt gives up an object that is changed each of five times that it is read, before the update", async () => {
  const { code, err, notes } = await adopt({ conflicts: 100 });
  expect({ code, err }).toEqual({ code: 2, err: "the object has been modified\n" });
  expect(notes).toEqual([password, ...[7, 8, 9, 10, 11].map((version) => patch(version, ": refused"))]);
});

test("adopt stops where the preview reports a problem, and ends as the update ends", async () => {
  const wrong = await adopt({ problem: true });
  expect(wrong).toMatchObject({ code: 2, err: "the issuer is missing\n", notes: [password] });
  expect(await adopt({ update: 255 })).toMatchObject({ code: 255, notes: [password, patch(7), update] });
});
