import type { z } from "zod";
import type { Finding } from "../rules/finding";
import { docAt, elementOf, isMap, type Path, schemaAt, shapeOf, valueAt } from "../schema";
import { isScalar } from "../schema/values";

const PLAIN_SEGMENT = /^[\w-]+$/;
const SAFE_IN_SHELL = /^[\w@%+=:,./-]+$/;

/**
 * A path as `pulumi config --path` reads it: `cluster.networks[0]`, `storage.labels["example.org/group"]`. Zod's form of
 * a path (z.core.toDotPath) has quotes around every name with a dash.
 */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    if (!PLAIN_SEGMENT.test(segment)) return `${text}[${JSON.stringify(segment)}]`;
    return text === "" ? segment : `${text}.${segment}`;
  }, "");
}

/** One word of a shell command: quoted only when it must be. */
export function shellWord(word: string): string {
  return SAFE_IN_SHELL.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A key with more than one name needs `--path`; without it, dots are part of the name. */
function keyWords(path: Path): string {
  return path.length === 1 ? shellWord(String(path[0])) : `--path ${shellWord(formatPath(path))}`;
}

/**
 * Order of keys in a report. Items of a list are in reverse order: removing one changes the indexes of those after it, and
 * the commands must be correct when they are run from top to bottom.
 */
export function comparePaths(a: Path, b: Path): number {
  for (let n = 0; n < Math.min(a.length, b.length); n++) {
    const [left, right] = [a[n] ?? "", b[n] ?? ""];
    if (left === right) continue;
    if (typeof left === "number" && typeof right === "number") return right - left;
    return String(left) < String(right) ? -1 : 1;
  }
  return a.length - b.length;
}

/** Under such a key `pulumi config set` assumes a secret and stops, unless it gets --plaintext. */
const LOOKS_SECRET = /pass|pwd|secret|token/i;

/** The command that sets a value that is not secret. */
export function setCommand(path: Path, value: string): string {
  const plaintext = LOOKS_SECRET.test(formatPath(path)) ? "--plaintext " : "";
  return `pulumi config set ${plaintext}${keyWords(path)} ${shellWord(value)}`;
}

/** The command that sets a value to the content of a file: without a value, the CLI reads its standard input. */
export const setFromFileCommand = (path: Path, file: string): string =>
  `pulumi config set ${keyWords(path)} < ${shellWord(file)}`;

/** The command that sets a secret: it prompts for the value, so that the value is not in the shell's history. */
export const setSecretCommand = (path: Path): string => `pulumi config set --secret ${keyWords(path)}`;

/** The command that removes a value. */
export const removeCommand = (path: Path): string => `pulumi config rm ${keyWords(path)}`;

/** The keys of a group that must be given. */
const requiredPaths = (path: Path, at: z.ZodType): Path[] =>
  Object.entries(shapeOf(at) ?? {}).flatMap(([key, child]) => {
    if (shapeOf(child)) return requiredPaths([...path, key], child);
    return child.isOptional() ? [] : [[...path, key]];
  });

/** The first of these values that can be used in a command; for a list, its first item. */
export const firstText = (...candidates: readonly unknown[]): string | undefined =>
  candidates
    .map((candidate) => (Array.isArray(candidate) ? candidate[0] : candidate))
    .filter(isScalar)
    .map(String)[0];

/** The command that sets a key to a valid value: a value that is known to be correct is preferred to an example. */
function setGoodValue(path: Path): string {
  const { file, default: fallback, example } = docAt(path);
  return file === undefined
    ? setCommand(path, firstText(fallback, example) ?? "value")
    : setFromFileCommand(path, file);
}

/** The commands that set a key to a valid value. */
export function commandsToSet(path: Path, secret = false): string[] {
  const at = schemaAt(path);
  if (at === undefined || isMap(at)) return [removeCommand(path)];
  if (shapeOf(at)) return [removeCommand(path), ...requiredPaths(path, at).flatMap((key) => commandsToSet(key))];
  if (secret || at.meta()?.secret) return [setSecretCommand(path)];
  const parent = schemaAt(path.slice(0, -1));
  if (parent && isMap(parent)) return [setCommand(path, docAt(path).example?.split("=")[1] ?? "")];
  return elementOf(at) ? [removeCommand(path), setGoodValue([...path, 0])] : [setGoodValue(path)];
}

/** The commands that fix a finding. An item of a list that was given as one text has no index, so the list is removed. */
export function fixCommands({ path, remove, set }: Finding, raw: unknown, secret: boolean): string[] {
  const list = path.slice(0, -1);
  const oneText = typeof path.at(-1) === "number" && !Array.isArray(valueAt(raw, list));
  const whole = oneText ? list : path;
  if (remove) return [removeCommand(whole), ...(set ? commandsToSet(set) : [])];
  if (oneText && secret) return [removeCommand(list), setSecretCommand([...list, 0])];
  return commandsToSet(set ?? whole, secret);
}
