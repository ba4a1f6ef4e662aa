import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { defaultImages } from "../../config/images";
import { findTools } from "../rig/tools/find";
import { gettingStarted, missingLines, pages, ROOT, stepsOf } from "../support/pages";
import { client, engine, folder, kubeconfig } from "./support/environment";
import { applyGettingStarted, applyTraefikKinds } from "./support/schemas";

/**
 * The commands of the README and of docs/, as they stand there and in their order, run by a shell in a copy of the repository. What a person
 * fills in is filled in. Left out: `npm …` (that is how these tests are run), and what needs the inside of a container,
 * for on this cluster no container runs.
 */
const DOCS = [...pages.values()].join("\n");
const home = path.join(folder, "readme");
const copy = path.join(home, "homelab-mail");
const bin = path.join(home, "bin");
const pulumiHome = path.join(home, ".pulumi");
const NAMESPACE = "stalwart-mail";
const CONFIGURE = "docs/getting-started/configure.md";
const leftOut = [
  /^npm /, // how these tests are run
  /\slogs\s|\sport-forward\s|^kubectl run\s/, // the inside of a container
  /^git |^cd |^curl |^dig /, // what is elsewhere; tests/unit/docs compares the answers of dig with the preview's records
  /identity\.(apiKey|allowedGroups)/, // no Pocket ID is here; tests/e2e/identity.test.ts has one
];

/** Commands of the block that holds `line`: one a line, unless a pipe goes on in the next. */
function block(line: string): string[] {
  const fenced = [...DOCS.matchAll(/^( *)```(\w*)\n([\s\S]*?)\n\1```$/gm)];
  const blocks = fenced.filter(([, , language]) => language === "").map((match) => match[3] as string);
  // The same commands on two pages are one block.
  const found = [...new Set(blocks)].filter((text) => text.split("\n").some((l) => l.trim().startsWith(line)));
  expect({ line, blocks: found.length }).toEqual({ line, blocks: 1 });
  return commandsIn(found[0] as string);
}

function commandsIn(text: string): string[] {
  const joined = text.replace(/\|\n\s*/g, "| ");
  const lines = joined.split("\n").map((l) => l.trim().replace(/\s+#.*$/, ""));
  return lines.filter((l) => l && !l.startsWith("#") && !leftOut.some((pattern) => pattern.test(l)));
}

/** The folder that stands for `~`: the CLI takes that from the list of users, whatever HOME says. */
const state = path.join(home, "state");
const inState = (text: string): string =>
  text.replace("login --local", `login file://${state}`).replace("file://~", `file://${state}`);

const secretFor = (command: string): string => `typed-for-${/--path (\S+)/.exec(command)?.[1] ?? "nothing"}`;

/** Runs one command; what it asks for is typed. */
function sh(command: string): string {
  const { stdout, stderr, status } = spawnSync("bash", ["-euo", "pipefail", "-c", command], {
    cwd: copy,
    input: `${secretFor(command)}\n`,
    encoding: "utf8",
    env: environment,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`);
  return stdout;
}

let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  await applyTraefikKinds(client);
  await applyGettingStarted(client);
  const { pulumi, searchPath } = await engine();
  const { kubectl } = await findTools(["kubectl"], () => {});
  fs.mkdirSync(bin, { recursive: true });
  fs.mkdirSync(state, { recursive: true });
  const [start, main] = [path.join(ROOT, "start.cjs"), path.join(__dirname, "support", "pulumi.ts")];
  const starter = `#!/bin/sh\nexec '${process.execPath}' --require '${start}' '${main}' "$@"\n`;
  fs.writeFileSync(path.join(bin, "pulumi"), starter, { mode: 0o755 });
  fs.symlinkSync(kubectl as string, path.join(bin, "kubectl"));
  for (const part of ["index.ts", "start.cjs", "config", "components", "lib", "package.json", "tsconfig.json"])
    fs.cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  for (const part of ["Pulumi.yaml", "Pulumi.example.yaml"])
    fs.copyFileSync(path.join(ROOT, part), path.join(copy, part));
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  // The real plugins, where they were downloaded.
  const plugins = path.join(process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi"), "plugins");
  fs.mkdirSync(pulumiHome);
  if (fs.existsSync(plugins)) fs.symlinkSync(plugins, path.join(pulumiHome, "plugins"));
  environment = {
    ...process.env,
    PATH: [bin, searchPath].join(path.delimiter),
    REAL_PULUMI: pulumi.command,
    KUBECONFIG: kubeconfig,
    PULUMI_HOME: pulumiHome, // who is logged in where
    PULUMI_BACKEND_URL: undefined, // what `pulumi login` says
    PULUMI_CONFIG_PASSPHRASE: "of-the-reader",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
});

afterAll(async () => {
  const gone = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  if (await client.read(gone)) await client.delete(gone);
  // A second default class, which the other files of this suite do not expect.
  const localPath = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "local-path" } };
  if (await client.read(localPath)) await client.delete(localPath);
});

const deployments = async (): Promise<string[]> =>
  (await client.list("apps/v1", "Deployment", NAMESPACE)).map(({ metadata }) => metadata.name).sort();

/** What the blocks of docs/getting-started/configure.md do, but for the preview at the end. */
function configure(): void {
  for (const { commands } of stepsOf(CONFIGURE))
    for (const command of commandsIn(commands)) if (command !== "pulumi preview") sh(command);
}

/** What a first preview says before the passwords are set: the last block of the page, which follows no commands. */
function previewWithoutPasswords(): { said: string; printed: string } {
  const said = /```text\n([^`]*problems; nothing was deployed[^`]*)```/.exec(pages.get(CONFIGURE) ?? "")?.[1] ?? "";
  try {
    return { said, printed: sh("pulumi preview") };
  } catch (error) {
    return { said, printed: String(error) };
  }
}

test.each(gettingStarted)("%s: the commands print what the page says", (page) => {
  for (const { commands, prints } of stepsOf(page)) {
    const run = commandsIn(commands);
    const printed = run.map((command) => sh(`${inState(command)} 2>&1`)).join("\n");
    if (run.length > 0 && prints !== undefined)
      expect({ commands: run, missing: missingLines(inState(prints), printed), printed }).toMatchObject({
        missing: [],
      });
    if (run.some((command) => command.startsWith("pulumi stack init"))) {
      const { said, printed } = previewWithoutPasswords();
      expect({ missing: missingLines(said, printed), printed }).toMatchObject({ missing: [] });
    }
  }
});

test("the objects of getting started exist after its update, and each output that the docs name has a value", async () => {
  expect(await deployments()).toEqual(["fetchmail-kinga", "roundcube", "stalwart"]);
  const outputs = [...DOCS.matchAll(/`(pulumi stack output [a-zA-Z]+)`/g)].map((match) => match[1] as string);
  expect(outputs.length).toBeGreaterThan(1);
  for (const command of new Set(outputs)) expect(sh(command)).toMatch(/your\.domain|stalwart-mail/);
});

test("the commands of the docs add a mailbox with all of its options, and remove one", async () => {
  for (const command of block("pulumi config set --path mailboxes.anna.retention")) sh(command);
  expect(await deployments()).toContain("fetchmail-anna");
  for (const command of block("pulumi config rm --path mailboxes.anna")) sh(command);
  expect(await deployments()).not.toContain("fetchmail-anna");
});

test("the commands of the docs set relaying for chosen namespaces, another image and backup groups", async () => {
  for (const command of block("pulumi config set --path 'cluster.relayNamespaces[0]'")) sh(command);
  const [, tag = "", digest = ""] = /:([^@]+)@sha256:(\w+)$/.exec(defaultImages.roundcube) ?? [];
  for (const command of block("pulumi config set --path images.roundcube"))
    sh(command.replace("<tag>", tag).replace("<digest>", digest));
  for (const command of block("pulumi config set --path 'storage.labels")) sh(command);
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "stalwart-data", namespace: NAMESPACE },
  };
  expect((await client.read(claim))?.metadata.labels).toMatchObject({
    "recurring-job-group.longhorn.io/mail": "enabled",
    "recurring-job.longhorn.io/source": "enabled",
  });
});

test("the commands of the docs that only read print what the page says", () => {
  for (const command of block("kubectl -n stalwart-mail get pods -l"))
    expect(sh(command.replace("<name>", "kinga"))).toContain("fetchmail-kinga");
});

test("the commands of the docs move a stack from hand-made manifests: claims stay, passwords are taken from the cluster", async () => {
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "stalwart-data", namespace: NAMESPACE },
  };
  const before = (await client.read(claim))?.metadata.uid;
  const admin = sh("pulumi stack output adminPassword --show-secrets");
  // What a stack forgets is hand-made to the next.
  sh("pulumi stack rm family --force --yes");
  fs.rmSync(path.join(copy, "Pulumi.family.yaml"), { force: true });
  configure();
  sh("pulumi config rm --path mailboxes.kinga.password");

  for (const command of block("pulumi config set --secret --path admin.password")) sh(command);
  for (const command of block("kubectl -n stalwart-mail delete deployment")) sh(command);
  expect(await deployments()).toEqual([]);
  for (const command of block("pulumi up -c kubernetes:upsertExistingObjects=true")) sh(command);
  for (const command of block("pulumi config rm kubernetes:upsertExistingObjects")) sh(command);

  expect(await deployments()).toEqual(["fetchmail-kinga", "roundcube", "stalwart"]);
  expect((await client.read(claim))?.metadata.uid).toBe(before);
  const kinga = sh("pulumi config get --path mailboxes.kinga.password").trim();
  expect(kinga).toBe(secretFor("--path mailboxes.kinga.password"));
  expect(sh("pulumi stack output adminPassword --show-secrets")).toBe(admin);
  expect(sh("pulumi up")).toMatch(/unchanged/);
});

test("the commands of the docs move the state to another place, as for CI, and nothing is left to do", () => {
  const elsewhere = path.join(home, "bucket");
  fs.mkdirSync(elsewhere);
  for (const command of block("pulumi stack export --show-secrets"))
    sh(command.replace("'s3://…'", `file://${elsewhere}`));
  expect(sh("pulumi whoami --verbose")).toContain(`file://${elsewhere}`);
  expect(sh("pulumi preview --expect-no-changes")).toMatch(/unchanged/);
});
