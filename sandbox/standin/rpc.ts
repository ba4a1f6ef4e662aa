import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { KubeObject } from "../kube";

/** What a resource is asked for: properties with Pulumi's wire form of secrets still in them. */
export interface Request {
  readonly urn: string;
  readonly id: string;
  readonly type: string;
  readonly olds: KubeObject;
  readonly news: KubeObject;
  readonly preview: boolean;
  readonly timeout: number;
}

export interface DiffResult {
  readonly changed: boolean;
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace?: boolean;
  readonly detail?: ReadonlyMap<string, messages.PropertyDiff.Kind>;
}

export interface Plugin {
  readonly version: string;
  configure(config: Record<string, string>): Promise<void>;
  check(request: Request): Promise<KubeObject>;
  diff(request: Request): Promise<DiffResult>;
  create(request: Request): Promise<{ id: string; properties: KubeObject }>;
  read(request: Request): Promise<{ id: string; properties: KubeObject } | undefined>;
  update(request: Request): Promise<KubeObject>;
  delete(request: Request): Promise<void>;
}

/** The object exists but did not become what it should: the engine records it, and looks at it again next time. */
export class NotInitialized extends Error {
  constructor(
    message: string,
    readonly id: string,
    readonly properties: KubeObject,
    readonly reasons: readonly string[],
  ) {
    super(message);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the generated services are untyped here
type Call = { request: any };
// biome-ignore lint/suspicious/noExplicitAny: as above
type Callback = (error: any, value?: any) => void;

const struct = (value: KubeObject): Struct => Struct.fromJavaScript(value as Record<string, JavaScriptValue>);

/** The fields that all the requests share, whatever each message calls them. */
function requestOf(message: Call["request"]): Request {
  const bag = (getter: string): KubeObject => message[getter]?.()?.toJavaScript() ?? {};
  const urn: string = message.getUrn();
  return {
    urn,
    id: message.getId?.() ?? "",
    type: urn.split("::")[2]?.split("$").pop() ?? "",
    olds: message.getOlds ? bag("getOlds") : bag("getProperties"),
    news: message.getNews ? bag("getNews") : bag("getProperties"),
    preview: message.getPreview?.() ?? false,
    timeout: message.getTimeout?.() ?? 0,
  };
}

/** Structured errors travel in a trailer, as the Go implementation of gRPC packs them. */
function failure(error: unknown): Partial<grpc.StatusObject> & { message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new grpc.Metadata();
  if (error instanceof NotInitialized) {
    const detail = new messages.ErrorResourceInitFailed();
    detail.setId(error.id);
    detail.setProperties(struct(error.properties));
    detail.setReasonsList([...error.reasons]);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(message);
    status.addDetails(packed);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, message, details: message, metadata };
}

const answer =
  (handle: (call: Call) => Promise<unknown>) =>
  (call: Call, callback: Callback): void => {
    handle(call).then(
      (value) => callback(null, value),
      (error) => callback(failure(error)),
    );
  };

function diffResponse({ changed, replaces, deleteBeforeReplace, detail }: DiffResult): messages.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse();
  response.setChanges(changed ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList([...replaces]);
  response.setDeletebeforereplace(deleteBeforeReplace ?? false);
  response.setHasdetaileddiff(detail !== undefined);
  for (const [path, kind] of detail ?? []) {
    const difference = new messages.PropertyDiff();
    difference.setKind(kind);
    response.getDetaileddiffMap().set(path, difference);
  }
  return response;
}

function service(plugin: Plugin): grpc.UntypedServiceImplementation {
  const info = async () => {
    const response = new PluginInfo();
    response.setVersion(plugin.version);
    return response;
  };
  const handlers: Record<string, (call: Call) => Promise<unknown>> = {
    getPluginInfo: info,
    attach: async () => new Empty(),
    cancel: async () => new Empty(),
    checkConfig: async ({ request }) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    },
    diffConfig: async ({ request }) => {
      const { olds, news } = requestOf(request);
      return diffResponse({ changed: JSON.stringify(olds) !== JSON.stringify(news), replaces: [] });
    },
    configure: async ({ request }) => {
      await plugin.configure(request.getArgs()?.toJavaScript() ?? {});
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    },
    check: async ({ request }) => {
      const response = new messages.CheckResponse();
      response.setInputs(struct(await plugin.check(requestOf(request))));
      return response;
    },
    diff: async ({ request }) => diffResponse(await plugin.diff(requestOf(request))),
    create: async ({ request }) => {
      const { id, properties } = await plugin.create(requestOf(request));
      const response = new messages.CreateResponse();
      response.setId(id);
      response.setProperties(struct(properties));
      return response;
    },
    read: async ({ request }) => {
      const found = await plugin.read(requestOf(request));
      const response = new messages.ReadResponse();
      if (!found) return response;
      response.setId(found.id);
      response.setProperties(struct(found.properties));
      response.setInputs(request.getInputs());
      return response;
    },
    update: async ({ request }) => {
      const response = new messages.UpdateResponse();
      response.setProperties(struct(await plugin.update(requestOf(request))));
      return response;
    },
    delete: async ({ request }) => {
      await plugin.delete(requestOf(request));
      return new Empty();
    },
  };
  return Object.fromEntries(Object.entries(handlers).map(([name, handle]) => [name, answer(handle)]));
}

/** Serves a plugin as the engine expects one: a gRPC server whose port is the first line of standard output. */
export function serve(plugin: Plugin): void {
  const size = 400 * 1024 * 1024; // Pulumi's own limit
  const server = new grpc.Server({ "grpc.max_receive_message_length": size, "grpc.max_send_message_length": size });
  server.addService(ResourceProviderService as unknown as grpc.ServiceDefinition, service(plugin));
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}
