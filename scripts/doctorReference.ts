import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checksReference } from "../doctor/reference";

/** Writes what the doctor's checks can say into docs/reference/checks.md. */
const page = join(__dirname, "../docs/reference/checks.md");
const [BEGIN, END] = ["<!-- checks:begin -->", "<!-- checks:end -->"];
const text = readFileSync(page, "utf8");
const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
if (begin < 0 || end < begin) throw new Error(`docs/reference/checks.md has no ${BEGIN} … ${END}`);
writeFileSync(page, `${text.slice(0, begin)}${BEGIN}\n${checksReference()}\n${text.slice(end)}`);
