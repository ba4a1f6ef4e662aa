import * as fs from "node:fs";
import * as path from "node:path";
import { defaultImages } from "../../config/images";
import { gettingStarted, missingLines, pages, stepsOf } from "../support/pages";
import { client, folder } from "./support/environment";
import { Reader, typed } from "./support/reader";
import { applyGettingStarted, applyTraefikKinds } from "./support/schemas";

/**
 * The commands of docs/getting-started, all of them, in their order, by a shell in a clone of this repository; and the commands of other
 * pages that change a stack. What a user fills in is filled in.
 */
const DOCS = [...pages.values()].join("\n");
const home = path.join(folder, "readme");
const copy = path.join(home, "homelab-mail");
const NAMESPACE = "stalwart-mail";
const CONFIGURE = "docs/getting-started/configure.md";

/** Commands of docs/getting-started that are not run, and why. Each begins with one of these. */
const notRun: readonly (readonly [command: string, reason: string])[] = [
  ["npm ci", "the clone has a link to this checkout's packages; .ci/run and ci.yml run it in a clean clone"],
  ["kubectl run pocket-id-check", "needs a container, and on this cluster none runs"],
  ["npm run doctor -- --send", "needs a provider and the programs in the pods; tests/unit/docs compares its output"],
  [
    "npm run device -- --stack family --mailbox kinga --list",
    "asks the mail server; tests/unit/device runs it, tests/unit/docs compares its output",
  ],
  ["bash scripts/plain-copy.sh", "needs a container; tests/live runs it"],
];
const isRun = (command: string): boolean => !notRun.some(([start]) => command.startsWith(start));

/** What a block of another page has beside the commands that this file tries. */
const leftOut = [/^npm /, /\slogs\s|\sport-forward\s|^kubectl run\s/, /^git |^cd |^curl |^dig /];

/** Commands of the block that holds `line`: one per line, unless a pipe goes on in the next. */
function block(line: string): string[] {
  const fenced = [...DOCS.matchAll(/^( *)```(\w*)\n([\s\S]*?)\n\1```$/gm)];
  const blocks = fenced.filter(([, , language]) => language === "").map((match) => match[3] as string);
  // The same commands on two pages are one block.
  const found = [...new Set(blocks)].filter((text) => text.split("\n").some((l) => l.trim().startsWith(line)));
  expect({ line, blocks: found.length }).toEqual({ line, blocks: 1 });
  return commandsIn(found[0] as string).filter((command) => !leftOut.some((pattern) => pattern.test(command)));
}

function commandsIn(text: string): string[] {
  const joined = text.replace(/\|\n\s*/g, "| ");
  const lines = joined.split("\n").map((l) => l.trim().replace(/\s+#.*$/, ""));
  return lines.filter((l) => l && !l.startsWith("#"));
}

let reader: Reader;
const sh = (command: string): Promise<string> => reader.sh(command);

/** Runs commands one after the other; gives what they print to a terminal. */
async function all(commands: readonly string[]): Promise<string> {
  let printed = "";
  // curl shows its progress and asks for a password on standard error, and neither is part of an output.
  for (const command of commands) printed += `${await sh(command.startsWith("curl") ? command : `${command} 2>&1`)}\n`;
  return printed;
}

beforeAll(async () => {
  await applyTraefikKinds(client);
  await applyGettingStarted(client);
  reader = await Reader.start(home);
  // What the pages of the provider and of Pocket ID say to do there.
  reader.zone["TXT your.domain"] = ["hosted-email-verify=a1b2c3", "v=spf1 include:spf.migadu.com -all"];
  reader.pocketId.state.users = [{ id: "1", username: "kinga", email: "kinga@your.domain", disabled: false }];
  const byHand = { id: "stalwart-webui", isPublic: true, pkceEnabled: true, requiresReauthentication: true };
  reader.pocketId.clients.set("stalwart-webui", byHand);
  for (const volume of ["stalwart-data", "roundcube-data"]) reader.put(`mail-backup/${volume}.tar`);
});

afterAll(async () => {
  await reader?.stop();
  const gone = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  if (await client.read(gone)) await client.delete(gone);
  // A second default class and another controller's Service, which the other files of this suite do not expect.
  const localPath = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "local-path" } };
  const traefik = { apiVersion: "v1", kind: "Service", metadata: { name: "traefik", namespace: "kube-system" } };
  for (const object of [localPath, traefik]) if (await client.read(object)) await client.delete(object);
});

const deployments = async (): Promise<string[]> =>
  (await client.list("apps/v1", "Deployment", NAMESPACE)).map(({ metadata }) => metadata.name).sort();

/** What the blocks of docs/getting-started/configure.md do, but for the preview at the end. */
async function configure(): Promise<void> {
  for (const { commands } of stepsOf(CONFIGURE))
    for (const command of commandsIn(commands)) if (command !== "pulumi preview") await sh(command);
}

/** What a first preview says before the passwords are set: the last block of the page, which follows no commands. */
async function previewWithoutPasswords(): Promise<void> {
  const said = /```text\n([^`]*problems; nothing was deployed[^`]*)```/.exec(pages.get(CONFIGURE) ?? "")?.[1] ?? "";
  const printed = await sh("pulumi preview").catch(String);
  expect({ missing: missingLines(said, printed), printed }).toMatchObject({ missing: [] });
}

/** Sets the records that a preview shows, as its reader does. */
function setRecords(preview: string): void {
  const lines = [...preview.matchAll(/^ *\[\d+\]: (".* IN .*")$/gm)].map(([, line = ""]) => JSON.parse(line) as string);
  expect(lines.length).toBeGreaterThan(15);
  for (const line of lines) {
    const [, name, type, value = ""] = /^(\S+)\. IN (\w+) (.*?) ; /.exec(line) ?? [];
    const record = `${type} ${name}`;
    const written = type === "A" ? "192.168.1.25" : value.replace(/^"|"$/g, "");
    reader.zone[record] = [...new Set([...(reader.zone[record] ?? []), written])];
  }
}

/** Rows of a table with a dig command and its answer. */
const rowsOf = (page: string): [command: string, answers: string[]][] =>
  [...(pages.get(page) ?? "").matchAll(/^\| `(dig [^`]+)` \| (.*) \|$/gm)].map(([, command = "", cell = ""]) => [
    command,
    [...cell.matchAll(/`([^`]+)`/g)].map(([, answer = ""]) => answer),
  ]);

test.each(gettingStarted)("the commands of %s print what the page says", async (page) => {
  for (const { commands, prints } of stepsOf(page)) {
    const [listed, run] = [commandsIn(commands), commandsIn(commands).filter(isRun)];
    const printed = await all(run);
    if (run.length === listed.length && prints !== undefined)
      expect({ run, missing: missingLines(asPrinted(prints), printed), printed }).toMatchObject({ missing: [] });
    if (run.some((command) => command.startsWith("pulumi stack init"))) await previewWithoutPasswords();
    if (run.includes("pulumi preview")) setRecords(printed);
  }
  for (const [command, answers] of rowsOf(page)) {
    const printed = (await sh(command)).trim().split("\n");
    expect({ command, printed }).toEqual({ command, printed: expect.arrayContaining(answers) });
    expect({ command, answers: answers.length }).not.toEqual({ command, answers: 0 });
  }
});

/** A page's output as it is here: a CLI that was built from source has no `v` before its version. */
const asPrinted = (prints: string): string => reader.inState(prints).replace(/^v3\.…$/m, "…3.…");

test("each command of getting started that is not run is still there, and the table of the DNS records was read", () => {
  expect(gettingStarted.flatMap(rowsOf).length).toBeGreaterThan(10);
  const commands = gettingStarted.flatMap(stepsOf).flatMap((step) => commandsIn(step.commands));
  expect(notRun.filter(([start]) => !commands.some((command) => command.startsWith(start)))).toEqual([]);
});

test("getting started registers the client at Pocket ID, for the group", () => {
  const { clients, allowed } = reader.pocketId;
  expect(clients.get("stalwart-webui")).toMatchObject({
    isGroupRestricted: true,
    callbackURLs: expect.arrayContaining(["https://webmail.your.domain/index.php/login/oauth"]),
  });
  expect(allowed.get("stalwart-webui")).toEqual(["g-1"]);
});

test("the objects of getting started exist after its update, and each output that the docs name has a value", async () => {
  expect(await deployments()).toEqual(["fetchmail-kinga", "roundcube", "stalwart"]);
  const outputs = [...DOCS.matchAll(/`(pulumi stack output [a-zA-Z]+)`/g)].map((match) => match[1] as string);
  expect(outputs.length).toBeGreaterThan(1);
  for (const command of new Set(outputs)) expect(await sh(command)).toMatch(/your\.domain|stalwart-mail/);
});

test("the commands of the docs add a mailbox with all of its options, and remove one", async () => {
  for (const command of block("pulumi config set --path mailboxes.anna.retention")) await sh(command);
  expect(await deployments()).toContain("fetchmail-anna");
  for (const command of block("pulumi config rm --path mailboxes.anna")) await sh(command);
  expect(await deployments()).not.toContain("fetchmail-anna");
});

test("the commands of the docs set relaying for chosen namespaces, another image and backup groups", async () => {
  for (const command of block("pulumi config set --path 'cluster.relayNamespaces[0]'")) await sh(command);
  const [, tag = "", digest = ""] = /:([^@]+)@sha256:(\w+)$/.exec(defaultImages.roundcube) ?? [];
  for (const command of block("pulumi config set --path images.roundcube"))
    await sh(command.replace("<tag>", tag).replace("<digest>", digest));
  for (const command of block("pulumi config set --path 'storage.labels")) await sh(command);
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

test("the commands of the docs that only read print what the page says", async () => {
  for (const command of block("kubectl -n stalwart-mail get pods -l"))
    expect(await sh(command.replace("<name>", "kinga"))).toContain("fetchmail-kinga");
});

test("the commands of the docs move a stack from hand-made manifests: claims stay, passwords are taken from the cluster", async () => {
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "stalwart-data", namespace: NAMESPACE },
  };
  const before = (await client.read(claim))?.metadata.uid;
  const admin = await sh("pulumi stack output adminPassword --show-secrets");
  // What a stack forgets is hand-made to the next.
  await sh("pulumi stack rm family --force --yes");
  fs.rmSync(path.join(copy, "Pulumi.family.yaml"), { force: true });
  await configure();
  await sh("pulumi config rm --path mailboxes.kinga.password");

  for (const command of block("pulumi config set --secret --path admin.password")) await sh(command);
  for (const command of block("kubectl -n stalwart-mail delete deployment")) await sh(command);
  expect(await deployments()).toEqual([]);
  for (const command of block("pulumi up -c kubernetes:upsertExistingObjects=true")) await sh(command);
  for (const command of block("pulumi config rm kubernetes:upsertExistingObjects")) await sh(command);

  expect(await deployments()).toEqual(["fetchmail-kinga", "roundcube", "stalwart"]);
  expect((await client.read(claim))?.metadata.uid).toBe(before);
  const kinga = (await sh("pulumi config get --path mailboxes.kinga.password")).trim();
  expect(kinga).toBe(typed("--path mailboxes.kinga.password"));
  expect(await sh("pulumi stack output adminPassword --show-secrets")).toBe(admin);
  expect(await sh("pulumi up")).toMatch(/unchanged/);
});

test("the commands of the docs move the state to another place, as for CI, and nothing is left to do", async () => {
  const elsewhere = path.join(home, "bucket");
  fs.mkdirSync(elsewhere);
  for (const command of block("pulumi stack export --show-secrets"))
    await sh(command.replace("'s3://…'", `file://${elsewhere}`));
  expect(await sh("pulumi whoami --verbose")).toContain(`file://${elsewhere}`);
  expect(await sh("pulumi preview --expect-no-changes")).toMatch(/unchanged/);
});
