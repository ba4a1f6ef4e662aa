import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { defaultImages } from "../../config/images";
import { findTools } from "../../sandbox/tools/find";
import { pages, ROOT } from "../support/pages";
import { applyTraefikKinds } from "./support/schemas";
import { client, engine, folder, kubeconfig } from "./support/world";

/**
 * The commands of the README and of docs/, as they stand there and in their order, run by a shell in a copy of the repository. What a person
 * fills in is filled in. Left out: `npm …` (that is how these tests are run), and what needs the inside of a container,
 * for on this cluster no container runs.
 */
const DOCS = [...pages.values()].join("\n");
const home = path.join(folder, "readme");
const copy = path.join(home, "homelab-mail");
const bin = path.join(home, "bin");
const NAMESPACE = "stalwart-mail";
const leftOut = /^npm |\slogs\s|\sport-forward\s/;

/** Commands of the block that holds `line`: one a line, unless a pipe goes on in the next. */
function block(line: string): string[] {
  const fenced = [...DOCS.matchAll(/^( *)```(\w*)\n([\s\S]*?)\n\1```$/gm)];
  const blocks = fenced.filter(([, , language]) => language === "").map((match) => match[3] as string);
  const found = blocks.filter((text) => text.split("\n").some((l) => l.trim().startsWith(line)));
  expect({ line, blocks: found.length }).toEqual({ line, blocks: 1 });
  const joined = (found[0] as string).replace(/\|\n\s*/g, "| ");
  const lines = joined.split("\n").map((l) => l.trim().replace(/\s+#.*$/, ""));
  return lines.filter((l) => l && !l.startsWith("#") && !leftOut.test(l));
}

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
  await applyTraefikKinds(client); // the class that the tutorial sets
  const { pulumi, searchPath } = await engine();
  const { kubectl } = await findTools(["kubectl"], () => {});
  fs.mkdirSync(bin, { recursive: true });
  fs.mkdirSync(path.join(home, "state"), { recursive: true });
  const [start, main] = [path.join(ROOT, "start.cjs"), path.join(__dirname, "support", "pulumi.ts")];
  const starter = `#!/bin/sh\nexec '${process.execPath}' --require '${start}' '${main}' "$@"\n`;
  fs.writeFileSync(path.join(bin, "pulumi"), starter, { mode: 0o755 });
  fs.symlinkSync(kubectl as string, path.join(bin, "kubectl"));
  for (const part of ["index.ts", "start.cjs", "config", "components", "package.json", "tsconfig.json"])
    fs.cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  for (const part of ["Pulumi.yaml", "Pulumi.homelab.yaml"])
    fs.copyFileSync(path.join(ROOT, part), path.join(copy, part));
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  environment = {
    ...process.env,
    PATH: [bin, searchPath].join(path.delimiter),
    REAL_PULUMI: pulumi.command,
    KUBECONFIG: kubeconfig,
    PULUMI_BACKEND_URL: `file://${home}/state`, // `pulumi login`
    PULUMI_CONFIG_PASSPHRASE: "of-the-reader",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
});

afterAll(async () => {
  const gone = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  if (await client.read(gone)) await client.delete(gone);
});

const deployments = async (): Promise<string[]> =>
  (await client.list("apps/v1", "Deployment", NAMESPACE)).map(({ metadata }) => metadata.name).sort();

/** The copied stack file, edited as the tutorial says: the domain, the mailboxes. */
function edit(): void {
  const file = path.join(copy, "Pulumi.family.yaml");
  const text = fs.readFileSync(file, "utf8").replaceAll("newjoy.ro", "your.domain");
  const mailboxes = text.replace(/\n {4}service: \{\}/, "").replace(/\n {4}alpar:\n {6}admin: true/, "");
  expect(mailboxes).not.toBe(text);
  fs.writeFileSync(file, mailboxes);
}

function firstDeployment(): void {
  for (const command of block("pulumi stack init family")) {
    sh(command);
    if (command.startsWith("cp ")) edit();
  }
}

test("first deployment", async () => {
  firstDeployment();
  sh("pulumi up");
  expect(await deployments()).toEqual(["fetchmail-kinga", "roundcube", "stalwart"]);
  const outputs = [...DOCS.matchAll(/`(pulumi stack output [a-zA-Z]+)`/g)].map((match) => match[1] as string);
  expect(outputs.length).toBeGreaterThan(1);
  for (const command of new Set(outputs)) expect(sh(command)).toMatch(/your\.domain|stalwart-mail/);
  expect(sh("kubectl -n stalwart-mail get service stalwart-mail")).toContain("993");
});

test("a mailbox more, with all that it can have, and one less", async () => {
  for (const command of block("pulumi config set --path mailboxes.anna.keep true")) sh(command);
  expect(await deployments()).toContain("fetchmail-anna");
  for (const command of block("pulumi config rm --path mailboxes.anna")) sh(command);
  expect(await deployments()).not.toContain("fetchmail-anna");
});

test("relaying for chosen namespaces, another image, backup groups", async () => {
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

test("looking, and standing still for a backup", async () => {
  for (const command of block("kubectl -n stalwart-mail get pods -l"))
    expect(sh(command.replace("<name>", "kinga"))).toContain("fetchmail-kinga");
  const scaling = block("kubectl -n stalwart-mail scale deployment stalwart --replicas=0");
  expect(scaling).toHaveLength(2);
  for (const command of scaling) expect(sh(command)).toContain("scaled");
});

test("moving from hand-made manifests: claims stay, passwords are taken from the cluster", async () => {
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
  firstDeployment();
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
