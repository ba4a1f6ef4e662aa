import type { Rule } from "./values";

/** A folder's name as users see it: `/` separates levels, whatever the server's separator is. */
export const folderName: Rule = (value) => {
  if (value.trim() === "") return "is empty";
  if (/^\/|\/$|\/\//.test(value)) return "has a / with no name on one of its sides";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the rule finds control characters
  return /[\x00-\x1f\x7f]/.test(value) ? "holds a control character" : undefined;
};

/** A name in which `*` stands for any text. */
export const folderPattern: Rule = folderName;

/** imapsync splits "source=target" at a `=`. */
export const mappedFolder: Rule = (value) =>
  folderName(value) ??
  (value.includes("=") ? "holds a =, which the copying program cannot map; rename the folder first" : undefined) ??
  (value.includes("*") ? "holds a *: one folder is mapped to one folder" : undefined);

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

const parts = (value: string): readonly [number, number, number] | undefined => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (!match) return undefined;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && year >= 1970 ? [year, month, day] : undefined;
};

/** A calendar date. */
export const day: Rule = (value) => (parts(value) === undefined ? "is not a day; it looks like 2015-06-30" : undefined);

/** The same date in the format of IMAP's SEARCH (RFC 3501, 9, `date`). */
export function imapDay(value: string): string {
  const [year, month, date] = parts(value) ?? [1970, 1, 1];
  return `${date}-${MONTHS[month - 1]}-${year}`;
}
