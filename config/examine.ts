import type { z } from "zod";
import { docOf, elementOf, shapeOf, toList } from "./kinds";
import { commandsToMend, commandsToSet, docAt, schemaAt } from "./mend";
import { formatPath, type Path, removeCommand, setSecretCommand, valueAt } from "./paths";
import type { Problem } from "./report";
import type { Finding, Readable } from "./rules/finding";
import { addressIn, type MailboxDraft, mailboxName, mailboxRules, usableName } from "./rules/mailboxes";
import { stackRules } from "./rules/stack";
import { mailbox as mailboxSchema, schema, type Written } from "./schema";
import { type Secrecy, type SecrecySources, secrecyOf } from "./secrecy";
import { nearest } from "./suggest";

/** All that is known about a stack's configuration before the first resource. */
export interface Sources extends SecrecySources {
  /** Every value the engine holds, by `namespace:key`; groups are JSON. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Examined {
  readonly problems: readonly Problem[];
  /** What was written, defaulted; absent when there are problems. */
  readonly written?: Written;
  readonly mailboxes: readonly MailboxDraft[];
  readonly isSecret: Secrecy;
}

type Group = Record<string, unknown>;

const isGroup = (value: unknown): value is Group =>
  value !== null && typeof value === "object" && !Array.isArray(value);

function parseGroup(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // the schema then says that it must be a group of settings
  }
}

/** `pulumi config set mailboxes.kinga.password` without `--path` makes one key with dots in its name. */
function forgottenPath(key: string): Path | undefined {
  const path = key.split(".");
  const at = path.length > 1 ? schemaAt(path) : undefined;
  return at && !shapeOf(at) ? path : undefined;
}

function unknownKey(path: Path): Problem {
  const key = String(path.at(-1));
  const meant = path.length === 1 ? forgottenPath(key) : undefined;
  if (meant) {
    return {
      path,
      text: "was set without --path, so nothing reads it",
      mend: [removeCommand(path), ...commandsToSet(meant)],
    };
  }
  const parent = path.slice(0, -1);
  const known = Object.keys(shapeOf(schemaAt(parent) ?? schema) ?? {});
  const near = nearest(key, known);
  const hint =
    near === undefined ? `known here: ${known.join(", ")}` : `did you mean ${formatPath([...parent, near])}?`;
  return { path, text: `is not a known key; ${hint}`, mend: [removeCommand(path)] };
}

/** `__proto__` is a name that JavaScript keeps for itself: readers drop it without a word, so it is looked for here. */
function reservedNames(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return key === "__proto__" ? [here] : reservedNames(child, here);
  });
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** Paths of values that must be secret and are given. */
function secretsGiven(at: z.ZodType, value: unknown, path: Path = []): Path[] {
  if (docOf(at).secret) return present(value) ? [path] : [];
  if (!isGroup(value)) return [];
  const shape = shapeOf(at);
  return Object.entries(value).flatMap(([key, child]) => {
    const next = shape ? (Object.hasOwn(shape, key) ? shape[key] : undefined) : elementOf(at);
    return next ? secretsGiven(next, child, [...path, key]) : [];
  });
}

const LONGEST_SHOWN = 60;

/** Mailboxes' values are never shown, nor are files: addresses, passwords and keys stay out of logs. */
function shown(path: Path, value: unknown, isSecret: Secrecy): string {
  const plain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const { secret, file } = docAt(path);
  if (!plain || String(value) === "" || path[0] === "mailboxes" || secret || file || isSecret(path)) return "";
  const text = String(value);
  return `${JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text)} `;
}

/** Addresses that were given as secrets are given anew as secrets. */
function isSecretAddress(path: Path, raw: Group, isSecret: Secrecy): boolean {
  const [top, , key] = path;
  const isAddress = top === "mailboxes" && (key === "address" || key === "aliases");
  return isAddress && present(valueAt(raw, path)) && isSecret(path);
}

function problemsOfShape(error: z.ZodError | undefined, raw: Group, isSecret: Secrecy): Problem[] {
  return (error?.issues ?? []).flatMap((issue): Problem[] => {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.filter((key) => key !== "__proto__").map((key) => unknownKey([...path, key]));
    }
    const remove = issue.code === "custom" && issue.params?.remove === true;
    const value = remove ? "" : shown(path, valueAt(raw, path), isSecret);
    return [
      {
        path,
        text: `${value}${issue.message}`,
        mend: commandsToMend(raw, path, { remove, secret: isSecretAddress(path, raw, isSecret) }),
      },
    ];
  });
}

/** Reads each mailbox as far as it goes, so that rules about several mailboxes work beside other problems. */
function draftMailboxes(raw: unknown, domain: string | undefined): { drafts: MailboxDraft[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const keep = (path: Path, written: string): string | undefined => {
    if (domain === undefined) return undefined;
    const read = addressIn(domain, written);
    if ("address" in read) return read.address;
    findings.push({ path, text: read.problem });
    return undefined;
  };
  const keys = shapeOf(mailboxSchema) ?? {};
  const entries = isGroup(raw) ? Object.entries(raw) : [];
  const drafts = entries.map(([key, value]): MailboxDraft => {
    const path = ["mailboxes", key];
    const name = key.toLowerCase();
    const nameProblem = mailboxName(name);
    const rename = usableName(key);
    if (nameProblem) findings.push({ path, text: nameProblem, mend: "remove", ...(rename && { rename }) });
    const group = isGroup(value) ? value : {};
    const own = (field: string): unknown => (Object.hasOwn(group, field) ? group[field] : undefined);
    const written = keys.address?.safeParse(own("address"));
    const address =
      typeof written?.data === "string"
        ? keep([...path, "address"], written.data)
        : written?.success && !nameProblem && domain !== undefined
          ? `${name}@${domain}`
          : undefined;
    const list = toList(own("aliases"));
    const aliases = (Array.isArray(list) ? list : []).flatMap((alias: unknown, index) => {
      const at = [...path, "aliases", index];
      const local = ["string", "number"].includes(typeof alias) && String(alias).trim() !== "" ? String(alias) : "";
      const full = local === "" ? undefined : keep(at, local);
      return full === undefined ? [] : [{ path: at, address: full }];
    });
    return { key, name, ...(address !== undefined && { address }), aliases };
  });
  return { drafts, findings };
}

function problemOf(finding: Finding, isSecret: Secrecy, raw: Group): Problem {
  const { path } = finding;
  const remove = finding.mend === "remove";
  const mend = commandsToMend(raw, path, { remove, secret: isSecretAddress(path, raw, isSecret) });
  const anew = finding.rename === undefined ? [] : [setSecretCommand(["mailboxes", finding.rename, "password"])];
  return { path, text: `${shown(path, valueAt(raw, path), isSecret)}${finding.text}`, mend: [...mend, ...anew] };
}

const noMailboxes: Problem = {
  path: ["mailboxes"],
  text: "has none; the stack needs at least one mailbox",
  mend: [setSecretCommand(["mailboxes", "kinga", "password"])],
};

/** Everything that is wrong with a stack's configuration, and what it says when nothing is. Pure. */
export function examine(sources: Sources): Examined {
  const isSecret = secrecyOf(sources);
  const prefix = `${sources.project}:`;
  const raw: Group = {};
  const problems: Problem[] = [];

  for (const [fullKey, text] of Object.entries(sources.values)) {
    if (!fullKey.startsWith(prefix)) continue;
    const key = fullKey.slice(prefix.length);
    const at = schemaAt([key]);
    if (at === undefined) problems.push(unknownKey([key]));
    else raw[key] = shapeOf(at) || elementOf(at) ? parseGroup(text) : text;
  }
  if (raw.domain === "") delete raw.domain; // Pulumi.yaml's default: not given

  for (const path of reservedNames(raw)) {
    if (path.length === 2 && path[0] === "mailboxes") continue; // no name for a mailbox either, and reported as such
    problems.push({ path, text: "is not a usable name", mend: [removeCommand(path)] });
  }

  const parsed = schema.safeParse(raw);
  problems.push(...problemsOfShape(parsed.error, raw, isSecret));

  const readable = Object.fromEntries(
    Object.entries(schema.shape).map(([key, at]) => [key, at.safeParse(raw[key]).data]),
  ) as Readable;
  const { drafts, findings } = draftMailboxes(raw.mailboxes, readable.domain);
  for (const rule of stackRules) findings.push(...rule(readable));
  for (const rule of mailboxRules) findings.push(...rule(drafts));
  problems.push(...findings.map((finding) => problemOf(finding, isSecret, raw)));
  if (drafts.length === 0 && (raw.mailboxes === undefined || isGroup(raw.mailboxes))) problems.push(noMailboxes);

  for (const path of secretsGiven(schema, raw)) {
    if (isSecret(path)) continue;
    problems.push({
      path,
      text: "is not secret: it stands in the stack's file for all to read",
      mend: [setSecretCommand(path)],
    });
  }

  const done = parsed.success && problems.length === 0;
  return { problems, ...(done && { written: parsed.data }), mailboxes: drafts, isSecret };
}
