import { z } from "zod";
import { knownTopLevel } from "../rules/topLevel";
import * as rule from "../rules/values";
import { cluster, images, monitoring, resources, storage } from "./cluster";
import { admin, identity, trust } from "./identity";
import { hosts, ingress, service, tls } from "./ingress";
import { backup, generatedSecrets } from "./keeping";
import { mailbox, provider, relay, retention, trash } from "./mail";
import { migrations } from "./migrations";
import { list, listItem, lowerCase, optionalText, record, text } from "./values";

export { mailbox };

/** Everything that users can configure: names, meanings, defaults and the rules for each value on its own. */
export const schema = z.strictObject({
  domain: optionalText(
    {
      description: "The mail domain: what stands after the @; or domains, for several",
      derived: "required",
      example: "newjoy.ro",
    },
    [rule.domainName, knownTopLevel],
    lowerCase,
  ),
  domains: list(listItem([rule.domainName, knownTopLevel], lowerCase), [], {
    description: "Instead of domain: every mail domain of the stack, the main one first; it stays the first for good",
    example: "newjoy.ro",
  }),
  hosts,
  namespace: text("stalwart-mail", { description: "The Kubernetes namespace, made by the stack" }, [
    rule.dnsLabel,
    rule.ownNamespace,
  ]),
  mailboxes: record(mailbox, { description: "The mailboxes, each under a name of your choice" }),
  migrations,
  retention,
  trash,
  provider,
  relay,
  identity,
  admin,
  storage,
  backup,
  ingress,
  tls,
  trust,
  service,
  cluster,
  monitoring,
  generated: generatedSecrets,
  images,
  resources,
});

/** Readonly at every level; a key that is not set is absent rather than undefined. */
export type Settled<T> = T extends readonly (infer Item)[]
  ? readonly Settled<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Settled<Exclude<T[Key], undefined>> }
    : T;

/** The user's values, normalized, with the fixed defaults. The keys' meanings are their descriptions in the schema. */
export type ConfigInput = Settled<z.output<typeof schema>>;
export type MailboxInput = ConfigInput["mailboxes"][string];

/** Zod keeps a key whose value normalizes to nothing (null, in YAML) as undefined. */
export function settle<T>(value: T): Settled<T> {
  const children = (child: unknown): unknown => {
    if (Array.isArray(child)) return child.map(children);
    if (!isGroup(child)) return child;
    const set = Object.entries(child).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(set.map(([key, inner]) => [key, children(inner)]));
  };
  return children(value) as Settled<T>;
}

/** A value as parsed by this part of the schema; undefined if it is not valid. */
export const readAs = <At extends z.ZodType>(at: At, value: unknown): Settled<z.output<At> | undefined> =>
  settle(at.safeParse(value).data);

/** The path of a value in the configuration: `["mailboxes", "kinga", "password"]`. */
export type Path = readonly (string | number)[];

export const isGroup = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

export const isPresent = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

/** The value at a path in parsed JSON; undefined if there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, segment) => {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, segment)) return undefined;
    return (value as Record<string | number, unknown>)[segment];
  }, root);
}

/** The schema inside the wrapper for lenient parsing. */
function bare(at: z.ZodType): z.ZodType {
  if (at instanceof z.ZodPipe) return bare(at.out as z.ZodType);
  if (at instanceof z.ZodOptional || at instanceof z.ZodDefault) return bare(at.unwrap() as z.ZodType);
  return at;
}

/** The named keys of a group, if it is one. */
export function shapeOf(at: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const group = bare(at);
  return group instanceof z.ZodObject ? (group.shape as Record<string, z.ZodType>) : undefined;
}

/** Whether it is a group whose names the user chooses. */
export const isMap = (at: z.ZodType): boolean => bare(at) instanceof z.ZodRecord;

/** The schema of the values under such a name or a list's index, if there is one. */
export function elementOf(at: z.ZodType): z.ZodType | undefined {
  const many = bare(at);
  if (many instanceof z.ZodRecord) return many.valueType as z.ZodType;
  return many instanceof z.ZodArray ? (many.element as z.ZodType) : undefined;
}

/** The part of the schema for a path; undefined if the schema has no such key. */
export function schemaAt(path: Path): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((at, segment) => {
    const shape = at && shapeOf(at);
    if (shape) return Object.hasOwn(shape, segment) ? shape[segment] : undefined;
    return at && (typeof segment === "number" && isMap(at) ? undefined : elementOf(at));
  }, schema);
}

/** The documented key that a path belongs to: the list of an item, the labels of a label. */
export function docAt(path: Path): z.GlobalMeta & { readonly default: unknown } {
  const at = schemaAt(path);
  const doc = at?.meta();
  if (!doc?.description && path.length > 0) return docAt(path.slice(0, -1));
  return { ...doc, default: at?.safeParse(undefined).data };
}
