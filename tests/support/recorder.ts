import * as pulumi from "@pulumi/pulumi";

/** A resource as the engine would have been asked to register it. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly custom: boolean;
  /** Inputs with secrets in place of their wrappers: plain values, for asserting on content. */
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind, and assertions that name their fields
  readonly inputs: any;
  /** Whether each top-level input reached the engine marked secret, anywhere within it: JSON paths of secret values. */
  readonly secretPaths: readonly string[];
  /** URNs this resource waits for, explicit and through its inputs. */
  readonly dependencies: readonly string[];
  readonly retainOnDelete: boolean;
  /** Whether a replacement is made only after the old one is gone. */
  readonly deleteBeforeReplace: boolean;
  /** Inputs whose change replaces it. */
  readonly replaceOnChanges: readonly string[];
  /** How long Pulumi waits for it to be ready when it is made, such as `3m`; empty for the provider's default. */
  readonly createTimeout: string;
  readonly protect: boolean;
  readonly parent: string;
  /** What the engine calls before it updates the resource. */
  readonly beforeUpdate: readonly pulumi.ResourceHook[];
  /** What the engine calls when it fails to make the resource. */
  readonly onError: readonly pulumi.ErrorHook[];
  /** Inputs whose changes the engine leaves alone. */
  readonly ignoreChanges: readonly string[];
}

const SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_VALUE = "1b47061264138c4ac30d75fd1eb44270";

/** Unwraps the wire form of secrets, noting where they were. */
function unwrapSecrets(value: unknown, path: string, found: string[]): unknown {
  if (Array.isArray(value)) return value.map((item, n) => unwrapSecrets(item, `${path}[${n}]`, found));
  if (value === null || typeof value !== "object") return value;
  const record = value as Record<string, unknown>;
  if (record[SECRET_SIGNATURE] === SECRET_VALUE) {
    found.push(path);
    return unwrapSecrets(record.value, path, found);
  }
  return Object.fromEntries(
    Object.entries(record).map(([k, v]) => [k, unwrapSecrets(v, path ? `${path}.${k}` : k, found)]),
  );
}

/** Collects every resource that a program registers, so that tests assert on the whole graph. */
export class Recorder {
  readonly resources: Recorded[] = [];

  /** All Kubernetes objects of one kind, e.g. `Deployment`. */
  kind(kind: string): Recorded[] {
    return this.resources.filter((r) => r.type.startsWith("kubernetes:") && r.inputs.kind === kind);
  }

  /** The one object of that kind and cluster name; fails the test when there is none or more than one. */
  object(kind: string, name: string): Recorded {
    const found = this.kind(kind).filter((r) => r.inputs.metadata?.name === name);
    if (found.length !== 1) {
      const known = this.kind(kind).map((r) => r.inputs.metadata?.name);
      throw new Error(`${found.length} objects ${kind}/${name}; there are: ${known.join(", ")}`);
    }
    return found[0] as Recorded;
  }

  /** Every URN that must be ready before this resource, directly or through others. Children of a component count. */
  upstream(resource: Recorded): Set<string> {
    const byUrn = new Map(this.resources.map((r) => [r.urn, r]));
    const seen = new Set<string>();
    const visit = (urn: string): void => {
      if (seen.has(urn)) return;
      seen.add(urn);
      for (const next of byUrn.get(urn)?.dependencies ?? []) visit(next);
    };
    for (const urn of resource.dependencies) visit(urn);
    return seen;
  }
}

/** What the recorder reads of the engine's registration request; the SDK's mocks hand tests only part of it. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getObject(): { toJavaScript(): Record<string, unknown> };
  getDependenciesList(): string[];
  getRetainondelete(): boolean;
  getDeletebeforereplace(): boolean;
  getReplaceonchangesList(): string[];
  getCustomtimeouts(): { getCreate(): string } | undefined;
  getProtect(): boolean;
  getHooks(): { getBeforeUpdateList(): string[]; getOnErrorList(): string[] } | undefined;
  getIgnorechangesList(): string[];
}
type Reply = (error: unknown, response: { getUrn(): string } | undefined) => void;

/** Keeps the hooks that are registered from now on: the engine, which would call them, is not there. */
function recordHooks() {
  const hooks = { update: new Map<string, pulumi.ResourceHook>(), error: new Map<string, pulumi.ErrorHook>() };
  const sdk: {
    registerResourceHook(hook: pulumi.ResourceHook): Promise<void>;
    registerErrorHook(hook: pulumi.ErrorHook): Promise<void>;
  } = require("@pulumi/pulumi/runtime/resource");
  sdk.registerResourceHook = async (hook) => void hooks.update.set(hook.name, hook);
  sdk.registerErrorHook = async (hook) => void hooks.error.set(hook.name, hook);
  return hooks;
}

/** Calls what the engine would call before this update of a resource, in a preview or not. */
export async function update(
  resource: Recorded,
  update: { readonly oldInputs?: object; readonly oldOutputs?: object; readonly newInputs: object },
  { preview = true }: { readonly preview?: boolean } = {},
): Promise<void> {
  for (const { callback, opts } of resource.beforeUpdate) {
    if (preview && !opts?.onDryRun) continue;
    const { urn, name, type } = resource;
    await callback({ urn, id: "", name, type, ...update } as pulumi.ResourceHookArgs);
  }
}

/** Puts mocks in place and returns the recorder that fills as resources are registered. */
export async function startRecording({ preview = false }: { readonly preview?: boolean } = {}): Promise<Recorder> {
  const recorder = new Recorder();
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        const state = { ...args.inputs };
        if (args.type === "random:index/randomPassword:RandomPassword") state.result = `generated-${args.name}-secret`;
        return { id: args.inputs.metadata?.name ?? `${args.name}-id`, state };
      },
      call: (args) => args.inputs,
    },
    "homelab-mail",
    "test",
    preview,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, reply: Reply): Promise<void>;
  };
  const hooks = recordHooks();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, reply) =>
    register(request, (error, response) => {
      if (response) {
        const secretPaths: string[] = [];
        recorder.resources.push({
          type: request.getType(),
          name: request.getName(),
          urn: response.getUrn(),
          custom: request.getCustom(),
          inputs: unwrapSecrets(request.getObject().toJavaScript(), "", secretPaths),
          secretPaths,
          dependencies: request.getDependenciesList(),
          retainOnDelete: request.getRetainondelete() === true,
          deleteBeforeReplace: request.getDeletebeforereplace() === true,
          replaceOnChanges: request.getReplaceonchangesList(),
          createTimeout: request.getCustomtimeouts()?.getCreate() ?? "",
          protect: request.getProtect() === true,
          parent: request.getParent(),
          beforeUpdate: (request.getHooks()?.getBeforeUpdateList() ?? []).map(
            (name) => hooks.update.get(name) as pulumi.ResourceHook,
          ),
          onError: (request.getHooks()?.getOnErrorList() ?? []).map(
            (name) => hooks.error.get(name) as pulumi.ErrorHook,
          ),
          ignoreChanges: request.getIgnorechangesList(),
        });
      }
      reply(error, response);
    });
  return recorder;
}

/** Waits until every registration that is under way has been recorded. */
export async function settled(): Promise<void> {
  await pulumi.runtime.disconnect(false);
}

/** The value of an output, for assertions. */
export function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
