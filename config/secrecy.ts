import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Path } from "./paths";

/** Tells whether the value at a path is encrypted in the stack's configuration. */
export type Secrecy = (path: Path) => boolean;

export interface SecrecySources {
  readonly project: string;
  /** Text of Pulumi.<stack>.yaml; absent when it cannot be found. */
  readonly stackFile: string | undefined;
  /** Top-level keys that hold a secret anywhere, as the engine says. */
  readonly secretKeys: ReadonlySet<string>;
}

const isRecord = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === "object";

/** How the engine writes an encrypted value. */
const isEncrypted = (node: unknown): boolean =>
  isRecord(node) && typeof node.secure === "string" && Object.keys(node).length === 1;

function configOf(stackFile: string | undefined): Record<string, unknown> | undefined {
  if (stackFile === undefined) return undefined;
  try {
    const file: unknown = parse(stackFile);
    return isRecord(file) && isRecord(file.config) ? file.config : undefined;
  } catch {
    return undefined; // the engine has read the file already, so this is not the file it read
  }
}

/**
 * The engine marks whole top-level keys as secret: with one encrypted password, all of `mailboxes` is. Only the stack
 * file tells which of the passwords are encrypted; what it does not hold (or when it is elsewhere) falls back to the
 * engine's word.
 */
export function secrecyOf({ project, stackFile, secretKeys }: SecrecySources): Secrecy {
  const config = configOf(stackFile);
  return ([top, ...rest]) => {
    if (!secretKeys.has(String(top))) return false;
    let node = config?.[`${project}:${top}`] ?? config?.[`${project}:config:${top}`] ?? config?.[String(top)];
    for (const segment of rest) {
      if (node === undefined || isEncrypted(node)) break;
      node = isRecord(node) && Object.hasOwn(node, segment) ? node[segment] : undefined;
    }
    return node === undefined || isEncrypted(node);
  };
}

/** The stack's file, which lies beside Pulumi.yaml. */
export function readStackFile(stack: string, folders: readonly string[]): string | undefined {
  const file = folders
    .flatMap((folder) => [join(folder, `Pulumi.${stack}.yaml`), join(folder, `Pulumi.${stack}.yml`)])
    .find((candidate) => existsSync(candidate));
  return file === undefined ? undefined : readFileSync(file, "utf8");
}
