import fc from "fast-check";
import { redacted, redactor } from "../../../doctor/redact";
import type { Result } from "../../../doctor/result";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const password = 'pa"ss\\word  1>>>???';
const user = "kinga@newjoy.ro";

test.each(
  Object.entries({
    plain: password,
    "in a quoted string": password.replace(/[\\"]/g, "\\$&"),
    "in JSON": JSON.stringify(password),
    "in an address": encodeURIComponent(password),
    "with one space for several": password.replace(/\s+/g, " "),
    "as LOGIN sends it": base64(password),
    "as PLAIN sends it": base64(`\0${user}\0${password}`),
    "as PLAIN sends it with an authorization identity": base64(`${user}\0${user}\0${password}`),
    "as XOAUTH2 sends it": base64(`user=${user}\x01auth=Bearer ${password}\x01\x01`),
    "as HTTP sends it": `Basic ${base64(`${user}%admin:${password}`)}`,
    "without the padding": base64(`\0${user}\0${password}`).replaceAll("=", ""),
    "in base64 for addresses": Buffer.from(`\0${user}\0${password}`).toString("base64url"),
  }),
)("a password that a server repeats is not shown: %s", (_, echoed) => {
  const shown = redactor([password])(`NO [AUTHENTICATIONFAILED] ${echoed} was refused`);
  expect(shown).toMatch(/^NO \[AUTHENTICATIONFAILED\] (Basic )?"?…"? was refused$/);
});

test("no form of a password is shown, whatever the password is and whatever is next to it", () => {
  const text = fc.string({ minLength: 6, maxLength: 30, unit: "grapheme-ascii" });
  fc.assert(
    fc.property(text, text, (secret, before) => {
      const clean = redactor([secret]);
      for (const echoed of [
        secret,
        secret.replace(/[\\"]/g, "\\$&"),
        base64(secret),
        base64(`${before}\0${secret}\0`),
        base64(`${before}\0${secret}\0`).replaceAll("+", "-").replaceAll("/", "_"),
        encodeURIComponent(secret),
      ]) {
        expect(clean(`received: ${echoed}`).includes(echoed)).toBe(false);
      }
    }),
    { seed: 16, numRuns: 500 },
  );
});

test("a password at the end of a text that is cut is not shown in part", () => {
  const result = { message: `${"x".repeat(995)} hunter2-and-more` } as Result;
  const [shown] = redacted([result], ["hunter2-and-more", ""]);
  expect(shown?.message).not.toContain("hunt");
});

test("a secret is removed from all texts of a result, and no text is longer than a page", () => {
  const about = { check: "login", level: "failure" } as const;
  const texts = { message: "refuses hunter2-and-more", subject: "of hunter2-and-more", fix: "set hunter2-and-more" };
  const long = { ...about, message: "x".repeat(1001) };
  expect(redacted([{ ...about, ...texts } as Result, long as Result], ["hunter2-and-more"])).toEqual([
    { ...about, message: "refuses …", subject: "of …", fix: "set …" },
    { ...about, message: `${"x".repeat(1000)}…` },
  ]);
});

test("redacting a shorter secret does not leave the rest of a longer one", () => {
  expect(redactor(["hunter2", "hunter2-and-more"])("LOGIN kinga hunter2-and-more failed")).toBe("LOGIN kinga … failed");
});
