import type { z } from "zod";
import { firstText, setCommand, setFromFileCommand, setSecretCommand } from "./report/commands";
import { docAt, elementOf, isMap, type Path, schema, shapeOf } from "./schema";

/** One key that users can set. */
export interface Key {
  /** As users write it: `mailboxes.<name>.password`. */
  readonly key: string;
  readonly meaning: string;
  readonly default: string;
  readonly command: string;
}

/** Example names in commands: of a mailbox or a migration, and of a source in a mailbox. */
const SAMPLE_NAMES = { name: "kinga", source: "old-gmail" } as const;

const quoted = (value: unknown): string => `\`${String(value)}\``;

/** A shorter digest is easier to read; Pulumi.yaml has the whole reference. */
const shortened = (value: string): string => value.replace(/(@sha256:[0-9a-f]{8})[0-9a-f]{56}$/, "$1…");

function defaultOf(at: z.ZodType, { derived, default: fallback }: ReturnType<typeof docAt>): string {
  if (!at.isOptional()) return "required";
  if (derived !== undefined) return /^[a-z' ]+$/.test(derived) ? derived : quoted(derived);
  if (Array.isArray(fallback)) return fallback.map(quoted).join(", ") || "none";
  if (fallback === undefined || typeof fallback === "object") return "none";
  return quoted(shortened(String(fallback)));
}

function exampleCommand(at: z.ZodType, path: Path): string {
  const { secret, file, example, default: fallback } = docAt(path);
  if (path[0] === "images") return setCommand(path, "<repository:tag@sha256:digest>");
  if (secret) return setSecretCommand(path);
  if (isMap(at)) {
    const [key = "", value = ""] = (example ?? "").split("=");
    return setCommand([...path, key], value);
  }
  const whole = elementOf(at) ? [...path, 0] : path;
  return file === undefined ? setCommand(whole, firstText(example, fallback) ?? "") : setFromFileCommand(whole, file);
}

function keysOf(at: z.ZodType, path: Path, shown: string): Key[] {
  const shape = shapeOf(at);
  if (shape) {
    return Object.entries(shape).flatMap(([key, child]) =>
      keysOf(child, [...path, key], shown === "" ? key : `${shown}.${key}`),
    );
  }
  const element = elementOf(at);
  if (element && shapeOf(element)) {
    const word = path.length === 1 ? "name" : "source";
    return keysOf(element, [...path, SAMPLE_NAMES[word]], `${shown}.<${word}>`);
  }
  const doc = docAt(path);
  const meaning = doc.secret ? `${doc.description}. Secret` : `${doc.description}`;
  return [{ key: shown, meaning, default: defaultOf(at, doc), command: exampleCommand(at, path) }];
}

/** Every key that users can set, in the schema's order. */
export const referenceKeys = (): Key[] => keysOf(schema, [], "");

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** The table of every configuration key, for docs/reference/configuration.md. */
export function configTable(): string {
  const rows = referenceKeys().map(
    ({ key, meaning, default: fallback, command }) =>
      `| ${[quoted(key), meaning, fallback, quoted(command)].map(cell).join(" | ")} |`,
  );
  return ["| Key | Meaning | Default | Set it with |", "|---|---|---|---|", ...rows].join("\n");
}

/** The fixed defaults of a group; nothing where a default follows from other keys. */
function fixedDefaults(at: z.ZodType): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shapeOf(at) ?? {}).flatMap(([key, child]) => {
      const value = shapeOf(child) ? fixedDefaults(child) : child.safeParse(undefined).data;
      const empty = value === undefined || (typeof value === "object" && Object.keys(value as object).length === 0);
      return empty ? [] : [[key, value]];
    }),
  );
}

/** A key as Pulumi.yaml declares it. */
export interface Declaration {
  readonly type: "string" | "object" | "array";
  readonly description: string;
  readonly default: unknown;
  /** The type of a list's items. */
  readonly items?: { readonly type: "string" };
}

/**
 * Pulumi.yaml's `config`. Every key has a default, even if it is empty. Otherwise the engine would refuse a stack
 * without the key with its own message, before this program can report everything that is missing at once. If the stack sets
 * anything in a group, this replaces the group's whole default, and the program fills in the rest.
 */
export function declarations(): Record<string, Declaration> {
  return Object.fromEntries(
    Object.entries(schema.shape).map(([key, at]): [string, Declaration] => {
      const { description = "", default: fallback } = docAt([key]);
      if (!shapeOf(at) && !elementOf(at))
        return [key, { type: "string", description, default: String(fallback ?? "") }];
      if (!shapeOf(at) && !isMap(at))
        return [key, { type: "array", items: { type: "string" }, description, default: [] }];
      const keys = keysOf(at, [key], key).map((leaf) => leaf.key);
      return [
        key,
        { type: "object", description: `${description}. Keys: ${keys.join(", ")}`, default: fixedDefaults(at) },
      ];
    }),
  );
}
