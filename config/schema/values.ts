import { z } from "zod";
import { noControlCharacters, notEmpty, type Rule } from "../rules/values";

/** What the reference and the report say about a key, beside what zod knows itself: its default, whether it must be given. */
export interface KeyDoc {
  readonly description: string;
  /** A value to show in commands and in the reference. */
  readonly example?: string;
  /** Says in words what holds when the key is absent, where that depends on other keys. */
  readonly derived?: string;
  /** A file that holds such a value: the value is too long for a command. */
  readonly file?: string;
  readonly secret?: true;
}

declare module "zod" {
  interface GlobalMeta extends Omit<KeyDoc, "description"> {}
}

/** Values are read leniently: `--path` and YAML turn what people write into numbers and booleans. */
type Plain = string | number | boolean;

export const isPlain = (value: unknown): value is Plain => ["string", "number", "boolean"].includes(typeof value);

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
  (what: string, missing = "is missing") =>
  (issue: { readonly input?: unknown }): string =>
    issue.input === undefined ? missing : `must be ${what}`;

/** The first rule that a value breaks: a zod check of its own for each would say several things about one value. */
const checked = (rules: readonly Rule[], missing?: string) =>
  z.string({ error: expected("text", missing) }).superRefine((value, context) => {
    const problem = rules.map((rule) => rule(value)).find((text) => text !== undefined);
    if (problem) context.addIssue({ code: "custom", message: problem });
  });

/** How a text is brought into its plain form before its rules look at it. */
export interface TextOptions {
  readonly lowerCase?: true;
  /** Passwords keep every character, blanks at the ends too. */
  readonly verbatim?: true;
  /** What is said of a required one that is not there. @default "is missing" */
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

/** An item of a list: text with rules. */
export const item = (rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules, options.missing));

export const requiredText = (doc: KeyDoc, rules: readonly Rule[], options?: TextOptions) =>
  item(rules, options).meta({ ...doc });

export const optionalText = (doc: KeyDoc, rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules).optional()).meta({ ...doc });

export const text = (fallback: string, doc: KeyDoc, rules: readonly Rule[], options: TextOptions = {}) =>
  z.preprocess(normalized(options), checked(rules).default(fallback)).meta({ ...doc });

/** Rules for texts that are free. */
export const free = [notEmpty, noControlCharacters];

export const requiredSecret = (description: string) =>
  requiredText({ description, secret: true }, free, { verbatim: true });

export const optionalSecret = (description: string, derived: string, rules: readonly Rule[] = free) =>
  optionalText({ description, secret: true, derived }, rules, { verbatim: true });

export const flag = (fallback: boolean, doc: KeyDoc) =>
  z.preprocess(toFlag, z.boolean({ error: expected("true or false") }).default(fallback)).meta({ ...doc });

const NOT_A_PORT = "is not a port: 1 to 65535";

const portNumber = z
  .number({ error: expected("a port number") })
  .int(NOT_A_PORT)
  .min(1, NOT_A_PORT)
  .max(65535, NOT_A_PORT);

export const port = (fallback: number, doc: KeyDoc) =>
  z.preprocess(toNumber, portNumber.default(fallback)).meta({ ...doc });

export const optionalPort = (doc: KeyDoc) => z.preprocess(toNumber, portNumber.optional()).meta({ ...doc });

/** A whole number from one on. */
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
) => z.preprocess((value) => value ?? fallback, oneOf(words)).meta({ ...doc });

export const list = <Item extends z.ZodType>(item: Item, fallback: readonly z.output<Item>[], doc: KeyDoc) =>
  z.preprocess((value) => toList(value) ?? fallback, z.array(item, { error: expected("a list") })).meta({ ...doc });

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
    .meta({ ...doc });

/** Free keys with text values: labels and annotations. */
export const map = (keyRule: Rule, rules: readonly Rule[], doc: KeyDoc) =>
  z
    .preprocess(
      (value) => value ?? {},
      z.record(checked([keyRule]), item(rules, { verbatim: true }), {
        error: (issue) =>
          issue.code === "invalid_key" ? issue.issues[0]?.message : expected("a group of keys and values")(issue),
      }),
    )
    .meta({ ...doc });

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
