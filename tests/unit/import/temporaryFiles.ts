import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is removed after the tests, and a function that writes a file into a folder of its own in it. */
export function temporaryFiles() {
  const folder = mkdtempSync(join(tmpdir(), "import-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  let files = 0;
  const file = (name: string, text: string | Buffer): string => {
    files += 1;
    const path = join(folder, `${files}`, name);
    mkdirSync(join(folder, `${files}`), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  return { folder, file };
}
