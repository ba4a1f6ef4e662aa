import type { Result } from "../../../doctor/result";
import { json, Progress, screen, summary } from "../../../doctor/screen";

const ok: Result = {
  group: "dns",
  check: "mx",
  code: "ok",
  level: "ok",
  title: "MX",
  message: "mail to newjoy.ro goes to the provider",
  breaks: [],
  obscures: [],
};
const refused: Result = {
  group: "provider",
  check: "login",
  code: "refused",
  level: "failure",
  title: "login at the provider",
  subject: "kinga",
  message: "the provider refuses the login: LOGIN kinga hunter2 failed",
  fix: "`pulumi config set --secret --path mailboxes.kinga.password`; [why](../reference/fetcher.md)",
  breaks: ["in"],
  obscures: [],
};
const report = { stack: "family", context: "homelab", results: [refused, ok], took: 3210 };

test("a report of the doctor has a line per result, grouped, with its fix, and ends with the answers", () => {
  expect(screen(report)).toBe(`Stack family, cluster context homelab

DNS
  ok    MX: mail to newjoy.ro goes to the provider

Provider
  FAIL  login at the provider kinga: the provider refuses the login: LOGIN kinga hunter2 failed
        -> \`pulumi config set --secret --path mailboxes.kinga.password\`; why

1 ok, 0 unknown, 0 warnings, 1 failures, in 3.2 s
Mail comes in: NO; goes out: yes; can be read: yes
`);
});

test("only a terminal gets colors from the doctor", () => {
  const red = String.fromCharCode(27);
  expect(screen(report)).not.toContain(red);
  expect(screen(report, true)).toContain(`${red}[31mFAIL`);
});

test("programs get the doctor's report as JSON, with the exit code", () => {
  expect(JSON.parse(json(report))).toMatchObject({
    stack: "family",
    context: "homelab",
    level: "failure",
    exitCode: 2,
    mail: { in: "no", out: "yes", read: "yes" },
    results: [{ check: "login", subject: "kinga" }, { check: "mx" }],
  });
});

test("a check that was not run is shown as unknown, is not ok and changes no exit code", () => {
  const untested: Result = { ...ok, code: "untested", level: "unknown", message: "not tested" };
  const text = screen({ ...report, results: [ok, untested] });
  expect(text).toContain("  ?     MX: not tested\n");
  expect(text).toContain("1 ok, 1 unknown, 0 warnings");
  expect(JSON.parse(json({ ...report, results: [untested] }))).toMatchObject({ level: "unknown", exitCode: 0 });
});

test("the doctor's answers are unknown without any result", () => {
  expect(summary([])).toBe("Mail comes in: unknown; goes out: unknown; can be read: unknown");
});

test("the doctor's progress shows the checks that are still running, and clears its line", () => {
  const written: string[] = [];
  const progress = new Progress((text) => written.push(text));
  progress.begin("DNS");
  progress.begin("Provider");
  progress.end("DNS");
  progress.end("Provider");
  expect(written.map((text) => text.replaceAll("\r\u001b[K", "|"))).toEqual([
    "|checking DNS …",
    "|checking DNS, Provider …",
    "|checking Provider …",
    "|",
  ]);
});
