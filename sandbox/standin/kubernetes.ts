import { randomBytes } from "node:crypto";
import { PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import { KubeClient, KubeError, type KubeObject } from "../kube";
import { gone, ready } from "./await";
import { type Change, differences, fixedPaths, type Mutability, pathText, prune, touches } from "./diff";
import { type DiffResult, NotInitialized, type Plugin, type Request } from "./rpc";
import { hasUnknowns, plain, withSecretsOf } from "./secrets";

const CREATED_BY = "pulumi-kubernetes";
const INPUTS = "__inputs";
const FIELD_MANAGER = "__fieldManager";
const INITIAL_VERSION = "__initialApiVersion";

/** `kubernetes:apps/v1:DeploymentPatch` changes fields of a Deployment that somebody else made. */
const isPatch = ({ type, news, olds }: Request): boolean =>
  type.endsWith("Patch") && !String((news ?? olds).kind).endsWith("Patch");

const idOf = ({ metadata }: KubeObject): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;

const annotated = (object: KubeObject, annotation: string): boolean =>
  object.metadata?.annotations?.[annotation] === "true";

/** As the server keeps it: a Secret's stringData becomes data. */
function normalized(object: KubeObject): KubeObject {
  if (object.kind !== "Secret" || !object.stringData) return object;
  const { stringData, ...rest } = object;
  const encoded = Object.entries(stringData).map(([k, v]) => [k, Buffer.from(String(v)).toString("base64")]);
  return { ...rest, data: { ...rest.data, ...Object.fromEntries(encoded) } };
}

/** The state keeps what the server has and, beside it, what the program asked for. */
function checkpoint(inputs: KubeObject, live: KubeObject, fieldManager: string): KubeObject {
  return {
    ...withSecretsOf(live, inputs),
    [INPUTS]: withSecretsOf(plain(inputs), inputs),
    [INITIAL_VERSION]: plain(inputs.apiVersion),
    [FIELD_MANAGER]: fieldManager,
  };
}

function parseCheckpoint(state: KubeObject): { inputs: KubeObject; live: KubeObject; fieldManager: string } {
  const { [INPUTS]: inputs, [INITIAL_VERSION]: _, [FIELD_MANAGER]: fieldManager, ...live } = plain(state);
  return { inputs: inputs ?? {}, live, fieldManager: fieldManager ?? "" };
}

/** Sends every object to the real API server, with the rules of the Kubernetes plugin that this program relies on. */
export class KubernetesPlugin implements Plugin {
  private client: KubeClient | undefined;
  private mutable: Mutability = { secrets: false, configMaps: false };
  private upsert = false;
  private force = false;

  constructor(readonly version: string) {}

  async configure(config: KubeObject): Promise<void> {
    const values = plain(config);
    const on = (key: string): boolean => String(values[key]) === "true";
    this.mutable = { secrets: on("enableSecretMutable"), configMaps: on("enableConfigMapMutable") };
    this.upsert = on("upsertExistingObjects");
    this.force = on("enablePatchForce");
    const inline = String(values.kubeconfig ?? "").includes("clusters");
    this.client = inline
      ? new KubeClient(values.kubeconfig, values.context)
      : KubeClient.fromFile(values.kubeconfig || undefined, values.context);
  }

  async check({ type, news }: Request): Promise<KubeObject> {
    if (!plain(news.metadata)?.name)
      throw new Error(`${type} has no metadata.name: the stand-in does not make up names`);
    return withSecretsOf(news, news);
  }

  async diff(request: Request): Promise<DiffResult> {
    const old = parseCheckpoint(request.olds);
    const wanted = normalized(plain(request.news));
    const there = prune(normalized(old.live), normalized(old.inputs));
    const found = differences(there, wanted);
    const fixed = fixedPaths(wanted, isPatch(request), this.mutable);

    const detail = new Map<string, PropertyDiff.Kind>();
    const replaces: string[] = [];
    for (const difference of found) {
      const path = pathText(difference.path);
      const replaced = fixed.some((property) => touches(difference, property));
      if (replaced) replaces.push(path);
      detail.set(path, kindOf(difference.change, replaced));
    }
    if (
      annotated(wanted, "pulumi.com/replaceUnready") &&
      wanted.kind === "Job" &&
      !(await this.jobIsComplete(old.live))
    ) {
      replaces.push('.metadata.annotations["pulumi.com/replaceUnready"]');
    }
    return {
      changed: found.length > 0 || replaces.length > 0,
      replaces,
      // One name cannot be two objects at once.
      deleteBeforeReplace: replaces.length > 0 && idOf(wanted) === idOf(old.live),
      detail,
    };
  }

  async create(request: Request): Promise<{ id: string; properties: KubeObject }> {
    const inputs = plain(request.news);
    const patch = isPatch(request);
    const asIs = { id: "", properties: request.news };
    if (request.preview && (patch || hasUnknowns(request.news))) return asIs;
    const fieldManager =
      inputs.metadata.annotations?.["pulumi.com/patchFieldManager"] ??
      `${CREATED_BY}-${randomBytes(4).toString("hex")}`;

    let live: KubeObject;
    try {
      const dryRun = request.preview ? "&dryRun=All" : "";
      live =
        patch || this.upsert
          ? await this.kube.apply(
              inputs,
              `?fieldManager=${fieldManager}&force=${this.forces(inputs) || request.preview}${dryRun}`,
            )
          : await this.kube.create(inputs, `?fieldManager=${CREATED_BY}${dryRun}`);
    } catch (error) {
      // A preview cannot know what the update makes first: its namespace, say.
      const early = error instanceof KubeError && [403, 404, 409].includes(error.status);
      if (request.preview && early) return asIs;
      throw error;
    }
    if (request.preview) return { id: "", properties: checkpoint(request.news, withoutStatus(live), fieldManager) };
    return { id: idOf(live), properties: await this.settled(request, live, fieldManager) };
  }

  async read(request: Request): Promise<{ id: string; properties: KubeObject } | undefined> {
    const { live, fieldManager } = parseCheckpoint(request.olds);
    const found = await this.kube.read(live);
    return found && { id: idOf(found), properties: checkpoint(request.olds[INPUTS] ?? {}, found, fieldManager) };
  }

  async update(request: Request): Promise<KubeObject> {
    const inputs = plain(request.news);
    if (request.preview && hasUnknowns(request.news)) return request.news;
    const { fieldManager } = parseCheckpoint(request.olds);
    if (!request.preview && !isPatch(request)) await this.takeOver(inputs, fieldManager);
    const query = `?fieldManager=${fieldManager}&force=${this.forces(inputs) || request.preview}`;
    const live = await this.kube.apply(inputs, request.preview ? `${query}&dryRun=All` : query);
    if (request.preview) return checkpoint(request.news, withoutStatus(live), fieldManager);
    return this.settled(request, live, fieldManager);
  }

  async delete(request: Request): Promise<void> {
    const { live, fieldManager } = parseCheckpoint(request.olds);
    if (isPatch(request)) {
      const { name, namespace } = live.metadata;
      if (!(await this.kube.read(live))) return;
      await this.kube.apply(
        { apiVersion: live.apiVersion, kind: live.kind, metadata: { name, namespace } },
        `?fieldManager=${fieldManager}`,
      );
      return;
    }
    await this.kube.delete(live);
    await gone(this.kube, live, request.timeout);
  }

  private get kube(): KubeClient {
    if (!this.client) throw new Error("not configured");
    return this.client;
  }

  private forces(inputs: KubeObject): boolean {
    return this.force || annotated(inputs, "pulumi.com/patchForce");
  }

  /** Waits for the object; when it fails, the engine still learns that it exists. */
  private async settled(request: Request, created: KubeObject, fieldManager: string): Promise<KubeObject> {
    try {
      const live = annotated(created, "pulumi.com/skipAwait")
        ? created
        : await ready(this.kube, created, request.timeout);
      return checkpoint(request.news, live, fieldManager);
    } catch (error) {
      const live = (await this.kube.read(created)) ?? created;
      const reasons = (error instanceof Error ? error.message : String(error)).split("\n");
      throw new NotInitialized(
        `the Kubernetes API server reported that ${created.kind} "${idOf(created)}" failed to become live: ${reasons.join("; ")}`,
        idOf(created),
        checkpoint(request.news, live, fieldManager),
        reasons,
      );
    }
  }

  private async jobIsComplete(job: KubeObject): Promise<boolean> {
    const live = await this.kube.read(job);
    const conditions: KubeObject[] = live?.status?.conditions ?? [];
    return conditions.some((c) => c.type === "Complete" && c.status === "True");
  }

  /** What was made by a plain create is handed to the applying field manager, or taking a field out would leave it in. */
  private async takeOver(inputs: KubeObject, fieldManager: string): Promise<void> {
    const live = await this.kube.read(inputs);
    const all: KubeObject[] = live?.metadata?.managedFields ?? [];
    const ours = (m: KubeObject): boolean =>
      !m.subresource &&
      (m.manager === fieldManager || (m.operation === "Update" && [CREATED_BY, "kubectl"].includes(m.manager)));
    const merged = all.filter(ours);
    if (!live || !merged.some((m) => m.operation === "Update")) return;
    const fieldsV1 = merged.reduce((fields, m) => union(fields, m.fieldsV1), {});
    const owner = { ...merged[0], manager: fieldManager, operation: "Apply", fieldsV1 };
    await this.kube.request(
      "PATCH",
      await this.kube.pathOf(inputs),
      [
        { op: "replace", path: "/metadata/managedFields", value: [owner, ...all.filter((m) => !ours(m))] },
        { op: "replace", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
      ],
      "application/json-patch+json",
    );
  }
}

function kindOf(change: Change, replaced: boolean): PropertyDiff.Kind {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = PropertyDiff.Kind;
  const [inPlace, anew] = {
    add: [ADD, ADD_REPLACE],
    delete: [DELETE, DELETE_REPLACE],
    update: [UPDATE, UPDATE_REPLACE],
  }[change];
  return (replaced ? anew : inPlace) as PropertyDiff.Kind;
}

function withoutStatus({ status: _, ...object }: KubeObject): KubeObject {
  return object;
}

function union(a: KubeObject, b: KubeObject): KubeObject {
  const merged = { ...a };
  for (const [key, value] of Object.entries(b)) merged[key] = union(merged[key] ?? {}, value);
  return merged;
}
