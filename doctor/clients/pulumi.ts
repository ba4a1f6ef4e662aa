import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { readConfig, readStackFile } from "../../config/load";
import type { StackConfig } from "../../config/types";
import { command } from "../../lib/command";

export interface StackArgs {
  readonly pulumi: string;
  /** Folder with Pulumi.yaml. */
  readonly project: string;
  /** @default the selected one */
  readonly stack?: string | undefined;
  readonly limit: number;
}

/** The configuration, and the secrets as plain text, which never leave this process. */
export interface Stack {
  readonly name: string;
  readonly config: StackConfig;
  readonly passwords: Readonly<Record<string, string>>;
  readonly relayPassword: string;
  /** Logins of accounts elsewhere that are fetched as well, as `<mailbox>.<source>`. */
  readonly sources: Readonly<Record<string, { readonly user: string; readonly password: string }>>;
  /** Logins of the migrations' sources. */
  readonly migrations: Readonly<Record<string, { readonly user: string; readonly password: string }>>;
  /** The users of sources and migrations that the configuration encrypts. */
  readonly secretUsers: readonly string[];
  readonly apiKey?: string;
}

export interface StateObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly namespace: string;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind pass through here
  readonly inputs: Record<string, any>;
}

/** The resources and outputs of the last `pulumi up`. */
export interface State {
  readonly objects: readonly StateObject[];
  readonly pending: readonly string[];
  readonly adminPassword?: string;
}

const environment = { PULUMI_SKIP_UPDATE_CHECK: "true", NO_COLOR: "1" };

const run = ({ pulumi, project, limit, stack }: StackArgs, words: readonly string[]): Promise<string> =>
  command(pulumi, [...words, "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])], {
    cwd: project,
    limit,
    env: environment,
  });

const configShape = z.record(
  z.string(),
  z.object({ value: z.string().optional(), secret: z.boolean().default(false) }),
);

/** The CLI's output of the configuration, validated with the program's own rules. */
export function understand(text: string, project: string, stackFile: string | undefined): Omit<Stack, "name"> | string {
  const entries = Object.entries(configShape.parse(JSON.parse(text)));
  const prefix = `${project}:`;
  const secretKeys = entries.filter(([key, { secret }]) => secret && key.startsWith(prefix));
  const result = readConfig({
    project,
    values: Object.fromEntries(entries.map(([key, { value }]) => [key, value ?? ""])),
    stackFile,
    secretKeys: new Set(secretKeys.map(([key]) => key.slice(prefix.length))),
  });
  if ("report" in result) return result.report;
  const { input, mailboxes, isSecret } = result.valid;
  const { apiKey } = input.identity;
  return {
    config: result.config,
    passwords: Object.fromEntries(mailboxes.map(({ name, input: { password } }) => [name, password])),
    relayPassword: input.relay.password,
    sources: Object.fromEntries(
      mailboxes.flatMap(({ name, input: { sources } }) =>
        Object.entries(sources).map(([source, { user, password }]) => [`${name}.${source}`, { user, password }]),
      ),
    ),
    migrations: Object.fromEntries(
      Object.entries(input.migrations).map(
        ([
          key,
          {
            from: { user, password },
          },
        ]) => [key, { user, password }],
      ),
    ),
    secretUsers: [
      ...mailboxes.flatMap(({ key, input: { sources } }) =>
        Object.entries(sources)
          .filter(([source]) => isSecret(["mailboxes", key, "sources", source, "user"]))
          .map(([, { user }]) => user),
      ),
      ...Object.entries(input.migrations)
        .filter(([migration]) => isSecret(["migrations", migration, "from", "user"]))
        .map(([, { from }]) => from.user),
    ],
    ...(apiKey !== undefined && { apiKey }),
  };
}

/** The stack's configuration, or a report of what is wrong with it. Fails if the CLI does not print it. */
export async function readStack(args: StackArgs): Promise<Stack | { readonly report: string }> {
  const [text, shown] = await Promise.all([
    run(args, ["config", "--json", "--show-secrets"]),
    args.stack ?? run(args, ["stack", "--show-name"]),
  ]);
  const name = shown.trim();
  const project = (parse(readFileSync(join(args.project, "Pulumi.yaml"), "utf8")) as { name: string }).name;
  const understood = understand(text, project, readStackFile(name.split("/").at(-1) as string, [args.project]));
  return typeof understood === "string" ? { report: understood } : { name, ...understood };
}

const secretMark = "4dabf18193072939515e22adb298388d"; // sdk/go/common/resource/sig: how the state marks a secret

/** Values with their secrets in plain text. */
export function opened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(opened);
  if (value === null || typeof value !== "object") return value;
  const { plaintext } = value as { plaintext?: unknown };
  if (secretMark in value) return typeof plaintext === "string" ? opened(JSON.parse(plaintext)) : undefined;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, opened(child)]));
}

interface Written {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string };
}

const stateShape = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          type: z.string(),
          delete: z.boolean().optional(),
          inputs: z.record(z.string(), z.unknown()).optional(),
          outputs: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .nullish(),
    pending_operations: z.array(z.object({ resource: z.object({ urn: z.string() }) })).nullish(),
  }),
});

export function understandState(text: string): State {
  const { resources, pending_operations: pending } = stateShape.parse(JSON.parse(text)).deployment;
  const objects = (resources ?? [])
    .filter(({ type, delete: goes }) => type.startsWith("kubernetes:") && !goes && !type.endsWith("Patch"))
    .flatMap(({ inputs }): StateObject[] => {
      const { kind, apiVersion = "", metadata, ...rest } = opened(inputs ?? {}) as Partial<Written>;
      const { name, namespace = "" } = metadata ?? {};
      return kind === undefined || name === undefined ? [] : [{ kind, apiVersion, name, namespace, inputs: rest }];
    });
  const stack = (resources ?? []).find(({ type }) => type === "pulumi:pulumi:Stack");
  const { adminPassword } = opened(stack?.outputs ?? {}) as { adminPassword?: unknown };
  return {
    objects,
    pending: (pending ?? []).map(({ resource }) => resource.urn.split("::").at(-1) as string),
    ...(typeof adminPassword === "string" && { adminPassword }),
  };
}

export const readState = async (args: StackArgs): Promise<State> =>
  understandState(await run(args, ["stack", "export", "--show-secrets"]));
