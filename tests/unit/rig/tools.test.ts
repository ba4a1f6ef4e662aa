import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { verify } from "../../rig/tools/download";
import { isNewEnough } from "../../rig/tools/find";
import { fingerprint } from "../../rig/tools/localBuilds";

test.each([
  ["3.250.0", "3.230.0", true],
  ["3.9.0", "3.230.0", false],
  ["4.0.0", "3.230.0", true],
  ["1.36.2", "1.36.2", true],
  ["3.4.30", "3.5.0", false],
])("version %s of a program is accepted where %s is asked for: %s", (version, atLeast, expected) => {
  expect(isNewEnough(version, atLeast)).toBe(expected);
});

test("a download that does not match its publisher's checksum is refused", () => {
  const content = Buffer.from("program");
  const sum = createHash("sha256").update(content).digest("hex");
  const url = "https://example.org/releases/program.tar.gz";
  const other = "0".repeat(64);
  expect(() => verify(content, sum, url)).not.toThrow();
  expect(() => verify(content, `${other}  else.tar.gz\n${sum}  program.tar.gz\n`, url)).not.toThrow();
  expect(() => verify(content, `${sum}  else.tar.gz\n${other}  program.tar.gz\n`, url)).toThrow(/checksum/);
});

test("a program of the sandbox's own is built again when one of its files changes, is added or is removed, and not for a test", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fingerprint-"));
  const after = (file: string, text: string): string => {
    fs.writeFileSync(path.join(folder, file), text);
    return fingerprint(folder);
  };
  try {
    const first = after("main.go", "package main");
    expect(after("main_test.go", "package main")).toBe(first);
    const more = after("more.go", "");
    const seen = [first, more, after("main.go", "package main // changed"), after("go.sum", "")];
    expect(new Set(seen).size).toBe(4);
    fs.rmSync(path.join(folder, "go.sum"));
    fs.rmSync(path.join(folder, "more.go"));
    expect(after("main.go", "package main")).toBe(first);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
