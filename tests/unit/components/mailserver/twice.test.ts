import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { type PlanArgs, renderPlan } from "../../../../components/mailserver/plan";
import { sampleMailbox } from "../../../support/sample";
import { configs, samplePlan } from "./plans";

const root = resolve(__dirname, "../../../..");
const SCHEMA = resolve(root, "../shared/stalwart/schema.json");

interface Second {
  readonly created?: number;
  readonly destroyed?: number;
  readonly same?: boolean;
  readonly refused?: string;
}

/** Each plan is applied twice to a fake of the server that stores values in the server's own form; what the second did. */
function applyTwice(plans: readonly string[]): Second[] {
  const { stdout, stderr, status } = spawnSync("python3", ["-B", "tests/rig/fakes/stalwart/plan.py"], {
    cwd: root,
    input: plans.join("\n"),
    encoding: "utf8",
    env: { ...process.env, ...(existsSync(SCHEMA) && { STALWART_SCHEMA: SCHEMA }) },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const nothingNew = { created: 0, destroyed: 0, same: true };
const junk = { mailboxes: [sampleMailbox("kinga", { folders: ["INBOX", "Junk"] as const })] };

describe("a plan that is applied a second time", () => {
  const variants: readonly (readonly [string, PlanArgs])[] = [
    ["as it is in the sample", samplePlan()],
    ["with Junk", samplePlan(junk)],
    ["with metrics", { ...samplePlan(), metrics: true }],
    ["with Junk and metrics", { ...samplePlan(junk), metrics: true }],
    [
      "with networks as nobody's server writes them",
      samplePlan({ cluster: { networks: ["FD00:0:0::/8", "10.0.0.1/32"], relayNamespaces: [] } }),
    ],
    ["with no network", samplePlan({ cluster: { networks: [], relayNamespaces: [] } })],
    [
      "with blanks around the issuer's name",
      { ...samplePlan(), identity: { ...samplePlan().identity, name: "  Pocket ID " } },
    ],
  ];

  it.each(variants)("a plan that is applied a second time changes nothing, %s", (_name, args) => {
    // Not the release that knows more properties than the schema does.
    const [second] = applyTwice([renderPlan({ ...args, images: { stalwart: "stalwartlabs/stalwart:v0.16.19" } })]);
    expect(second).toMatchObject(nothingNew);
  });

  it("a plan that is applied a second time changes nothing, whatever is configured", () => {
    const plans = fc.sample(configs, { numRuns: 40, seed: 20260321 }).map((args) => `${renderPlan(args)}`);
    for (const second of applyTwice(plans)) expect(second).toMatchObject(nothingNew);
  });

  it("a plan with a name that is not in the server's own form is refused, and the operations after it are not run", () => {
    const plan = renderPlan(samplePlan(junk)).replaceAll('"NONE"', '"none"');
    const [second] = applyTwice([plan]);
    expect(second?.refused).toMatch(/SpamRule: primaryKeyViolation/);
  });
});
