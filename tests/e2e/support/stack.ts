import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import type { KubeObject } from "../../../sandbox/cluster/kube";
import { openStack, projectEnvironment, projectFolder } from "../../../sandbox/engine";
import { client, engine, folder, kubeconfig, PASSPHRASE, pulumi } from "./world";

/** What an update did, in the engine's own words. */
export interface Report {
  /** `create Secret migadu-fetch-credentials`: every step that was not "same", sorted. */
  readonly steps: readonly string[];
  /** The engine's count of resources by what happened to them. */
  readonly summary: Readonly<Record<string, number>>;
}

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
    for (const mailbox of mailboxes) await made.setSecret(`mailboxes.${mailbox}.password`, passwordOf(mailbox));
    await made.setSecret("relay.password", RELAY_PASSWORD);
    return made;
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

  async destroy(): Promise<Report> {
    return succeeded(await this.run("destroy"));
  }

  /** An update that must fail: what the person sees, and the steps taken before. */
  async failingUp(preload?: string): Promise<Outcome> {
    return failed(await this.run("up", preload));
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

  object(apiVersion: string, kind: string, name: string): Promise<KubeObject | undefined> {
    return client.read({ apiVersion, kind, metadata: { name, namespace: this.namespace } });
  }

  /** In a process of its own, as a person's would be. */
  private async run(operation: "up" | "destroy" | "preview", preload?: string): Promise<Outcome> {
    const eventLog = path.join(this.path, "events.json");
    fs.rmSync(eventLog, { force: true });
    const request = { operation, home: this.path, stack: this.name, eventLog };
    const modules = [require.resolve("../../../start.cjs"), ...(preload ? [preload] : [])].flatMap((file) => [
      "--require",
      file,
    ]);
    const main = path.join(__dirname, "update.ts");
    const { ok, text } = await new Promise<{ ok: boolean; text: string }>((resolve) => {
      const options = { maxBuffer: 64 * 1024 * 1024, env: process.env }; // a test may have changed its copy
      execFile(process.execPath, [...modules, main, JSON.stringify(request)], options, (error, stdout, stderr) =>
        resolve({ ok: !error, text: `${stdout}${stderr}` }),
      );
    });
    const events: EngineEvent[] = fs.existsSync(eventLog) ? JSON.parse(fs.readFileSync(eventLog, "utf8")) : [];
    const summary = events.find((event) => event.summaryEvent)?.summaryEvent?.resourceChanges ?? {};
    return { ok, text, steps: stepsOf(events), summary: summary as Record<string, number> };
  }
}

interface Outcome extends Report {
  readonly ok: boolean;
  readonly text: string;
}

function succeeded(outcome: Outcome): Outcome {
  if (!outcome.ok) throw new Error(`the update failed:\n${outcome.text}`);
  return outcome;
}

function failed(outcome: Outcome): Outcome {
  if (outcome.ok) throw new Error(`it went through:\n${outcome.text}`);
  return outcome;
}

export const RELAY_PASSWORD = "relay-Passw0rd-of-the-provider";
export const passwordOf = (mailbox: string): string => `imap-Passw0rd-of-${mailbox}`;

function stepsOf(events: readonly EngineEvent[]): string[] {
  return events
    .flatMap(({ resourcePreEvent }) => (resourcePreEvent ? [resourcePreEvent.metadata] : []))
    .filter(({ op, type }) => op !== "same" && !type.startsWith("pulumi:"))
    .map(({ op, type, urn }) => `${op} ${type.split(":").pop()} ${urn.split("::").pop()}`)
    .sort();
}
