import { z } from "zod";
import { noControlCharacters, notEmpty, type Rule } from "../rules/values";

/** Metadata of a key for the reference and the report. Zod itself has its default and whether it is required. */
export interface KeyDoc {
  readonly description: string;
  /** A value to show in commands and in the reference. */
  readonly example?: string;
  /** The default in words, where it depends on other keys. */
  readonly derived?: string;
  /** The file to set the value from, if it is too long for a command. */
  readonly file?: string;
  readonly secret?: true;
}

declare module "zod" {
  interface GlobalMeta extends Omit<KeyDoc, "description"> {}
}

/** Values are read leniently: `pulumi config set --path` and YAML turn text into numbers and booleans. */
type Scalar = string | number | boolean;

export const isScalar = (value: unknown): value is Scalar => ["string", "number", "boolean"].includes(typeof value);

const toText = (value: unknown): unknown => (value === null ? undefined : isScalar(value) ? String(value) : value);

const toBoolean = (value: unknown): unknown => {
  if (value === null) return undefined;
  return value === "true" ? true : value === "false" ? false : value;
};

const toNumber = (value: unknown): unknown => {
  if (value === null) return undefined;
  return typeof value === "string" && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
};

/** A list may be written as one item, as items with commas, or as JSON: no item here can contain a comma. */
export const toList = (value: unknown): unknown => {
  if (value === null) return undefined;
  if (!isScalar(value)) return value;
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
  (what: string, missing = "is missing") =>
  (issue: { readonly input?: unknown }): string =>
    issue.input === undefined ? missing : `must be ${what}`;

/** Reports only the first rule that a value breaks. With one zod check per rule, one value would get several messages. */
const checked = (rules: readonly Rule[], missing?: string) =>
  z.string({ error: expected("text", missing) }).superRefine((value, context) => {
    const problem = rules.map((rule) => rule(value)).find((text) => text !== undefined);
    if (problem) context.addIssue({ code: "custom", message: problem });
  });

/** How a text is normalized before its rules are applied. */
export interface TextOptions {
  readonly lowerCase?: true;
  /** Keeps every character, blanks at the ends included: passwords. */
  readonly verbatim?: true;
  /** The message for a required value that is missing. @default "is missing" */
  readonly missing?: string;
}

export const lowerCase: TextOptions = { lowerCase: true };

const normalized =
  (options: TextOptions) =>
  (value: unknown): unknown => {
    const text = toText(value);
    if (typeof text !== "string" || options.verbatim) return text;
    return options.lowerCase ? text.trim().toLowerCase() : text.trim();
  };

/** Text with rules: an item of a list, and the base of the texts with a description. */
export const listItem = (rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules, options.missing));

export const requiredText = (doc: KeyDoc, rules: readonly Rule[], options?: TextOptions) =>
  listItem(rules, options).meta({ ...doc });

export const optionalText = (doc: KeyDoc, rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules).optional()).meta({ ...doc });

export const text = (fallback: string, doc: KeyDoc, rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules).default(fallback)).meta({ ...doc });

/** Any text in one line. */
export const nonEmptyText = [notEmpty, noControlCharacters];

export const requiredSecret = (description: string) =>
  requiredText({ description, secret: true }, nonEmptyText, { verbatim: true });

export const optionalSecret = (description: string, derived: string, rules: readonly Rule[] = nonEmptyText) =>
  optionalText({ description, secret: true, derived }, rules, { verbatim: true });

export const boolean = (fallback: boolean, doc: KeyDoc) =>
  z.preprocess(toBoolean, z.boolean({ error: expected("true or false") }).default(fallback)).meta({ ...doc });

const NOT_A_PORT = "is not a port: 1 to 65535";

const portNumber = z
  .number({ error: expected("a port number") })
  .int(NOT_A_PORT)
  .min(1, NOT_A_PORT)
  .max(65535, NOT_A_PORT);

export const port = (fallback: number, doc: KeyDoc) =>
  z.preprocess(toNumber, portNumber.default(fallback)).meta({ ...doc });

export const optionalPort = (doc: KeyDoc) => z.preprocess(toNumber, portNumber.optional()).meta({ ...doc });

/** A whole number, at least 1. */
export const count = (fallback: number, most: number, doc: KeyDoc) => {
  const wrong = `must be a number, 1 to ${most}`;
  return z
    .preprocess(toNumber, z.number({ error: wrong }).int(wrong).min(1, wrong).max(most, wrong).default(fallback))
    .meta({ ...doc });
};

const NOT_DAYS = "must be a number of days, 0 to 3650, or forever";

const days = z.union([z.literal("forever"), z.number().int(NOT_DAYS).min(0, NOT_DAYS).max(3650, NOT_DAYS)], {
  error: NOT_DAYS,
});

const toDays = (value: unknown): unknown => toNumber(typeof value === "string" ? value.trim().toLowerCase() : value);

/** A number of days, or forever. */
export const numberOfDays = (fallback: number | "forever", doc: KeyDoc) =>
  z.preprocess(toDays, days.default(fallback)).meta({ ...doc });

export const optionalDays = (doc: KeyDoc) => z.preprocess(toDays, days.optional()).meta({ ...doc });

/** One of these words, in upper or lower case: an item of a list. */
export const enumValue = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  problem = `must be one of ${words.join(", ")}`,
) =>
  z.preprocess(
    (value) => {
      const text = toText(value);
      if (typeof text !== "string") return text;
      return words.find((word) => word.toLowerCase() === text.trim().toLowerCase()) ?? text;
    },
    z.enum(words, { error: ({ input }) => (input === undefined ? "is missing" : problem) }),
  );

/** One of these words, or nothing. */
export const optionalOneOf = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  doc: KeyDoc,
  problem?: string,
) => z.preprocess((value) => value ?? undefined, enumValue(words, problem).optional()).meta({ ...doc });

/** One of these words, with a default. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  fallback: Words[number],
  doc: KeyDoc,
) => z.preprocess((value) => value ?? fallback, enumValue(words)).meta({ ...doc });

export const list = <Item extends z.ZodType>(item: Item, fallback: readonly z.output<Item>[], doc: KeyDoc) =>
  z.preprocess((value) => toList(value) ?? fallback, z.array(item, { error: expected("a list") })).meta({ ...doc });

/** A list whose items have several lines: a text is one item, and is not split at blanks or commas. */
export const listOfTexts = <Item extends z.ZodType>(item: Item, doc: KeyDoc) =>
  z
    .preprocess(
      (value) => {
        if (value === null || value === undefined) return [];
        if (!isScalar(value)) return value;
        return String(value).trim().startsWith("[") ? toList(value) : [value];
      },
      z.array(item, { error: expected("a list") }),
    )
    .meta({ ...doc });

/** Labels and annotations: the user chooses both keys and values. */
export const map = (keyRule: Rule, rules: readonly Rule[], doc: KeyDoc) =>
  z
    .preprocess(
      (value) => value ?? {},
      z.record(checked([keyRule]), listItem(rules, { verbatim: true }), {
        error: (issue) =>
          issue.code === "invalid_key" ? issue.issues[0]?.message : expected("a group of keys and values")(issue),
      }),
    )
    .meta({ ...doc });

/** A group of known keys: an unknown key is an error. */
export const object = <Shape extends z.ZodRawShape>(shape: Shape, doc: KeyDoc) =>
  z
    .preprocess((value) => value ?? {}, z.strictObject(shape, { error: expected("a group of settings") }))
    .meta({ ...doc });

/** Groups of the same kind, each under a name that the user chooses. */
export const record = <Value extends z.ZodType>(value: Value, doc: KeyDoc) =>
  z
    .preprocess((entries) => entries ?? {}, z.record(z.string(), value, { error: expected("a group of settings") }))
    .meta({ ...doc });
