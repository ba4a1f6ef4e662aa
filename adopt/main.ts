import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { names } from "../config/names";
import { readStack } from "../doctor/clients/pulumi";
import { firstSentence, projectProblem, stackOptions } from "../doctor/options";
import { command } from "../lib/command";
import { clusterApi, contextOf, runKubectl } from "../lib/kubectl";
import { generatedIn } from "./generated";
import {
  formerOwner,
  lostManagers,
  type ObjectName,
  objectsToCreate,
  problemsIn,
  withoutFormerManagers,
} from "./managers";

const HELP = `npm run adopt -- --stack NAME [OPTIONS]

For a stack whose state was lost. Takes over all that it has in the cluster into a new, empty state: reads back what it had
generated, so that nothing is generated anew, then runs \`pulumi up\`, which shows what it will do and asks.

  --stack NAME       the stack, made anew with \`pulumi stack init NAME\` beside its Pulumi.NAME.yaml
  --project FOLDER   the folder with Pulumi.yaml and the stack's file; without it this one
  --yes              does not ask
  --pulumi, --kubectl FILE   the programs to use, where they are not on the PATH
`;

const LIMIT = 30_000;
/** The Kubernetes plugin's own names for its options: set for this run, they are in no stack file to be forgotten there. */
const adopting = { PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true", PULUMI_K8S_ENABLE_PATCH_FORCE: "true" };

interface Options {
  readonly stack: string;
  readonly project: string;
  readonly pulumi: string;
  readonly kubectl: string;
  readonly yes: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      ...stackOptions,
      kubectl: { type: "string", default: "kubectl" },
      yes: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  if (!values.stack) throw new Error("--stack is missing");
  const project = path.resolve(values.project);
  const problem = projectProblem(project);
  if (problem !== undefined) throw new Error(problem);
  return { ...values, stack: values.stack, project };
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The update's cluster: kubectl must not look at another one. */
async function clusterOf(options: Options, namespace: string) {
  const setting = (key: string): Promise<string | undefined> =>
    command(options.pulumi, ["config", "get", `kubernetes:${key}`, "--stack", options.stack, "--non-interactive"], {
      cwd: options.project,
      limit: LIMIT,
    }).then(
      (value) => value.trim(),
      () => undefined,
    );
  const [kubeconfig, context] = await Promise.all([setting("kubeconfig"), setting("context")]);
  if (kubeconfig !== undefined && !existsSync(kubeconfig)) {
    throw new Error(
      "kubernetes:kubeconfig is not a file: write it into one and set that, so that kubectl can read it too",
    );
  }
  const args = { command: options.kubectl, kubeconfig, context, limit: LIMIT };
  const run = (words: readonly string[], input?: string): Promise<string> => runKubectl(args, words, input);
  return { api: clusterApi({ ...args, namespace }), context: await contextOf(args), run };
}

type Cluster = Awaited<ReturnType<typeof clusterOf>>;

/** What `pulumi preview --json` prints, also when it fails. */
function preview({ pulumi, project, stack }: Options): Promise<{ readonly ok: boolean; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(pulumi, ["preview", "--json", "--non-interactive", "--stack", stack], {
      cwd: project,
      env: { ...process.env, ...adopting },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => {
      text += piece;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, text }));
  });
}

/** Takes former managers off one object. Somebody may change it meanwhile: then it is read again. */
async function release(
  { run }: Cluster,
  { kind, apiVersion, name, namespace }: ObjectName,
  former: RegExp,
): Promise<boolean> {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const words = [`${kind}.${version}.${group}`, name, ...(namespace === undefined ? [] : ["-n", namespace])];
  for (let tries = 0; ; tries++) {
    const text = await run(["get", ...words, "-o", "json", "--show-managed-fields", "--ignore-not-found"]);
    const patch = text.trim() === "" ? undefined : withoutFormerManagers(JSON.parse(text), former);
    if (patch === undefined) return false;
    try {
      await run(["patch", ...words, "--type=json", "-p", JSON.stringify(patch)]);
      return true;
    } catch (problem) {
      if (tries === 4) throw problem;
    }
  }
}

function update({ pulumi, project, stack, yes }: Options): Promise<number> {
  const words = ["up", "--stack", stack, ...(yes ? ["--yes"] : [])];
  const child = spawn(pulumi, words, { cwd: project, env: { ...process.env, ...adopting }, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

async function adopt(options: Options): Promise<number> {
  const stack = await readStack({ ...options, limit: LIMIT });
  if ("report" in stack) throw new Error(stack.report);
  const { namespace } = stack.config;
  const cluster = await clusterOf(options, namespace);
  const claim = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${names.dataClaim}`;
  if ((await cluster.api.get(claim)) === undefined) {
    throw new Error(
      `the cluster of the context ${cluster.context} has no claim ${names.dataClaim} in the namespace ${namespace}: there is nothing to adopt`,
    );
  }
  for (const { key, value } of await generatedIn(cluster.api, stack.config)) {
    const words = ["config", "set", "--secret", "--path", `generated.${key}`, "--stack", options.stack];
    await command(options.pulumi, [...words, "--non-interactive"], {
      cwd: options.project,
      input: value,
      limit: LIMIT,
    });
    say(`generated.${key} is what the cluster has`);
  }
  const { ok, text } = await preview(options);
  if (!ok) throw new Error(problemsIn(text) || "pulumi preview failed");
  const objects = objectsToCreate(text);
  let released = 0;
  for (const object of objects) if (await release(cluster, object, lostManagers)) released++;
  say(`${objects.length} objects to take over in the context ${cluster.context}; ${released} were the lost state's`);
  const code = await update(options);
  if (code === 0) for (const object of objects) await release(cluster, object, formerOwner);
  return code;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options !== undefined) return adopt(options);
  process.stdout.write(HELP);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (problem) => {
    console.error(problem instanceof TypeError ? firstSentence(problem) : problem.message);
    process.exit(2);
  },
);
