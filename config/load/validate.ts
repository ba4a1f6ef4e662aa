import type { z } from "zod";
import { type InvalidConfig, type RawConfig, unknownKey } from "../report";
import { type Domains, domainRules, domainsOf } from "../rules/domains";
import { draftMailboxes, type MailboxDraft, mailboxRules } from "../rules/mailboxes";
import { migrationRules } from "../rules/migrations";
import { providerRules } from "../rules/provider";
import { type Finding, type PartialConfig, stackRules } from "../rules/stack";
import { type ConfigInput, isGroup, isPresent, type Path, schema, schemaAt, valueAt } from "../schema";
import { toList } from "../schema/values";

/** A configuration with nothing wrong in it. */
export interface ValidConfig {
  /** What the user set, normalized, with the fixed defaults. */
  readonly input: ConfigInput;
  /** The main one first. */
  readonly domains: Domains;
  readonly mailboxes: readonly MailboxDraft[];
  readonly isSecret: (path: Path) => boolean;
}

/** What zod says of the values on their own. */
const findingsOf = ({ issues }: z.ZodError): Finding[] =>
  issues.flatMap((issue): Finding[] => {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.filter((key) => key !== "__proto__").map((key) => unknownKey([...path, key]));
    }
    return [{ path, text: issue.message, ...(issue.code === "invalid_key" && { remove: "key" }) }];
  });

/** Every path that there is in what people wrote. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== "object") return [path];
  const keyOf = (key: string): string | number => (Array.isArray(value) ? Number(key) : key);
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsIn(child, [...path, keyOf(key)]))];
}

/** `__proto__` is a name that JavaScript keeps for itself: readers drop it without a word, so it is looked for here. */
const reservedNames = (paths: readonly Path[]): Finding[] =>
  paths
    .filter((path) => path.at(-1) === "__proto__" && path.indexOf("__proto__") === path.length - 1)
    .filter((path) => path[0] !== "mailboxes" || path.length > 2) // no name for a mailbox either, and reported as such
    .map((path) => ({ path, text: "is not a usable name", remove: "key" }));

/** Secrets that are stored in plain text. */
const plaintextSecrets = (paths: readonly Path[], { raw, isSecret }: RawConfig): Finding[] =>
  paths
    .filter((path) => schemaAt(path)?.meta()?.secret && isPresent(valueAt(raw, path)) && !isSecret(path))
    .map((path) => ({ path, text: "is not secret: it stands in the stack's file for all to read" }));

const noDomain: Finding = { path: ["domain"], text: "is missing" };

const noMailboxes: Finding = {
  path: ["mailboxes"],
  text: "has none; the stack needs at least one mailbox",
  set: ["mailboxes", "kinga", "password"],
};

/**
 * What a stack's configuration says, or everything that is wrong with it. Rules about several keys are no checks of
 * zod's: it skips those of a group while a key in it is missing or of another type, and here everything is found at
 * once. Pure.
 */
export function validate({ raw, isSecret }: RawConfig): ValidConfig | InvalidConfig {
  const paths = pathsIn(raw);
  const parsed = schema.safeParse(raw);
  const partial: PartialConfig =
    parsed.data ??
    Object.fromEntries(Object.entries(schema.shape).map(([key, at]) => [key, at.safeParse(raw[key]).data]));
  const domains = domainsOf(partial);
  const { drafts, findings } = draftMailboxes(raw.mailboxes, domains);
  findings.push(
    ...(parsed.success ? [] : findingsOf(parsed.error)),
    ...reservedNames(paths),
    ...[...domainRules, ...stackRules, ...providerRules, ...migrationRules].flatMap((rule) => rule(partial)),
    ...mailboxRules.flatMap((rule) => rule(drafts)),
    ...plaintextSecrets(paths, { raw, isSecret }),
  );
  const listed = toList(raw.domains) ?? [];
  if (!isPresent(raw.domain) && Array.isArray(listed) && listed.length === 0) findings.push(noDomain);
  if (drafts.length === 0 && (raw.mailboxes === undefined || isGroup(raw.mailboxes))) findings.push(noMailboxes);
  if (!parsed.success || findings.length > 0 || domains === undefined) return { findings, raw, isSecret };
  return { input: parsed.data, domains, mailboxes: drafts, isSecret };
}
