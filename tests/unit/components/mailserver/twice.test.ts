import fc from "fast-check";
import type { PlanArgs } from "../../../../components/mailserver/plan";
import { sampleMailbox } from "../../../support/sample";
import { loaded } from "../../config/support";
import { apply, rendered } from "./apply";
import { configs, samplePlan } from "./plans";

const SEED = 20260321;
const nothingNew = { created: 0, destroyed: 0, changed: [] };
const junk = { mailboxes: [sampleMailbox("kinga", { folders: ["INBOX", "Junk"] as const })] };
const twice = (plan: string) => ({ plans: [plan, plan] });

describe("a plan that is applied a second time", () => {
  const networks = (...written: string[]): PlanArgs =>
    samplePlan({ cluster: { networks: written, relayNamespaces: [] } });
  const variants: readonly (readonly [string, PlanArgs])[] = [
    ["as it is in the sample", samplePlan()],
    ["with Junk", samplePlan(junk)],
    ["with metrics", { ...samplePlan(), metrics: true }],
    ["with Junk and metrics", { ...samplePlan(junk), metrics: true }],
    [
      "with networks as no server writes them",
      networks("FD00:0:0::/8", "10.0.0.1/32", "FD00::A/128", "fd01::/32", "FD02::0:1"),
    ],
    ["with no network", networks()],
    [
      "with blanks around the issuer's name",
      { ...samplePlan(), identity: { ...samplePlan().identity, name: "  Pocket ID " } },
    ],
  ];

  it.each(variants)("a plan that is applied a second time changes nothing, %s", (_name, args) => {
    expect(apply([twice(rendered(args))])[0]?.runs[1]).toMatchObject(nothingNew);
  });

  it("a plan that is applied a second time changes nothing, not for a moment, whatever is configured", () => {
    const plans = fc.sample(configs, { numRuns: 40, seed: SEED }).map(rendered);
    for (const { runs } of apply(plans.map(twice))) expect(runs[1]).toMatchObject(nothingNew);
  });

  it("a plan that is applied a second time changes nothing when the stack file has capitals, blanks and long forms", () => {
    const config = loaded({
      domain: " NewJoy.RO ",
      hosts: { mail: "Mail.NewJoy.ro" },
      mailboxes: {
        Kinga: { password: "p", address: " K.Toth@NewJoy.RO", aliases: [" The.Boss ", "Office@newjoy.ro"] },
      },
      relay: { username: "Service@NewJoy.ro", password: "p" },
      identity: { issuer: "https://auth.newjoy.ro", name: " Pocket ID " },
      ingress: { className: "nginx" },
      cluster: { networks: [" FD00:0:0::/8", "10.0.0.1/32", "fd12::0001/128"] },
    });
    expect(apply([twice(rendered(config))])[0]?.runs[1]).toMatchObject(nothingNew);
  });

  it("a plan with a name that is not in the server's own form is refused, and the operations after it are not run", () => {
    const plan = rendered(samplePlan(junk)).replaceAll('"NONE"', '"none"');
    expect(apply([twice(plan)])[0]?.runs[1]?.refused).toMatch(/SpamRule: primaryKeyViolation/);
  });
});
