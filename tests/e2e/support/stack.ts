import { execFile, execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import type { KubeObject } from "../../../lib/kubectl";
import { openStack, projectEnvironment, projectFolder } from "../../../sandbox/engine";
import { fixesOf } from "../../support/pages";
import { client, engine, folder, kubeconfig, PASSPHRASE, pulumi } from "./environment";
import { failed, type Outcome, type Report, stepsOf, succeeded } from "./report";

const ROOT = path.join(__dirname, "..", "..", "..");

type Operation = "up" | "destroy" | "preview" | "refresh";

/** Kinds whose objects the stack makes in its namespace. */
const KINDS: readonly (readonly [string, string])[] = [
  ["v1", "ConfigMap"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "Secret"],
  ["v1", "Service"],
  ["apps/v1", "Deployment"],
  ["batch/v1", "CronJob"],
  ["batch/v1", "Job"],
  ["cert-manager.io/v1", "Certificate"],
  ["networking.k8s.io/v1", "Ingress"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
];

/** The settings' objects are named by their content. */
const withoutHash = (text: string): string => text.replace(/-[0-9a-f]{10,}$/, "-HASH");

/** A stack of this program in a namespace of its own, with a state and a configuration file of its own. */
export class TestStack {
  private constructor(
    readonly name: string,
    readonly stack: Stack,
    readonly path: string,
  ) {}

  /** The smallest configuration that works, and what the test adds to it. */
  static async create(name: string, mailboxes: readonly string[] = ["alpar", "kinga"]): Promise<TestStack> {
    const home = path.join(folder, "stacks", name);
    const project = projectFolder(home);
    fs.mkdirSync(project, { recursive: true });
    fs.writeFileSync(path.join(project, `Pulumi.${name}.yaml`), ""); // not the sample's
    const stack = await openStack(await engine(), { folder: home, stack: name, kubeconfig, passphrase: PASSPHRASE });
    const made = new TestStack(name, stack, home);
    await made.set("domain", "newjoy.ro");
    await made.set("namespace", made.namespace);
    await made.set("ingress.className", "nginx");
    await made.set("identity.issuer", "https://auth.newjoy.ro");
    for (const mailbox of mailboxes) await made.setSecret(`mailboxes.${mailbox}.password`, passwordOf(mailbox));
    await made.setSecret("relay.password", RELAY_PASSWORD);
    return made;
  }

  /** A stack of that name with a new state, beside the configuration that it had. */
  static async reopen(name: string): Promise<TestStack> {
    const home = path.join(folder, "stacks", name);
    const stack = await openStack(await engine(), { folder: home, stack: name, kubeconfig, passphrase: PASSPHRASE });
    return new TestStack(name, stack, home);
  }

  get namespace(): string {
    return `e2e-${this.name}`;
  }

  set(key: string, value: string): Promise<void> {
    return this.stack.setConfig(key, { value }, true);
  }

  setSecret(key: string, value: string): Promise<void> {
    return this.stack.setConfig(key, { value, secret: true }, true);
  }

  unset(key: string): Promise<void> {
    return this.stack.removeConfig(key, true);
  }

  /** An update that must go through. `preload` is a module to load before the program, in its process. */
  async up(preload?: string): Promise<Report> {
    return succeeded(await this.run("up", preload));
  }

  /** An update by another checkout of this repository. */
  async upBy(root: string): Promise<Report> {
    return succeeded(await this.run("up", undefined, root));
  }

  async refresh(): Promise<Report> {
    return succeeded(await this.run("refresh"));
  }

  /** A preview, and what the user sees of it. */
  async preview(): Promise<Outcome> {
    return succeeded(await this.run("preview"));
  }

  async destroy(): Promise<Report> {
    return succeeded(await this.run("destroy"));
  }

  /** An update that must fail: what the user sees, and the steps taken before. */
  async failingUp(preload?: string): Promise<Outcome> {
    return failed(await this.run("up", preload));
  }

  /**
   * An update to which something happens after so many milliseconds: SIGINT is Ctrl-C in its terminal, SIGKILL what a power
   * cut does. Whether it was over by then is not told: both must do.
   */
  async interruptedUp(signal: "SIGINT" | "SIGKILL", after: number): Promise<void> {
    const args = this.update("up");
    const child = spawn(process.execPath, args, { detached: true, stdio: "ignore" });
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
    const timer = setTimeout(() => {
      try {
        process.kill(-(child.pid as number), signal);
      } catch {
        // It was over.
      }
    }, after);
    await ended;
    clearTimeout(timer);
  }

  /** Where the engine keeps what it made. */
  get stateFile(): string {
    return path.join(this.path, "state", ".pulumi", "stacks", "homelab-mail", `${this.name}.json`);
  }

  /** What docs/reference/problems.md says to do after an interrupted update, by its own commands. */
  async recover(): Promise<Report> {
    const [attributes = "", former = ""] = fixesOf("`failed to load checkpoint`");
    const inState = (command: string): string =>
      execFileSync("sh", ["-c", command.replaceAll("<stack>", this.name)], {
        cwd: path.join(this.path, "state"),
        encoding: "utf8",
      });
    inState(attributes);
    if (!isJson(this.stateFile)) inState(former);
    const [cancel, up = ""] = fixesOf("`the stack is currently locked`");
    expect(cancel).toBe("pulumi cancel");
    await this.stack.cancel();
    const [, variables = ""] = /^(.*) pulumi up$/.exec(up) ?? [];
    const environment = variables.split(" ").map((variable) => variable.split("=") as [string, string]);
    return succeeded(await this.run("up", undefined, ROOT, Object.fromEntries(environment)));
  }

  /** A preview that must fail. */
  async failingPreview(): Promise<Outcome> {
    return failed(await this.run("preview"));
  }

  /** The state as `pulumi stack export` gives it. */
  exportedState(): string {
    const environment = projectEnvironment({ folder: this.path, stack: this.name, kubeconfig, passphrase: PASSPHRASE });
    return execFileSync(pulumi, ["stack", "export", "--stack", this.name], {
      cwd: projectFolder(this.path),
      env: { ...process.env, ...environment },
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
  }

  /** Every object in the namespace, by kind and name: what changes when, and only when, somebody changes the object. */
  async objects(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const object of await this.live()) {
      const { name, uid, generation, resourceVersion } = object.metadata;
      found.set(withoutHash(`${object.kind}/${name}`), `${uid} ${generation ?? resourceVersion}`);
    }
    return found;
  }

  /** The live objects that the stack made; not what the cluster's controllers derive from them. */
  async live(): Promise<KubeObject[]> {
    const lists = await Promise.all(KINDS.map(([version, kind]) => client.list(version, kind, this.namespace)));
    return lists.flat().filter(({ metadata }) => !metadata.ownerReferences && metadata.name !== "kube-root-ca.crt");
  }

  /** Keys of objects that were added, changed or removed while an update ran. */
  async changedBy(update: () => Promise<unknown>): Promise<string[]> {
    const before = await this.objects();
    await update();
    const after = await this.objects();
    const all = new Set([...before.keys(), ...after.keys()]);
    return [...all].filter((key) => before.get(key) !== after.get(key)).sort();
  }

  /** All values of Secrets, opened. */
  async secretsOf(...names: string[]): Promise<string[]> {
    const secrets = await Promise.all(names.map((name) => this.object("v1", "Secret", name)));
    return secrets.flatMap((secret) =>
      Object.values<string>(secret?.data ?? {}).map((value) => Buffer.from(value, "base64").toString()),
    );
  }

  object(apiVersion: string, kind: string, name: string): Promise<KubeObject | undefined> {
    return client.read({ apiVersion, kind, metadata: { name, namespace: this.namespace } });
  }

  private get eventLog(): string {
    return path.join(this.path, "events.json");
  }

  /** What Node is started with for an update, in a process of its own, as a user's would be. */
  private update(operation: Operation, preload?: string, root = ROOT): string[] {
    const request = { operation, home: this.path, stack: this.name, eventLog: this.eventLog };
    const modules = [path.join(root, "start.cjs"), ...(preload ? [preload] : [])].flatMap((file) => [
      "--require",
      file,
    ]);
    return [...modules, path.join(root, "tests", "e2e", "support", "update.ts"), JSON.stringify(request)];
  }

  private async run(
    operation: Operation,
    preload?: string,
    root = ROOT,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const { eventLog } = this;
    fs.rmSync(eventLog, { force: true });
    const args = this.update(operation, preload, root);
    const { ok, text } = await new Promise<{ ok: boolean; text: string }>((resolve) => {
      const options = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...environment } }; // a test may have changed its copy
      execFile(process.execPath, args, options, (error, stdout, stderr) =>
        resolve({ ok: !error, text: `${stdout}${stderr}` }),
      );
    });
    const events: EngineEvent[] = fs.existsSync(eventLog) ? JSON.parse(fs.readFileSync(eventLog, "utf8")) : [];
    const summary = events.find((event) => event.summaryEvent)?.summaryEvent?.resourceChanges ?? {};
    return { ok, text, steps: stepsOf(events), summary: summary as Record<string, number> };
  }
}

function isJson(file: string): boolean {
  try {
    JSON.parse(fs.readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

export const RELAY_PASSWORD = "relay-Passw0rd-of-the-provider";
export const passwordOf = (mailbox: string): string => `imap-Passw0rd-of-${mailbox}`;
