/** Modified UTF-7 (RFC 3501, 5.1.3), the encoding of Maildir++ folder names; `also` has further characters to encode. */
export function encodeName(name: string, also = ""): string {
  const plain = (character: string): boolean => /^[\x20-\x7e]$/.test(character) && !also.includes(character);
  let [text, rest] = ["", ""];
  const flush = (): void => {
    if (rest === "") return;
    const base64 = Buffer.from(rest, "utf16le").swap16().toString("base64").replace(/=+$/, "").replaceAll("/", ",");
    text += `&${base64}-`;
    rest = "";
  };
  for (const unit of name.split("")) {
    if (!plain(unit)) rest += unit;
    else {
      flush();
      text += unit === "&" ? "&-" : unit;
    }
  }
  flush();
  return text;
}

export const decodeName = (text: string): string =>
  text.replace(/&([A-Za-z0-9+,]*)-/g, (_, base64: string) => {
    if (base64 === "") return "&";
    const bytes = Buffer.from(base64.replaceAll(",", "/"), "base64");
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString("utf16le");
  });

/** The Maildir++ folder for a path of names: `.Work.2026`; the inbox is the Maildir itself. */
export const maildirFolder = (path: readonly string[]): string =>
  path.length === 1 && path[0]?.toUpperCase() === "INBOX"
    ? ""
    : `.${path.map((name) => encodeName(name, "./")).join(".")}`;

export const pathOfMaildirFolder = (folder: string): string[] =>
  folder === "" ? ["INBOX"] : folder.slice(1).split(".").map(decodeName);
