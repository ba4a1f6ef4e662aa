import { spawn } from "node:child_process";
import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { GetRequiredPluginsResponse, type RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";

export interface HostedProgram {
  /** The folder that holds the program, and the file to run in it. */
  readonly folder: string;
  readonly main: string;
  /** Whether Pulumi compiles and checks it with ts-node, as it does by default. */
  readonly typescript: boolean;
  readonly nodeArgs: readonly string[];
}

/** The one thing a language host does for a preview: a fresh Node that runs the program as Pulumi's own host would. */
function run({ folder, main, typescript, nodeArgs }: HostedProgram, request: RunRequest): Promise<number | null> {
  const [engine = ""] = request.getArgsList();
  const flags = {
    monitor: request.getMonitorAddress(),
    engine,
    project: request.getProject(),
    stack: request.getStack(),
    pwd: folder,
    "dry-run": String(request.getDryrun()),
    parallel: String(request.getParallel()),
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const child = spawn(process.execPath, [...nodeArgs, require.resolve("@pulumi/pulumi/cmd/run"), ...args, main], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      PULUMI_NODEJS_TYPESCRIPT: String(typescript),
    },
  });
  return new Promise((resolve) => child.on("close", resolve));
}

type Answer<T> = (error: Error | null, value: T) => void;

/** Serves one program to the engine; gives the address for `pulumi preview --client`. */
export async function serveProgram(program: HostedProgram): Promise<{ address: string; stop: () => void }> {
  const server = new grpc.Server();
  server.addService(LanguageRuntimeService as unknown as grpc.ServiceDefinition, {
    getPluginInfo: (_: unknown, answer: Answer<PluginInfo>) => {
      const info = new PluginInfo();
      info.setVersion("1.0.0");
      answer(null, info);
    },
    getRequiredPlugins: (_: unknown, answer: Answer<GetRequiredPluginsResponse>) =>
      answer(null, new GetRequiredPluginsResponse()),
    run: (call: { request: RunRequest }, answer: Answer<RunResponse>) => {
      run(program, call.request).then((code) => {
        const response = new RunResponse();
        if (code !== 0) response.setError(`the program ended with ${code}`);
        answer(null, response);
      });
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}
