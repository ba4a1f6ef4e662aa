import fc from "fast-check";
import { type PlanArgs, plan } from "../../../../components/mailserver/plan";
import { declaredAccounts } from "../../../../components/mailserver/planAccounts";
import { sampleMailbox } from "../../../support/sample";
import { type Applied, apply, rendered } from "./apply";
import { configs, samplePlan } from "./plans";

const SEED = 20260322;

/** What the server has of a plan; its last run must not have been refused. */
function madeBy({ runs }: Applied): NonNullable<Applied["runs"][number]["made"]> {
  expect(runs.map(({ refused }) => refused)).toEqual(runs.map(() => undefined));
  return runs.at(-1)?.made ?? [];
}

describe("a server that was used before", () => {
  const junk = [sampleMailbox("kinga", { folders: ["INBOX", "Junk"] as const })];
  const args = samplePlan({ mailboxes: junk, domains: ["newjoy.ro", "second.example.org"] });
  const [server] = apply([{ plans: [rendered(args)], used: true }]);
  const foreign = Object.entries(server?.foreign ?? {});
  const whose = (fate: string) =>
    foreign
      .filter(([, found]) => found === fate)
      .map(([kind]) => kind)
      .sort();

  it("what an administrator has made on the server is as it was after a settings run", () => {
    expect(whose("kept")).toEqual([
      "Account",
      "Application",
      "Certificate",
      "Domain",
      "EventTracingLevel",
      "MtaDeliverySchedule",
      "MtaInboundThrottle",
      "SieveSystemScript",
    ]);
  });

  it("what would go around the settings is removed by a settings run: listeners, routes, rules, issuers and logs of others", () => {
    expect(whose("gone")).toEqual([
      "AllowedIp",
      "Directory",
      "MtaRoute",
      "NetworkListener",
      "SpamDnsblServer",
      "SpamRule",
      "SpamTag",
      "Tracer",
    ]);
  });

  it("a settings run makes every object that the plan names, also where others of its kind are there", () => {
    const [fresh] = apply([{ plans: [rendered(args)] }]);
    expect(server && madeBy(server)).toEqual(fresh && madeBy(fresh));
    expect(new Set(server && madeBy(server).map(([kind]) => kind))).toEqual(
      new Set(plan(args).map(({ object }) => object.replace("x:", ""))),
    );
  });
});

describe("a server that had other settings", () => {
  /** What stays, and why that is harmless. */
  const left = ["Metrics", "SpamSettings"]; // a password that no longer exists anywhere; the numbers of a filter that is off

  /** Two plans of one home: everything is different but the addresses, of which some are gone. */
  const changes = fc.tuple(configs, configs).map(([before, other]): [PlanArgs, PlanArgs] => {
    const mailboxes = before.mailboxes.map((mailbox, n) => ({
      ...mailbox,
      // Some aliases go, postmaster and the relay's among them, and the others move to the next mailbox.
      aliases: (before.mailboxes.at(n - 1)?.aliases ?? []).filter((_, m) => (n + m) % 2 === 0),
      admin: !mailbox.admin,
      displayName: `${mailbox.displayName}!`,
      folders: other.mailboxes[0]?.folders ?? mailbox.folders,
    }));
    const { domain, domains, hosts } = before;
    return [
      before,
      { ...other, domain, domains, hosts, mailboxes, relay: { ...before.relay, mode: other.relay.mode } },
    ];
  });

  it("a changed configuration leaves nothing of the earlier settings: the server is as if it had never had them", () => {
    const pairs = fc.sample(changes, { numRuns: 20, seed: SEED });
    const servers = apply(
      pairs.flatMap(([before, after]) => [
        { plans: [rendered(before), rendered(after)], accounts: [declaredAccounts(before), declaredAccounts(after)] },
        { plans: [rendered(after)] },
      ]),
    );
    for (let n = 0; n < servers.length; n += 2) {
      const [changed, fresh] = servers
        .slice(n, n + 2)
        .map((one) => madeBy(one).filter(([kind]) => !left.includes(kind)));
      expect(changed).toEqual(fresh);
    }
  });
});
