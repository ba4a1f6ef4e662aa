import type { Result } from "./result";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * A secret inside base64, with any text before and after it: LOGIN encodes only the secret, PLAIN encodes it after the address
 * and a NUL, XOAUTH2 and HTTP's Basic in the middle. The first and last characters depend on that text, so they are left out.
 */
function insideBase64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(2)]).toString("base64");
    const core = text.slice(Math.ceil((8 * offset) / 6), Math.floor((8 * (offset + bytes.length)) / 6));
    return core.length < 4 ? [] : [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** The forms in which a server may repeat a secret: IMAP's quoted string, JSON, an address, and one space instead of several. */
function spellings(secret: string): string[] {
  const quoted = secret.replace(/[\\"]/g, "\\$&");
  const asUri = encodeURIComponent(secret);
  return [secret, quoted, JSON.stringify(secret).slice(1, -1), asUri, secret.replace(/\s+/g, " ")];
}

/** Removes every known secret from a text, in all forms in which a server may repeat it. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret.length > 0);
  const plain = [...new Set(known.flatMap(spellings))].sort((a, b) => b.length - a.length);
  const cores = [...new Set(known.flatMap(insideBase64))].sort((a, b) => b.length - a.length);
  // The whole word around it is removed: the rest would reveal the secret's first and last letters.
  const encoded =
    cores.length === 0 ? undefined : new RegExp(`[\\w+/-]*(?:${cores.map(escaped).join("|")})[\\w+/-]*={0,2}`, "g");
  return (text) => {
    const shown = plain.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
    return encoded === undefined ? shown : shown.replace(encoded, "…");
  };
}

/** A server's text may have any length. It is truncated only here, after the redaction: half of a secret would not be recognized. */
const longest = 1000;
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);

export function redacted(results: readonly Result[], secrets: readonly string[]): Result[] {
  const clean = redactor(secrets);
  return results.map((result) => ({
    ...result,
    message: cut(clean(result.message)),
    ...(result.subject !== undefined && { subject: clean(result.subject) }),
    ...(result.fix !== undefined && { fix: clean(result.fix) }),
  }));
}
