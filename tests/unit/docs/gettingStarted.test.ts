import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { identityClient } from "../../../components/outputs/clients";
import { dnsRecords } from "../../../components/outputs/dns";
import { webmailLogoutUri, webmailRedirectUri } from "../../../components/webmail";
import { shown } from "../../../device/main";
import { gettingStarted, missingLines, pages, ROOT, stepsOf } from "../../support/pages";
import { loaded, reportOf } from "../config/support";

const folder = "docs/getting-started";
const page = (name: string): string => pages.get(`${folder}/${name}.md`) ?? "";

const text = readFileSync(join(ROOT, "Pulumi.example.yaml"), "utf8");
const { config, ...rest } = parse(text) as { config: Record<string, unknown> };
const example = Object.fromEntries(
  Object.entries(config).map(([key, value]) => [key.replace("homelab-mail:", ""), value]),
);
const withPasswords = {
  ...example,
  mailboxes: { kinga: { ...(example.mailboxes as { kinga: object }).kinga, password: "imap-Passw0rd" } },
  relay: { password: "relay-Passw0rd" },
};

test("Pulumi.example.yaml lacks the passwords and nothing else, and holds no secret", () => {
  const report = reportOf(example, { stackFile: text, secretKeys: [] });
  const commands = [...report.matchAll(/\$ (.*)/g)].map(([, command]) => command as string);
  expect(commands).toEqual([
    "pulumi config set --secret --path mailboxes.kinga.password",
    "pulumi config set --secret --path relay.password",
  ]);
  expect(rest).toEqual({});
  for (const command of commands) expect(page("configure")).toContain(`\n${command} `);
  expect(page("configure")).toContain(
    report.split("\n").find((line) => line.startsWith("The configuration has")) ?? report,
  );
});

test("Pulumi.example.yaml is a stack once its passwords are set", () => {
  const { domain, mailboxes, ingress, storage } = loaded(withPasswords);
  expect({ domain, admins: mailboxes.map(({ address, admin }) => [address, admin]) }).toEqual({
    domain: "your.domain",
    admins: [["kinga@your.domain", true]],
  });
  expect({ controller: ingress.controller, className: storage.data.className }).toEqual({
    controller: "traefik",
    className: "local-path",
  });
});

test("each page of getting started leads to the next", () => {
  expect(gettingStarted.length).toBe(6);
  gettingStarted.forEach((name, n) => {
    const next = gettingStarted[n + 1]?.split("/").pop();
    if (next !== undefined) expect(pages.get(name)).toMatch(new RegExp(`\\nNext: \\[[^\\]]+\\]\\(${next}\\)\\.\\n$`));
  });
});

/** Sections of getting started that ask for nothing that could be checked in them. */
const withoutCheck = [
  "Mail in other accounts",
  "The client", // its subsections are two ways
  "Let the stack register it", // the next page has its commands
  "Next steps",
];

test("each step of getting started has a command that checks it, with its output", () => {
  const sections = gettingStarted.flatMap((name) =>
    (pages.get(name) ?? "")
      .split(/^##+ /m)
      .slice(1)
      .map((text) => ({
        title: text.split("\n")[0] as string,
        checks: /^```\n[\s\S]*?^```\n\n```text$/m.test(text) || /\| check \| answer \|/.test(text),
      })),
  );
  expect(sections.length).toBeGreaterThan(25);
  expect(sections.filter(({ checks }) => !checks).map(({ title }) => title)).toEqual(withoutCheck);
});

test("a block of commands of getting started that prints nothing is followed by one that checks it", () => {
  const silent = gettingStarted.flatMap((name) => stepsOf(name).filter(({ prints }) => prints === undefined));
  expect(
    silent.map(({ commands }) =>
      commands
        .split("\n")
        .at(-1)
        ?.replace(/\s+#.*/, ""),
    ),
  ).toEqual(["pulumi config set --secret --path relay.password"]);
});

test("the DNS page has a dig line for each record of the preview, with its answer", () => {
  const rows = new Map(
    [...page("dns").matchAll(/^\| `dig \+short (\w+) (\S+)` \| (.*) \|$/gm)].map(([, type, name, answer]) => [
      `${type} ${name}.`,
      answer as string,
    ]),
  );
  const records = dnsRecords(loaded(withPasswords)).filter(({ value }) => !value.startsWith("hosted-email-verify="));
  expect(records.length).toBeGreaterThan(10);
  for (const { type, name, value } of records) {
    const answer = rows.get(`${type} ${name}`);
    if (type === "A") expect({ name, answer: typeof answer }).toEqual({ name, answer: "string" });
    else
      expect({ name, answer }).toEqual({
        name,
        answer: expect.stringContaining(type === "TXT" ? `"${value}"` : `\`${value}\``),
      });
  }
  expect(rows.size).toBe(new Set(records.map(({ type, name }) => `${type} ${name}`)).size);
});

test("the Pocket ID page has the addresses of the client, to the slash", () => {
  const stack = loaded(withPasswords);
  const { clientId, redirectUris, logoutRedirectUris } = identityClient({
    ...stack,
    webmailRedirectUri: webmailRedirectUri(stack.hosts.webmail),
    webmailLogoutUri: webmailLogoutUri(stack.hosts.webmail),
  });
  for (const quoted of [clientId, ...redirectUris, ...logoutRedirectUris])
    expect(page("pocket-id")).toContain(`\`${quoted}\``);
});

test("getting started shows what the doctor prints for a working stack", () => {
  const { prints = "" } =
    stepsOf(`${folder}/deploy.md`).find(({ commands }) => commands.includes("npm run doctor")) ?? {};
  const screen =
    /<!-- screen:begin -->([\s\S]*?)<!-- screen:end -->/.exec(pages.get("docs/reference/checks.md") ?? "")?.[1] ?? "";
  const names = (printed: string): string =>
    printed.replaceAll("family.test", "your.domain").replaceAll("alpar:", "kinga:");
  expect(prints.split("\n").length).toBeGreaterThan(2);
  expect(missingLines(prints, names(screen))).toEqual([]);
});

test("getting started shows what the list of app passwords looks like", () => {
  const { prints = "" } = stepsOf(`${folder}/deploy.md`).find(({ commands }) => commands.endsWith("--list")) ?? {};
  const [head = "", ...table] = prints.split("\n");
  const iPhone = { id: "b7", description: "iPhone", createdAt: "2026-11-28T20:15:00Z", expiresAt: undefined };
  expect(head).toBe("cluster …, stack family, mailbox kinga");
  expect(missingLines(table.join("\n"), shown([iPhone]))).toEqual([]);
  expect(table.length).toBe(2);
});

test("getting started shows what scripts/plain-copy.sh prints for each volume", () => {
  const { prints = "" } = stepsOf(`${folder}/deploy.md`).find(({ commands }) => commands.includes("plain-copy")) ?? {};
  const script = readFileSync(join(ROOT, "scripts/plain-copy.sh"), "utf8");
  const [, line = ""] = /echo "(\$claim is in [^"]+)"/.exec(script) ?? [];
  const printed = ["stalwart-data", "roundcube-data"].map((claim) =>
    line.replace("$claim", claim).replace("$file", `/home/kinga/mail-backup/${claim}.tar`),
  );
  expect(missingLines(prints, printed.join("\n"))).toEqual([]);
  expect(prints.split("\n").length).toBe(2);
});

test("the badges say what package.json says, and the workflow of the CI badge is there", () => {
  const { license, engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const readme = pages.get("README.md") ?? "";
  const [node] = /\d+/.exec(engines.node) ?? [];
  expect(readme).toContain(`badge/license-${license}-`);
  expect(readme).toContain(`badge/node-%E2%89%A5%20${node}-`);
  const [, workflow = ""] = /actions\/workflows\/([\w.-]+)\/badge\.svg/.exec(readme) ?? [];
  expect(readFileSync(join(ROOT, ".github/workflows", workflow), "utf8")).toMatch(
    /^ {2}push:\n {4}branches: \[main\]$/m,
  );
});

test("getting started is in the README's first screen, and the demo comes after it", () => {
  const readme = pages.get("README.md") ?? "";
  const line = (text: string): number => readme.split("\n").findIndex((one) => one.includes(text));
  expect(line("](docs/getting-started/README.md)")).toBeGreaterThan(0);
  expect(line("](docs/getting-started/README.md)")).toBeLessThan(25);
  expect(line("## Demo")).toBeGreaterThan(line("docs/getting-started/README.md"));
});

test("each YAML block of the docs can be read", () => {
  const blocks = [...pages].flatMap(([name, text]) =>
    [...text.matchAll(/^ *```yaml\n([\s\S]*?)^ *```$/gm)].map(([, yaml = ""]) => ({ name, yaml })),
  );
  expect(blocks.length).toBeGreaterThan(1);
  for (const { name, yaml } of blocks) expect({ name, value: parse(yaml) }).toEqual({ name, value: expect.anything() });
});
