import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { report } from "../report";
import { resolveConfig, type ValidConfig } from "../resolve";
import { elementOf, isGroup, type Path, schemaAt, shapeOf, valueAt } from "../schema";
import type { StackConfig } from "../types";
import { validate } from "./validate";

/** A stack's configuration, from the engine and from its file. */
export interface Sources {
  readonly project: string;
  /** Every value of the engine, by `namespace:key`; groups are JSON. */
  readonly values: Readonly<Record<string, string>>;
  /** Text of Pulumi.<stack>.yaml; absent when it cannot be found. */
  readonly stackFile: string | undefined;
  /** Top-level keys that the engine marks as secret: one secret anywhere in a group is enough. */
  readonly secretKeys: ReadonlySet<string>;
}

function parseGroup(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // the schema then reports that it must be a group of settings
  }
}

/** The values that the user set, by key: texts, and parsed groups. */
function rawValues({ project, values }: Sources): Readonly<Record<string, unknown>> {
  const prefix = `${project}:`;
  const own = Object.entries(values).filter(([key]) => key.startsWith(prefix));
  const raw = own.map(([fullKey, text]): [string, unknown] => {
    const key = fullKey.slice(prefix.length);
    const at = schemaAt([key]);
    return [key, at && (shapeOf(at) || elementOf(at)) ? parseGroup(text) : text];
  });
  // An empty domain is Pulumi.yaml's default: not given.
  return Object.fromEntries(raw.filter(([key, value]) => key !== "domain" || value !== ""));
}

/** How the engine writes an encrypted value. */
const isEncrypted = (node: unknown): boolean =>
  isGroup(node) && typeof node.secure === "string" && Object.keys(node).length === 1;

function configOf(stackFile: string | undefined): Record<string, unknown> | undefined {
  if (stackFile === undefined) return undefined;
  try {
    const file: unknown = parse(stackFile);
    return isGroup(file) && isGroup(file.config) ? file.config : undefined;
  } catch {
    return undefined; // the engine has read the file already, so this is not the file it read
  }
}

/**
 * Tells whether the value at a path is encrypted. The engine marks whole top-level keys as secret: with one encrypted
 * password, all of `mailboxes` is. Only the stack file shows which of the passwords are. For values that are not
 * in it, or if the file is not found, the engine's mark decides.
 */
function secretsIn({ project, stackFile, secretKeys }: Sources): (path: Path) => boolean {
  const config = configOf(stackFile);
  return ([top, ...rest]) => {
    if (!secretKeys.has(String(top))) return false;
    const group = config?.[`${project}:${top}`] ?? config?.[`${project}:config:${top}`] ?? config?.[String(top)];
    const node = valueAt(group, rest); // of a group that is encrypted as a whole: undefined
    return node === undefined || isEncrypted(node);
  };
}

/** The configuration, or a report of everything that is wrong with it. */
export function readConfig(sources: Sources): { config: StackConfig; valid: ValidConfig } | { report: string } {
  const result = validate({ raw: rawValues(sources), isSecret: secretsIn(sources) });
  return "findings" in result ? { report: report(result) } : { config: resolveConfig(result), valid: result };
}

/** The stack's file, in the same folder as Pulumi.yaml. */
export function readStackFile(stack: string, folders: readonly string[]): string | undefined {
  const file = folders
    .flatMap((folder) => [join(folder, `Pulumi.${stack}.yaml`), join(folder, `Pulumi.${stack}.yml`)])
    .find((candidate) => existsSync(candidate));
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

export interface LoadOptions {
  /** Text of the stack's file. @default the Pulumi.<stack>.yaml in the folder of Pulumi.yaml, if it exists */
  readonly stackFile?: string;
  /** Folder of the stack's file. @default the project's root, else the working directory */
  readonly folder?: string;
}

/** Whether a top-level key holds a secret. It is marked as internal in the SDK, which has no public function for this. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret?: (key: string) => boolean };

/**
 * Reads the stack's configuration. Ends the program with one report, before any resource, when something is wrong.
 *
 * Values are read from the engine's whole configuration rather than through `pulumi.Config`: only this way are keys
 * found that no code reads, and the error messages of its getters contain unexpected values.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<StackConfig> {
  const values = pulumi.runtime.allConfig();
  const folders = [options.folder ?? pulumi.getRootDirectory(), process.cwd()].filter((folder) => folder !== "");
  const project = pulumi.getProject();
  const prefix = `${project}:`;
  const secretKeys = Object.keys(values).filter((key) => key.startsWith(prefix) && (isConfigSecret?.(key) ?? true));
  const result = readConfig({
    project,
    values,
    stackFile: options.stackFile ?? readStackFile(pulumi.getStack(), folders),
    secretKeys: new Set(secretKeys.map((key) => key.slice(prefix.length))),
  });
  if ("report" in result) throw new pulumi.RunError(result.report);
  return result.config;
}

/** The cluster that the Kubernetes provider uses, for requests that do not go through Pulumi. */
export function clusterAccess(): { context?: string; kubeconfig?: string } {
  const { "kubernetes:context": context, "kubernetes:kubeconfig": kubeconfig } = pulumi.runtime.allConfig();
  return { ...(context && { context }), ...(kubeconfig && { kubeconfig }) };
}
