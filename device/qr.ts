import qrcode from "qrcode-generator";

/** Modules of a QR code, with the quiet zone around it; true is dark. */
export function modules(content: string): boolean[][] {
  const code = qrcode(0, "M");
  code.addData(content, "Byte");
  code.make();
  const quiet = 4;
  const size = code.getModuleCount() + 2 * quiet;
  const inside = (n: number): boolean => n >= quiet && n < size - quiet;
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column) =>
      inside(row) && inside(column) ? code.isDark(row - quiet, column - quiet) : false,
    ),
  );
}

/** A QR code on a terminal: two rows in a line, black on white whatever the terminal's colors are. */
export function qrCode(content: string): string {
  const all = modules(content);
  const halves = ["█", "▀", "▄", " "]; // in white: both light, the upper one, the lower one, none
  const lines: string[] = [];
  for (let row = 0; row < all.length; row += 2) {
    const line = (all[row] ?? []).map((dark, column) => {
      const below = all[row + 1]?.[column] ?? false;
      return halves[(dark ? 2 : 0) + (below ? 1 : 0)];
    });
    lines.push(`\x1b[97;40m${line.join("")}\x1b[0m`);
  }
  return lines.join("\n");
}
