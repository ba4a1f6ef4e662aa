import { definitions } from "./checks";
import { type Group, groups, groupTitles } from "./groups";
import type { MessageCatalog } from "./messages";
import { metaCatalog } from "./notChecked";

/** All messages of the doctor, by group. */
export const catalogs = Object.fromEntries(
  groups.map((group) => {
    const own = definitions.filter(({ messages }) => messages.group === group);
    return [group, Object.assign({}, ...own.map(({ messages }) => messages.catalog))];
  }),
) as Readonly<Record<Group, MessageCatalog>>;

/** Parameters that are the same for most stacks. */
const usual: Readonly<Record<string, string>> = { namespace: "stalwart-mail", mailbox: "<name>" };

/** A text for the docs: the usual value of a parameter, or dots. */
export const documented = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => usual[name] ?? "…");

const cell = (text: string): string => documented(text).replaceAll("|", "\\|").replaceAll("<name>", "&lt;name&gt;");
/** Inside backticks only the bar is escaped. */
const inCode = (text: string): string =>
  text
    .split("`")
    .map((part, n) => (n % 2 === 0 ? part : part.replaceAll("&lt;name&gt;", "<name>")))
    .join("`");

function table(catalog: MessageCatalog): string[] {
  return Object.values(catalog).flatMap(({ title, description, ok, failures }) => [
    "",
    `**${title}**: ${description}.`,
    "",
    "| level | message | fix |",
    "|---|---|---|",
    `| ok | ${inCode(cell(ok))} | |`,
    ...Object.values(failures).map(
      ({ level, message, fix }) => `| ${level} | ${inCode(cell(message))} | ${inCode(cell(fix))} |`,
    ),
  ]);
}

/** Every check, with all of its messages. */
export function checksReference(): string {
  const parts = groups.flatMap((group) => ["", `### ${groupTitles[group]}`, ...table(catalogs[group])]);
  return [...parts, "", "### Any group", ...table(metaCatalog)].join("\n").trim();
}
