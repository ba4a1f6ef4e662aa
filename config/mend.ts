import type { z } from "zod";
import { docOf, elementOf, shapeOf } from "./kinds";
import { type Path, removeCommand, setCommand, setSecretCommand } from "./paths";
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

/** The keys of a group that must be given. */
function requiredPaths(path: Path, at: z.ZodType): Path[] {
  return Object.entries(shapeOf(at) ?? {}).flatMap(([key, child]) => {
    if (shapeOf(child)) return requiredPaths([...path, key], child);
    return docOf(child).required && !elementOf(child) ? [[...path, key]] : [];
  });
}

const exampleOf = (path: Path): string => {
  const own = docOf(schemaAt(path) ?? schema);
  const doc = own.description === "" ? docOf(schemaAt(path.slice(0, -1)) ?? schema) : own;
  const example = doc.example ?? doc.default;
  if (Array.isArray(example)) return String(example[0] ?? "<value>");
  return ["string", "number", "boolean"].includes(typeof example) ? String(example) : "<value>";
};

/** The commands that give a key a proper value. */
export function commandsToSet(path: Path, secret: boolean): string[] {
  const at = schemaAt(path);
  if (at === undefined) return [removeCommand(path)];
  if (shapeOf(at)) {
    const required = requiredPaths(path, at).map((key) => commandsToSet(key, false)[0] ?? "");
    return [removeCommand(path), ...required];
  }
  if (secret || docOf(at).secret) return [setSecretCommand(path)];
  // A list is set item by item; a group of free keys, or a list in the wrong form, must go first.
  const element = elementOf(at);
  if (element === undefined) return [setCommand(path, exampleOf(path))];
  const isMap = typeof docOf(at).default === "object" && !Array.isArray(docOf(at).default);
  if (isMap || docOf(element).description !== "") return [removeCommand(path)];
  return [removeCommand(path), setCommand([...path, 0], exampleOf(path))];
}
