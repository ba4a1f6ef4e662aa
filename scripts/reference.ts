import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { configTable, declarations } from "../config/reference";

/** Writes what the schema says into the table of docs/reference/configuration.md and Pulumi.yaml's declarations. */
const root = join(__dirname, "..");
const page = join(root, "docs/reference/configuration.md");
const project = join(root, "Pulumi.yaml");

const BEGIN = "<!-- config:begin -->";
const END = "<!-- config:end -->";
const section = `${BEGIN}\n${configTable()}\n${END}`;
const text = readFileSync(page, "utf8");
const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
if (begin < 0 || end < begin) throw new Error(`docs/reference/configuration.md has no ${BEGIN} … ${END}`);
writeFileSync(page, text.slice(0, begin) + section + text.slice(end + END.length));

const yaml = parseDocument(readFileSync(project, "utf8"));
for (const [key, declaration] of Object.entries(declarations())) yaml.setIn(["config", key], declaration);
writeFileSync(project, yaml.toString({ lineWidth: 120 }));
