import { readFileSync } from "node:fs";
import { join } from "node:path";
import { alerts } from "../../../../components/monitoring/alerts";
import { panels } from "../../../../components/monitoring/dashboard";
import { definitions } from "../../../../components/monitoring/monitors";
import { missingCrdMessage } from "../../../../components/monitoring/operator";
import { ruleGroups } from "../../../../components/monitoring/rules";

const page = (name: string): string => readFileSync(join(__dirname, "../../../../docs", name), "utf8");
const text = page("reference/alerts.md");
const watched = { namespace: "mail", mailboxes: ["kinga"] };

/** Each alert's section: its heading, and what stands under it. */
const sections = text
  .slice(text.indexOf("\n## Alerts"))
  .split("\n### ")
  .slice(1)
  .map((section) => {
    const [name = "", , facts = "", ...rest] = section.split("\n");
    return { name, facts, meaning: rest.join("\n").trim() };
  });

test("docs/reference/alerts.md has each alert, with its weight, the doctor's group and how long it waits", () => {
  expect(sections.map(({ name, facts }) => ({ name, facts }))).toEqual(
    alerts(watched).map(({ name, severity, doctor, for: pending }) => ({
      name,
      facts: `**${severity}** · \`npm run doctor\`: ${doctor}${pending ? ` · for ${pending}` : ""}`,
    })),
  );
  for (const { name, meaning } of sections) expect({ name, long: meaning.length > 150 }).toEqual({ name, long: true });
});

test("each alert's notification links to the doctor's group and to its section", () => {
  const rules = ruleGroups(watched).flatMap((group) => group.rules);
  for (const { name, doctor } of alerts(watched)) {
    const rule = rules.find((one) => "alert" in one && one.alert === name);
    const { runbook, summary } = (rule as { annotations: Record<string, string> }).annotations;
    expect(runbook).toContain(`npm run doctor, and there the group ${doctor}`);
    const [, anchor] = /docs\/reference\/alerts\.md#(\S+)/.exec(runbook as string) ?? [];
    expect(sections.map((section) => section.name.toLowerCase())).toContain(anchor);
    expect(summary).toMatch(/^[A-Z{].*\.$/);
  }
});

test("the figures in docs/reference/alerts.md are those of the rules", () => {
  const of = (name: string) => alerts(watched).find((alert) => alert.name === name)?.expr ?? "";
  const meaning = (name: string) => sections.find((section) => section.name === name)?.meaning ?? "";
  for (const [name, said, expr] of [
    ["MailProviderSilent", "for 15 minutes", "> 900"],
    ["MailQueueStuck", "for an hour", "[1h:1m]) > 0"],
    ["MailQueueStuck", "three hours", "[3h])) > 0"],
    ["MailCertificateExpiring", "less than 14 days", `< ${14 * 86_400}`],
    ["MailSettingsFailing", "half an hour", "> 1800"],
    ["MailSignInDown", "for 15 minutes", "> 900"],
    ["MailVolumeFilling", "above 80 %", "> 0.8"],
    ["MailVolumeFilling", "within four days", `${4 * 86_400}`],
    ["MailServerRestarting", "more than twice within an hour", "[1h])) > 2"],
    ["MailUnusuallyQuiet", "for a week", "offset 7d"],
  ] as const) {
    expect({ name, said: meaning(name).replace(/\s+/g, " ").includes(said) }).toEqual({ name, said: true });
    expect({ name, expr: of(name).includes(expr) }).toEqual({ name, expr: true });
  }
});

test("docs/how-to/monitoring.md quotes the message for a cluster without the operator", () => {
  expect(page("how-to/monitoring.md")).toContain(missingCrdMessage(definitions[0]));
});

test("no alert's query reads all namespaces: another stack of this kind has alerts of its own", () => {
  const queries = [
    ...ruleGroups(watched).flatMap((group) => group.rules),
    ...panels(watched).flatMap((panel) => panel.queries),
  ];
  const selectors = queries.flatMap(({ expr }) => [...expr.matchAll(/\{[^{}]*\}/g)].map(([selector]) => selector));
  expect(selectors.length).toBeGreaterThan(50);
  expect(selectors.filter((selector) => !/[{,_]namespace="mail"/.test(selector))).toEqual([]);
});
