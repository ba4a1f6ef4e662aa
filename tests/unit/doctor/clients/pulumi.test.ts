import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readStack, readState } from "../../../../doctor/clients/pulumi";
import { engineValues, working } from "../../config/support";

const folder = mkdtempSync(join(tmpdir(), "doctor-pulumi-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shown = Object.fromEntries(
  Object.entries(engineValues(working)).map(([key, value]) => [key, { value, secret: /mailboxes|relay/.test(key) }]),
);
/** A Pulumi CLI that prints the configuration and an empty state, and records its arguments. */
const pulumi = join(folder, "pulumi");
writeFileSync(
  pulumi,
  `#!${process.execPath}
const [first, second] = process.argv.slice(2);
require("node:fs").appendFileSync(${JSON.stringify(join(folder, "calls"))}, process.argv.slice(2).join(" ") + "\\n");
if (first === "config") console.log(${JSON.stringify(JSON.stringify(shown))});
else if (second === "export") console.log('{"version":3,"deployment":{}}');
else console.log("family");`,
  { mode: 0o755 },
);
writeFileSync(join(folder, "Pulumi.yaml"), "name: homelab-mail\n");
/** Only this file tells that the mailbox's password is stored in plain text. */
writeFileSync(
  join(folder, "Pulumi.family.yaml"),
  "config:\n  homelab-mail:mailboxes:\n    kinga:\n      password: kinga-password\n",
);

const args = { pulumi, project: folder, limit: 600_000 };

test.each([
  ["selected", undefined],
  ["named by its name", "family"],
  ["named with its organization", "acme/family"],
  ["named with organization and project", "acme/homelab-mail/family"],
])("the file of a stack that is %s is read", async (_, stack) => {
  expect(await readStack({ ...args, stack })).toMatchObject({
    report: expect.stringContaining("mailboxes.kinga.password"),
  });
});

test("the Pulumi CLI gets the stack's name as the user wrote it", async () => {
  rmSync(join(folder, "calls"));
  const stack = "acme/homelab-mail/family";
  await readStack({ ...args, stack });
  await readState({ ...args, stack });
  const calls = readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  expect(calls.map((call) => call.split(" --stack ")[1])).toEqual([stack, stack]);
});
