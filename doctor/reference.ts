import { groupTitles } from "./screen";
import { type Catalogue, type Group, groups } from "./verdict";
import { certificateTexts } from "./verdicts/certificates";
import { clusterTexts } from "./verdicts/cluster";
import { configurationTexts } from "./verdicts/configuration";
import { deviceTexts } from "./verdicts/devices";
import { dnsTexts } from "./verdicts/dnsTexts";
import { flowTexts } from "./verdicts/flow";
import { forgedTexts } from "./verdicts/forged";
import { lookingTexts } from "./verdicts/looking";
import { migrationTexts } from "./verdicts/migration";
import { pocketIdTexts } from "./verdicts/pocketId";
import { providerTexts } from "./verdicts/provider";
import { signInTexts } from "./verdicts/signIn";

/** All that the doctor can say. */
export const catalogues: Readonly<Record<Group, Catalogue>> = {
  configuration: configurationTexts,
  dns: dnsTexts,
  certificates: certificateTexts,
  provider: providerTexts,
  signIn: { ...signInTexts, ...forgedTexts, ...pocketIdTexts },
  devices: deviceTexts,
  cluster: clusterTexts,
  flow: { ...flowTexts, ...migrationTexts },
};

/** What stands in a text's gaps when it is about any stack and not about one. */
const usual: Readonly<Record<string, string>> = { namespace: "stalwart-mail", mailbox: "<name>" };

/** A text as the docs have it: gaps that are always the same are filled, the others are dots, as in the troubleshooting tables. */
export const documented = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => usual[name] ?? "…");

const cell = (text: string): string => documented(text).replaceAll("|", "\\|").replaceAll("<name>", "&lt;name&gt;");
/** Inside backticks nothing needs to be escaped but the bar. */
const inCode = (text: string): string =>
  text
    .split("`")
    .map((part, n) => (n % 2 === 0 ? part : part.replaceAll("&lt;name&gt;", "<name>")))
    .join("`");

function table(catalogue: Catalogue): string[] {
  return Object.values(catalogue).flatMap(({ title, looks, ok, troubles }) => [
    "",
    `**${title}**: ${looks}.`,
    "",
    "| | what it says | what mends it |",
    "|---|---|---|",
    `| ok | ${inCode(cell(ok))} | |`,
    ...Object.values(troubles).map(
      ({ level, meaning, mend }) => `| ${level} | ${inCode(cell(meaning))} | ${inCode(cell(mend))} |`,
    ),
  ]);
}

/** Every check, with all that it can say. */
export function checksReference(): string {
  const parts = groups.flatMap((group) => ["", `### ${groupTitles[group]}`, ...table(catalogues[group])]);
  return [...parts, "", "### Any group", ...table(lookingTexts)].join("\n").trim();
}
