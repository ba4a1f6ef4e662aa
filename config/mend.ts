import type { z } from "zod";
import { docOf, elementOf, type KeyDoc, shapeOf } from "./kinds";
import { type Path, removeCommand, setCommand, setFromFileCommand, setSecretCommand, valueAt } from "./paths";
import { schema } from "./schema";

/** The part of the schema that describes a path; undefined where the schema knows no such key. */
export function schemaAt(path: Path): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((at, segment) => {
    if (at === undefined) return undefined;
    const shape = shapeOf(at);
    if (shape) return Object.hasOwn(shape, segment) ? shape[segment] : undefined;
    return elementOf(at);
  }, schema);
}

/** The documented key that a path belongs to: the list of an item, the labels of a label. */
export function docAt(path: Path): KeyDoc {
  const at = schemaAt(path);
  const doc = at === undefined ? undefined : docOf(at);
  return doc?.description || path.length === 0 ? (doc ?? { description: "" }) : docAt(path.slice(0, -1));
}

/** The keys of a group that must be given. */
function requiredPaths(path: Path): Path[] {
  const shape = shapeOf(schemaAt(path) ?? schema) ?? {};
  return Object.keys(shape).flatMap((key) => {
    const child = [...path, key];
    if (shapeOf(schemaAt(child) ?? schema)) return requiredPaths(child);
    return docAt(child).required ? [child] : [];
  });
}

function firstText(...candidates: readonly unknown[]): string | undefined {
  return candidates
    .map((candidate) => (Array.isArray(candidate) ? candidate[0] : candidate))
    .filter((candidate) => ["string", "number", "boolean"].includes(typeof candidate))
    .map(String)[0];
}

/** A value known to be good comes before one that is only an illustration. */
function goodValue(path: Path): string {
  const { default: fallback, example } = docAt(path);
  return firstText(fallback, example) ?? "value";
}

const isFreeMap = (at: z.ZodType): boolean => {
  const fallback = docOf(at).default;
  return typeof fallback === "object" && fallback !== null && !Array.isArray(fallback);
};

/** The command that gives a key a good value. */
const setGoodValue = (path: Path): string => {
  const { file } = docAt(path);
  return file === undefined ? setCommand(path, goodValue(path)) : setFromFileCommand(path, file);
};

/** Splits the example of labels and annotations: `key=value`. */
function exampleEntry(doc: KeyDoc): { key: string; value: string } {
  const [key = "", value = ""] = (doc.example ?? "").split("=");
  return { key, value };
}

/** The commands that give a key a proper value. */
export function commandsToSet(path: Path, secret = false): string[] {
  const at = schemaAt(path);
  if (at === undefined || isFreeMap(at)) return [removeCommand(path)];
  if (shapeOf(at)) return [removeCommand(path), ...requiredPaths(path).flatMap((key) => commandsToSet(key))];
  if (secret || docOf(at).secret) return [setSecretCommand(path)];
  const parent = schemaAt(path.slice(0, -1));
  if (parent && isFreeMap(parent)) return [setCommand(path, exampleEntry(docAt(path)).value)];
  if (!elementOf(at)) return [setGoodValue(path)];
  if (shapeOf(elementOf(at) ?? at)) return [removeCommand(path)];
  return [removeCommand(path), setGoodValue([...path, 0])];
}

/** Like `commandsToSet`, for what stands in a configuration: an item of a list that was written as one text has no index. */
export function commandsToMend(raw: unknown, path: Path, how: { remove: boolean; secret: boolean }): string[] {
  const parent = path.slice(0, -1);
  if (typeof path.at(-1) === "number" && !Array.isArray(valueAt(raw, parent))) {
    if (!how.remove && how.secret) return [removeCommand(parent), setSecretCommand([...parent, 0])];
    return how.remove ? [removeCommand(parent)] : commandsToSet(parent);
  }
  return how.remove ? [removeCommand(path)] : commandsToSet(path, how.secret);
}

/** The command that the reference shows for a key. */
export function exampleCommand(path: Path): string {
  const at = schemaAt(path) ?? schema;
  const doc = docAt(path);
  if (doc.secret) return setSecretCommand(path);
  if (isFreeMap(at)) {
    const { key, value } = exampleEntry(doc);
    return setCommand([...path, key], value);
  }
  const whole = elementOf(at) ? [...path, 0] : path;
  if (doc.file !== undefined) return setFromFileCommand(whole, doc.file);
  return setCommand(whole, firstText(doc.example, doc.default) ?? "");
}
