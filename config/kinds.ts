import { z } from "zod";
import type { Rule } from "./rules/values";

/** What the reference table and the report say about a key. */
export interface KeyDoc {
  readonly description: string;
  /** A value to show in commands and in the reference. */
  readonly example?: string;
  /** Says in words what holds when the key is absent, where that depends on other keys. */
  readonly derived?: string;
  readonly required?: true;
  /** A file that holds such a value: the value is too long for a command. */
  readonly file?: string;
  readonly secret?: true;
  /** The fixed default. Set by the functions below. */
  readonly default?: unknown;
}

/** The kinds of values, written leniently (`--path` and YAML turn what people write into numbers and booleans). */
type Plain = string | number | boolean;

const isPlain = (value: unknown): value is Plain => ["string", "number", "boolean"].includes(typeof value);

const toText = (value: unknown): unknown => (value === null ? undefined : isPlain(value) ? String(value) : value);

const toFlag = (value: unknown): unknown => {
  if (value === null) return undefined;
  return value === "true" ? true : value === "false" ? false : value;
};

const toNumber = (value: unknown): unknown => {
  if (value === null) return undefined;
  return typeof value === "string" && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
};

/** A list may be written as one item, as items with commas, or as JSON: no item here can hold a comma. */
export const toList = (value: unknown): unknown => {
  if (value === null) return undefined;
  if (!isPlain(value)) return value;
  const text = String(value).trim();
  if (text.startsWith("[")) {
    try {
      return JSON.parse(text);
    } catch {
      return value;
    }
  }
  return text === "" ? [] : text.split(/[\s,]+/).filter((item) => item !== "");
};

const expected =
  (what: string) =>
  (issue: { readonly input?: unknown }): string =>
    issue.input === undefined ? "is missing" : `must be ${what}`;

const checked = (rules: readonly Rule[]) =>
  z.string({ error: expected("text") }).superRefine((value, context) => {
    const problem = rules.map((rule) => rule(value)).find((text) => text !== undefined);
    if (problem) context.addIssue({ code: "custom", message: problem });
  });

/** How a text is brought into its plain form before its rules look at it. */
export interface TextOptions {
  readonly lowerCase?: true;
  /** Passwords keep every character, blanks at the ends too. */
  readonly verbatim?: true;
}

const normalized =
  (options: TextOptions) =>
  (value: unknown): unknown => {
    const text = toText(value);
    if (typeof text !== "string" || options.verbatim) return text;
    return options.lowerCase ? text.trim().toLowerCase() : text.trim();
  };

export const requiredText = (doc: KeyDoc, rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules)).meta({ ...doc, required: true });

export const optionalText = (doc: KeyDoc, rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules).optional()).meta({ ...doc });

export const text = (fallback: string, doc: KeyDoc, rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules).default(fallback)).meta({ ...doc, default: fallback });

export const flag = (fallback: boolean, doc: KeyDoc) =>
  z
    .preprocess(toFlag, z.boolean({ error: expected("true or false") }).default(fallback))
    .meta({ ...doc, default: fallback });

const NOT_A_PORT = "is not a port: 1 to 65535";

const portNumber = z
  .number({ error: expected("a port number") })
  .int(NOT_A_PORT)
  .min(1, NOT_A_PORT)
  .max(65535, NOT_A_PORT);

export const port = (fallback: number, doc: KeyDoc) =>
  z.preprocess(toNumber, portNumber.default(fallback)).meta({ ...doc, default: fallback });

export const optionalPort = (doc: KeyDoc) => z.preprocess(toNumber, portNumber.optional()).meta({ ...doc });

/** One of a few words, upper or lower case as one likes. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.preprocess(
    (value) => {
      const text = toText(value);
      if (typeof text !== "string") return text;
      return words.find((word) => word.toLowerCase() === text.trim().toLowerCase()) ?? text;
    },
    z.enum(words, { error: expected(`one of ${words.join(", ")}`) }),
  );

export const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  fallback: Words[number],
  doc: KeyDoc,
) => z.preprocess((value) => value ?? fallback, oneOf(words)).meta({ ...doc, default: fallback });

export const list = <Item extends z.ZodType>(item: Item, fallback: readonly z.output<Item>[], doc: KeyDoc) =>
  z
    .preprocess((value) => toList(value) ?? fallback, z.array(item, { error: expected("a list") }))
    .meta({ ...doc, default: fallback });

/** Several lines make one item: never taken apart at blanks or commas. */
export const listOfTexts = <Item extends z.ZodType>(item: Item, doc: KeyDoc) =>
  z
    .preprocess(
      (value) => {
        if (value === null || value === undefined) return [];
        if (!isPlain(value)) return value;
        return String(value).trim().startsWith("[") ? toList(value) : [value];
      },
      z.array(item, { error: expected("a list") }),
    )
    .meta({ ...doc, default: [] });

/** An item of a list: text with rules. */
export const item = (rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules));

/** Free keys with text values: labels and annotations. */
export const map = (keyRule: Rule, rules: readonly Rule[], doc: KeyDoc) =>
  z
    .preprocess(
      (value) => value ?? {},
      z
        .record(z.string(), z.preprocess(toText, checked(rules)), { error: expected("a group of keys and values") })
        .superRefine((entries, context) => {
          for (const key of Object.keys(entries)) {
            const problem = keyRule(key);
            if (problem) context.addIssue({ code: "custom", message: problem, path: [key], params: { remove: true } });
          }
        }),
    )
    .meta({ ...doc, default: {} });

/** A group of keys: an unknown one is an error. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape, doc: KeyDoc) =>
  z
    .preprocess((value) => value ?? {}, z.strictObject(shape, { error: expected("a group of settings") }))
    .meta({ ...doc });

/** Groups under names that people choose. */
export const named = <Value extends z.ZodType>(value: Value, doc: KeyDoc) =>
  z
    .preprocess((entries) => entries ?? {}, z.record(z.string(), value, { error: expected("a group of settings") }))
    .meta({ ...doc });

/** What a schema says about itself. */
export const docOf = (schema: z.ZodType): KeyDoc => (schema.meta() ?? { description: "" }) as unknown as KeyDoc;

/** The schema inside the lenient reading. */
function inner(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return inner(schema.out as z.ZodType);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return inner(schema.unwrap() as z.ZodType);
  return schema;
}

/** The named keys of a group, if it is one. */
export function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const bare = inner(schema);
  return bare instanceof z.ZodObject ? (bare.shape as Record<string, z.ZodType>) : undefined;
}

/** What stands under a free name or a list's index, if anything does. */
export function elementOf(schema: z.ZodType): z.ZodType | undefined {
  const bare = inner(schema);
  if (bare instanceof z.ZodRecord) return bare.valueType as z.ZodType;
  if (bare instanceof z.ZodArray) return bare.element as z.ZodType;
  return undefined;
}
