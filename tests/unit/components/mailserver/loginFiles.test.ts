import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitForLoginFiles } from "../../../../components/mailserver/loginFiles";
import { loginFile } from "../../../../components/mailserver/paths";

const PASSWORD = "correct horse: battery staple";
const missing = JSON.stringify({ description: `Failed to read secret from file '${loginFile("kinga")}': not found` });
const reloaded = JSON.stringify({ methodResponses: [["x:Action/set", { created: { reload: {} } }, "0"]] });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "login-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/**
 * Runs the script by a real shell, with a curl that prints these answers, one after the other, the last one for ever, and a
 * clock that only `sleep` moves.
 */
function run(...answers: readonly string[]) {
  const file = (name: string): string => join(folder, name);
  writeFileSync(file("answers"), answers.map((answer) => `${answer}\n`).join(""));
  writeFileSync(file("now"), "1000\n");
  const programs = {
    curl: `cat >'${file("input")}'; printf '%s\\n' "$@" >'${file("arguments")}'; echo >>'${file("calls")}'
head -n 1 '${file("answers")}'
[ "$(wc -l <'${file("answers")}')" -gt 1 ] && sed -i 1d '${file("answers")}'; exit 0`,
    date: `cat '${file("now")}'`,
    sleep: `echo $(($(cat '${file("now")}') + $1)) >'${file("now")}'`,
  };
  for (const [name, text] of Object.entries(programs))
    writeFileSync(file(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const container = waitForLoginFiles({
    image: "image",
    resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "1Mi" } },
    env: [],
  });
  const [shell, ...flags] = container.command as string[];
  const { status, stdout } = spawnSync(shell as string, [...flags, ...(container.args as string[])], {
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      STALWART_URL: "http://stalwart:8080",
      STALWART_USER: "admin",
      STALWART_PASSWORD: PASSWORD,
    },
    encoding: "utf8",
  });
  const read = (name: string): string => readFileSync(file(name), "utf8");
  return {
    status,
    lines: stdout.trim().split("\n"),
    waited: Number(read("now")) - 1000,
    asked: read("calls").length,
    input: read("input"),
    words: read("arguments").trim().split("\n"),
  };
}

it("the settings are applied as soon as the mail server finds every login", () => {
  const { status, lines, asked } = run(missing, missing, reloaded);
  expect({ status, asked, last: lines.at(-1) }).toEqual({
    status: 0,
    asked: 3,
    last: "the mail server does not miss a login",
  });
});

it.each([
  "",
  JSON.stringify({ status: 401 }),
  JSON.stringify({ description: "Failed to read '/etc/stalwart/tls/tls.crt'" }),
])("whatever else the mail server answers (%s) is for the settings tool to report, not to wait for", (answer) =>
  expect(run(answer)).toMatchObject({ status: 0, asked: 1 }),
);

it("a login that never reaches the mail server ends the wait, longer than a kubelet needs, without a failure", () => {
  const { status, lines, waited } = run(missing);
  expect([status, lines.at(-1)]).toEqual([0, "a login has not reached the mail server within 150 s"]);
  expect(waited).toBeGreaterThan(120);
  expect(waited).toBeLessThan(180);
});

it("the mail server is asked to reload its settings, as the administrator, whose password is on no command line", () => {
  const { input, words } = run(reloaded);
  expect(words.at(-1)).toBe("http://stalwart:8080/jmap");
  expect(JSON.parse(words[words.indexOf("--data") + 1] as string)).toEqual({
    using: ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"],
    methodCalls: [["x:Action/set", { create: { reload: { "@type": "ReloadSettings" } } }, "0"]],
  });
  const login = Buffer.from(`admin:${PASSWORD}`).toString("base64");
  expect(input).toBe(`header = "Authorization: Basic ${login}"\n`);
  expect(words[words.indexOf("--config") + 1]).toBe("-");
  for (const secret of [PASSWORD, login]) expect(words.join(" ")).not.toContain(secret);
  expect(words.join(" ")).not.toContain("X-Forwarded-For"); // with it, the server refuses the password
});
