import type { Finding } from "../rules/finding";
import { docAt, isPresent, type Path, schema, schemaAt, shapeOf, valueAt } from "../schema";
import { isScalar } from "../schema/values";
import { comparePaths, fixCommands, formatPath } from "./commands";

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (beforePrevious[j - 2] ?? best) + 1);
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

const LONGEST_KEY = 64; // a longer word is not a typing error, and comparing it would cost time

/** The known word that was most likely meant, if one is similar. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST_KEY) return undefined;
  const wanted = word.toLowerCase();
  const ranked = known
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const partly = wanted.length >= 3 && (lower.startsWith(wanted) || wanted.startsWith(lower));
      return { candidate, distance: partly ? 1 : editDistance(wanted, lower) };
    })
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : undefined;
}

/** `pulumi config set mailboxes.kinga.password` without `--path` makes one key with dots in its name. */
function forgottenPath(key: string): Path | undefined {
  const path = key.split(".");
  const at = path.length > 1 ? schemaAt(path) : undefined;
  return at && !shapeOf(at) ? path : undefined;
}

/** Keys of earlier versions, and why they were removed. */
const retired: Readonly<Record<string, string>> = {
  // The pages run in the browser (webui: src/services/auth/oauth.ts), and the server accepts tokens of one client only.
  "identity.clientSecret":
    "cannot work: the mail server's own web pages, where app passwords are made, sign in through the same client and " +
    "send no secret. Make it a public client at the identity provider, and remove the key",
};

/** A key that the schema does not have. */
export function unknownKey(path: Path): Finding {
  const key = String(path.at(-1));
  const gone = retired[formatPath(path)];
  if (gone !== undefined) return { path, text: gone, remove: "key" };
  const meant = path.length === 1 ? forgottenPath(key) : undefined;
  if (meant) return { path, text: "was set without --path, so nothing reads it", remove: "key", set: meant };
  const parent = path.slice(0, -1);
  const known = Object.keys(shapeOf(schemaAt(parent) ?? schema) ?? {});
  const near = nearest(key, known);
  const hint =
    near === undefined ? `known here: ${known.join(", ")}` : `did you mean ${formatPath([...parent, near])}?`;
  return { path, text: `is not a known key; ${hint}`, remove: "key" };
}

/** The user's configuration before it is validated. */
export interface RawConfig {
  /** Texts and groups, by their keys. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Whether the value at a path is encrypted in the stack's configuration. */
  readonly isSecret: (path: Path) => boolean;
}

/** The same with its problems. */
export interface InvalidConfig extends RawConfig {
  readonly findings: readonly Finding[];
}

const LONGEST_SHOWN = 60;

/** The values of mailboxes and of files are never shown, so that logs contain no addresses, passwords and keys. */
function shown({ path, remove }: Finding, { raw, isSecret }: InvalidConfig): string {
  const value = valueAt(raw, path);
  if (remove === "key" || !isScalar(value) || value === "") return "";
  const { secret, file } = docAt(path);
  if (path[0] === "mailboxes" || path[0] === "migrations" || secret || file || isSecret(path)) return "";
  const text = String(value);
  return `${JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text)} `;
}

/** If an address was set as a secret, the command sets it as a secret again. */
function isSecretAddress(path: Path, { raw, isSecret }: InvalidConfig): boolean {
  const [top, , key, , ofSource] = path;
  const isAddress =
    top === "mailboxes" && (["address", "account", "aliases"].includes(String(key)) || ofSource === "user");
  return isAddress && isPresent(valueAt(raw, path)) && isSecret(path);
}

const WIDEST_KEY = 48;

/**
 * Every problem in one text: key, what is wrong, the commands that fix it. Sorted by key. z.prettifyError has neither
 * the value nor the commands, so this is not its text; what is wrong is the message of zod's issue or a rule's.
 */
export function report(found: InvalidConfig): string {
  const rows = found.findings
    .map((finding) => ({
      path: finding.path,
      key: finding.path.length === 1 ? String(finding.path[0]) : formatPath(finding.path),
      text: `${shown(finding, found)}${finding.text}`,
      commands: fixCommands(finding, found.raw, isSecretAddress(finding.path, found)),
    }))
    .sort((a, b) => comparePaths(a.path, b.path) || (a.text < b.text ? -1 : 1));
  const width = Math.min(WIDEST_KEY, Math.max(...rows.map(({ key }) => key.length)));
  const indent = " ".repeat(width + 4);
  const lines = rows.flatMap(({ key, text, commands }) => [
    ...(key.length > width ? [`  ${key}`, `${indent}${text}`] : [`  ${key.padEnd(width)}  ${text}`]),
    ...commands.map((command) => `${indent}$ ${command}`),
  ]);
  const count = rows.length === 1 ? "one problem" : `${rows.length} problems`;
  return [`The configuration has ${count}; nothing was deployed.`, "", ...lines, ""].join("\n");
}
