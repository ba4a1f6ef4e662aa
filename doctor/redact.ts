import type { Result } from "./result";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * A secret inside base64, whatever precedes and follows it: LOGIN encodes it alone, PLAIN after the address and a
 * NUL, XOAUTH2 and HTTP's Basic in the middle. Characters at its edges depend on the neighbors, so they are left out.
 */
function insideBase64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(2)]).toString("base64");
    const core = text.slice(Math.ceil((8 * offset) / 6), Math.floor((8 * (offset + bytes.length)) / 6));
    return core.length < 4 ? [] : [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** What a server may make of a secret when it repeats it: IMAP's quoted string, JSON, an address, and one blank for several. */
function spellings(secret: string): string[] {
  const quoted = secret.replace(/[\\"]/g, "\\$&");
  const asUri = encodeURIComponent(secret);
  return [secret, quoted, JSON.stringify(secret).slice(1, -1), asUri, secret.replace(/\s+/g, " ")];
}

/** Texts with every known secret taken out: whatever a server repeats, and in whatever form, it is not shown. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret.length > 0);
  const plain = [...new Set(known.flatMap(spellings))].sort((a, b) => b.length - a.length);
  const cores = [...new Set(known.flatMap(insideBase64))].sort((a, b) => b.length - a.length);
  // The whole word around it goes: the rest of it would tell the secret's first and last letters.
  const encoded =
    cores.length === 0 ? undefined : new RegExp(`[\\w+/-]*(?:${cores.map(escaped).join("|")})[\\w+/-]*={0,2}`, "g");
  return (text) => {
    const shown = plain.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
    return encoded === undefined ? shown : shown.replace(encoded, "…");
  };
}

/** A server's text may be as long as it likes. It is cut here, and not before: half of a secret would not be known as one. */
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
