import fc from "fast-check";
import { content, literal, members, readFetch, Units, writeFetch } from "../../../rig/fakes/provider/wire";

/** A stream in pieces of any size. */
function cut(text: string, sizes: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  const parts: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)), maxLength: 200 });
const line = fc.stringMatching(/^[A-Za-z0-9 ()]{0,40}$/);

test("the fake provider reads the same commands in whatever pieces a stream arrives", () => {
  const unit = fc.oneof(
    line.map((text) => `${text}\r\n`),
    fc.tuple(line, bytes, line).map(([a, b, c]) => `${a} ${literal(b)}${c}\r\n`),
  );
  fc.assert(
    fc.property(fc.array(unit), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (units, sizes) => {
      const reader = new Units();
      expect(cut(units.join(""), sizes).flatMap((part) => reader.push(part))).toEqual(units);
    }),
  );
});

test("a client that announces a literal waits to be told to go on, unless it says that it does not", () => {
  const reader = new Units();
  reader.push(Buffer.from("a LOGIN {3}\r\n"));
  expect(reader.waits).toBe(true);
  expect(reader.push(Buffer.from("abc {2}\r\n"))).toEqual([]);
  expect(reader.waits).toBe(true);
  expect(reader.push(Buffer.from("de\r\n"))).toEqual(["a LOGIN {3}\r\nabc {2}\r\nde\r\n"]);
  reader.push(Buffer.from("b LOGIN {3+}\r\n"));
  expect(reader.waits).toBe(false);
});

test("a FETCH response is the same after it is parsed and written again", () => {
  const value = fc.oneof(
    fc.constant("NIL"),
    fc.nat().map(String),
    fc.constantFrom("(\\Seen)", "()", '("a b" (NIL "c)") 5)', '"q\\"uoted"'),
    bytes.map(literal),
  );
  const name = fc.constantFrom(
    "UID",
    "FLAGS",
    "RFC822.SIZE",
    "BODY[]",
    "BODY[]<0>",
    "BODY[HEADER.FIELDS (A B)]",
    "ENVELOPE",
  );
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.record({ name, value }), { minLength: 1 }), (number, items) => {
      expect(readFetch(writeFetch({ number, items }))).toEqual({ number, items });
    }),
  );
});

test.each(["* 1 EXISTS\r\n", "a1 OK done\r\n", "* OK [X] y\r\n", "* 1 FETCH (UID 3\r\n"])(
  "%j is not parsed as a FETCH response",
  (text) => {
    expect(readFetch(text)).toBeUndefined();
  },
);

test("the content of a quoted string and of a literal is the text that they encode", () => {
  expect(content('"a\\"b"')).toBe('a"b');
  expect(content(literal("x\r\ny"))).toBe("x\r\ny");
  expect(content("NIL")).toBeUndefined();
});

test("a message set is parsed to its numbers", () => {
  expect(members("1:3,7,9:8")).toEqual([1, 2, 3, 7, 8, 9]);
});
