/** Where a value sits in the configuration: `["mailboxes", "kinga", "password"]`. */
export type Path = readonly (string | number)[];

const PLAIN_SEGMENT = /^[\w-]+$/;
const SAFE_IN_SHELL = /^[\w@%+=:,./-]+$/;

/** A path as `pulumi config --path` reads it: `cluster.networks[0]`, `storage.labels["example.org/group"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    if (!PLAIN_SEGMENT.test(segment)) return `${text}[${JSON.stringify(segment)}]`;
    return text === "" ? segment : `${text}.${segment}`;
  }, "");
}

/** One word of a shell command: quoted only when it must be. */
export function shellWord(word: string): string {
  return SAFE_IN_SHELL.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `--path` is needed as soon as the key is more than one name; without it, dots are part of the name. */
function keyWords(path: Path): string {
  return path.length === 1 ? shellWord(String(path[0])) : `--path ${shellWord(formatPath(path))}`;
}

/**
 * Order of keys in a report. Items of a list come last one first: taking one out moves those behind it, so the commands
 * must be right when they are run from top to bottom.
 */
export function comparePaths(a: Path, b: Path): number {
  for (let n = 0; n < Math.min(a.length, b.length); n++) {
    const [left, right] = [a[n] ?? "", b[n] ?? ""];
    if (left === right) continue;
    if (typeof left === "number" && typeof right === "number") return right - left;
    return String(left) < String(right) ? -1 : 1;
  }
  return a.length - b.length;
}

/** Under such a key `pulumi config set` takes a value for a secret and stops, unless told that it is none. */
const LOOKS_SECRET = /pass|pwd|secret|token/i;

/** The command that sets a value people may see. */
export function setCommand(path: Path, value: string): string {
  const plaintext = LOOKS_SECRET.test(formatPath(path)) ? "--plaintext " : "";
  return `pulumi config set ${plaintext}${keyWords(path)} ${shellWord(value)}`;
}

/** The command that sets a value to what a file holds: without a value, the CLI reads its standard input. */
export const setFromFileCommand = (path: Path, file: string): string =>
  `pulumi config set ${keyWords(path)} < ${shellWord(file)}`;

/** The command that sets a secret: it asks for the value, so that the value stays out of the shell's history. */
export const setSecretCommand = (path: Path): string => `pulumi config set --secret ${keyWords(path)}`;

/** The command that removes a value. */
export const removeCommand = (path: Path): string => `pulumi config rm ${keyWords(path)}`;

/** The value at a path in parsed JSON; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, segment) => {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, segment)) return undefined;
    return (value as Record<string | number, unknown>)[segment];
  }, root);
}
