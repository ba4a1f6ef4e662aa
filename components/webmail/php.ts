/** A value that the web server's environment holds at run time: how secrets reach PHP without being written to a file. */
export class FromEnvironment {
  constructor(readonly variable: string) {}
}

export type PhpValue =
  | string
  | number
  | boolean
  | FromEnvironment
  | readonly PhpValue[]
  | { readonly [key: string]: PhpValue };

/** PHP's single quotes have only two escapes, so any text can be quoted in them, `$` and newlines too. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

/** A value as a PHP expression. */
export function php(value: PhpValue): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value instanceof FromEnvironment) return `getenv(${quoted(value.variable)})`;
  if (Array.isArray(value)) return `[${value.map(php).join(", ")}]`;
  const entries = Object.entries(value).map(([key, item]) => `${quoted(key)} => ${php(item)}`);
  return `[${entries.join(", ")}]`;
}
