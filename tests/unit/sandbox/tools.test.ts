import { createHash } from "node:crypto";
import { verify } from "../../../sandbox/tools/download";
import { isNewEnough } from "../../../sandbox/tools/find";

test.each([
  ["3.250.0", "3.230.0", true],
  ["3.9.0", "3.230.0", false],
  ["4.0.0", "3.230.0", true],
  ["1.36.2", "1.36.2", true],
  ["3.4.30", "3.5.0", false],
])("%s is at least %s: %s", (version, atLeast, expected) => {
  expect(isNewEnough(version, atLeast)).toBe(expected);
});

test("a download that is not what its publisher lists is refused", () => {
  const content = Buffer.from("program");
  const sum = createHash("sha256").update(content).digest("hex");
  const url = "https://example.org/releases/program.tar.gz";
  const other = "0".repeat(64);
  expect(() => verify(content, sum, url)).not.toThrow();
  expect(() => verify(content, `${other}  else.tar.gz\n${sum}  program.tar.gz\n`, url)).not.toThrow();
  expect(() => verify(content, `${sum}  else.tar.gz\n${other}  program.tar.gz\n`, url)).toThrow(/checksum/);
});
