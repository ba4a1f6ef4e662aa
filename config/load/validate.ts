import type { z } from "zod";
import { type InvalidConfig, type RawConfig, unknownKey } from "../report";
import type { ValidConfig } from "../resolve";
import { resolveDomains } from "../resolve/domains";
import { resolveIngress } from "../resolve/ingress";
import { draftMailboxes, isComplete } from "../resolve/mailboxes";
import { completeMigrations, unknownMailboxes } from "../resolve/migrations";
import { all } from "../resolve/resolution";
import { domainRules } from "../rules/domains";
import type { Finding, PartialConfig } from "../rules/finding";
import { mailboxRules } from "../rules/mailboxes";
import { migrationRules } from "../rules/migrations";
import { accountsTakePasswords } from "../rules/passwordless";
import { providerRules } from "../rules/provider";
import { sourceRules } from "../rules/sources";
import { stackRules } from "../rules/stack";
import { isGroup, isPresent, type Path, readAs, schema, schemaAt, settle, valueAt } from "../schema";
import { toList } from "../schema/values";

/** Zod's findings about single values. */
const findingsOf = ({ issues }: z.ZodError): Finding[] =>
  issues.flatMap((issue): Finding[] => {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.filter((key) => key !== "__proto__").map((key) => unknownKey([...path, key]));
    }
    return [{ path, text: issue.message, ...(issue.code === "invalid_key" && { remove: "key" }) }];
  });

/** Every path in a raw configuration. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== "object") return [path];
  const keyOf = (key: string): string | number => (Array.isArray(value) ? Number(key) : key);
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsIn(child, [...path, keyOf(key)]))];
}

/** JavaScript reserves the name `__proto__`: parsers drop it silently, so it is found here. */
const reservedNames = (paths: readonly Path[]): Finding[] =>
  paths
    .filter((path) => path.at(-1) === "__proto__" && path.indexOf("__proto__") === path.length - 1)
    .filter((path) => path[0] !== "mailboxes" || path.length > 2) // as the name of a mailbox it is reported as an invalid name
    .map((path) => ({ path, text: "is not a usable name", remove: "key" }));

/** Secrets that are stored in plain text. */
const plaintextSecrets = (paths: readonly Path[], { raw, isSecret }: RawConfig): Finding[] =>
  paths
    .filter((path) => schemaAt(path)?.meta()?.secret && isPresent(valueAt(raw, path)) && !isSecret(path))
    .map((path) => ({ path, text: "is stored in plain text; encrypt it" }));

const noDomain: Finding = { path: ["domain"], text: "is missing" };

const noMailboxes: Finding = {
  path: ["mailboxes"],
  text: "has none; the stack needs at least one mailbox",
  set: ["mailboxes", "kinga", "password"],
};

type Values = { readonly [Key in keyof ValidConfig]: ValidConfig[Key] | undefined };

/** Every unknown value has a finding that says why, so this never fails without a finding. */
const isValid = (values: Values): values is ValidConfig => Object.values(values).every((value) => value !== undefined);

/**
 * The stack's configuration, or everything that is wrong with it. Rules about several keys are not zod checks, because zod
 * skips the checks of a group if a key in it is missing or has another type, and all problems must be reported at once. Pure.
 */
export function validate({ raw, isSecret }: RawConfig): ValidConfig | InvalidConfig {
  const paths = pathsIn(raw);
  const { data, error } = schema.safeParse(raw);
  const input = settle(data);
  const partial: PartialConfig =
    input ?? Object.fromEntries(Object.entries(schema.shape).map(([key, at]) => [key, readAs(at, raw[key])]));
  const domains = resolveDomains(partial);
  const { drafts, findings } = draftMailboxes(raw.mailboxes, domains);
  const mailboxes = all(drafts.map((draft) => (isComplete(draft) ? draft : undefined)));
  const ingress = resolveIngress(partial);
  const migrations = completeMigrations(partial, drafts.filter(isComplete));
  findings.push(
    ...(error === undefined ? [] : findingsOf(error)),
    ...reservedNames(paths),
    ...[...domainRules, ...stackRules, ...providerRules, ...migrationRules, accountsTakePasswords].flatMap((rule) =>
      rule(partial),
    ),
    ...mailboxRules.flatMap((rule) => rule(drafts)),
    ...sourceRules.flatMap((rule) => rule(partial, drafts)),
    ...ingress.findings,
    ...migrations.findings,
    ...unknownMailboxes(raw.migrations, drafts),
    ...plaintextSecrets(paths, { raw, isSecret }),
  );
  const listed = toList(raw.domains) ?? [];
  if (!isPresent(raw.domain) && Array.isArray(listed) && listed.length === 0) findings.push(noDomain);
  if (raw.mailboxes === null) findings.push({ ...noMailboxes, remove: "value" });
  else if (drafts.length === 0 && isGroup(raw.mailboxes ?? {})) findings.push(noMailboxes);
  const values = { input, domains, mailboxes, migrations: migrations.value, ingress: ingress.value, isSecret };
  return findings.length === 0 && isValid(values) ? values : { findings, raw, isSecret };
}
