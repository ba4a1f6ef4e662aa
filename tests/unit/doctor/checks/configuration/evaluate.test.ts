import {
  evaluateDeployed,
  evaluateLoaded,
  evaluateRunning,
  evaluateUnreadable,
  evaluateWrong,
} from "../../../../../doctor/checks/configuration/evaluate";
import { configurationMessages } from "../../../../../doctor/checks/configuration/messages";
import { withholdUpdates } from "../../../../../doctor/withholdUpdates";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const state = { objects: 46, mailboxes: ["alpar", "kinga"], pending: [] };
const configured = ["alpar", "kinga"];
const running = {
  objects: 40,
  missing: [],
  secrets: [{ name: "stalwart-admin", absent: [], changed: [] }],
  images: [{ workload: "stalwart", wanted: "stalwart:v0.16.24", found: "stalwart:v0.16.24" }],
  listeners: { wanted: "1234567890", found: "1234567890" },
};
const deployed = (change: object) => evaluateDeployed({ configured, state: { ...state, ...change } });
const runs = (change: object) => evaluateRunning({ running: { ...running, ...change }, context: "homelab" });

reportsOkForAWorkingStack(
  [evaluateLoaded(["newjoy.ro"], 2), ...deployed({}), ...runs({})],
  configurationMessages.catalog,
);

reportsEveryFailure(configurationMessages.catalog, {
  "loads.unreadable": [evaluateUnreadable("family", "no stack named 'family' found")],
  "loads.wrong": [evaluateWrong("The configuration has 1 problem; nothing was deployed.\n\n  domain is missing\n")],
  "deployed.never": deployed({ objects: 0, mailboxes: [] }),
  "deployed.mailboxes": deployed({ mailboxes: ["alpar"] }),
  "deployed.removed": deployed({ mailboxes: ["alpar", "dora", "kinga"] }),
  "deployed.pending": deployed({ pending: ["stalwart-settings"] }),
  "objects.elsewhere": runs({ missing: Array.from({ length: 40 }, (_, n) => `Secret ${n}`) }),
  "objects.gone": runs({ missing: ["Deployment fetchmail-kinga"] }),
  "secrets.keys": runs({ secrets: [{ name: "stalwart-emails", absent: ["KINGA_EMAIL"], changed: [] }] }),
  "secrets.values": runs({ secrets: [{ name: "stalwart-admin", absent: [], changed: ["password"] }] }),
  "images.other": runs({ images: [{ workload: "stalwart", wanted: "stalwart:v0.16.24", found: "stalwart:latest" }] }),
  "listeners.other": runs({ listeners: { wanted: "1234567890", found: "none" } }),
});

test("a configuration that does not load is reported with its problems in one line, without the commands", () => {
  const report = [
    "The configuration has 2 problems; nothing was deployed.",
    "",
    "  domain        is missing",
    "                $ pulumi config set domain example.org",
    "  relay.mode    is not one of mailbox, single",
    "",
  ];
  expect(evaluateWrong(report.join("\n")).message).toContain(
    "domain is missing; relay.mode is not one of mailbox, single",
  );
  expect(evaluateWrong(report.join("\n")).message).not.toMatch(/\$ pulumi|nothing was deployed/);
  expect(evaluateWrong("the stack's file is no YAML").message).toContain("the stack's file is no YAML");
});

test("mailboxes and domains of a configuration that loads are counted and named", () => {
  expect(evaluateLoaded(["newjoy.ro"], 1).message).toBe("1 mailbox of newjoy.ro");
  expect(evaluateLoaded(["newjoy.ro", "example.org"], 2).message).toBe("2 mailboxes of newjoy.ro, example.org");
});

test("a stack that was never deployed is not also reported for each missing mailbox", () => {
  expect(deployed({ objects: 0, mailboxes: [] })).toHaveLength(1);
});

test("a cluster without any object of the stack is reported once, with its context", () => {
  const told = runs({ missing: Array.from({ length: 40 }, (_, n) => `Secret ${n}`) });
  expect(told).toHaveLength(1);
  expect(told[0]?.message).toContain("the cluster of context homelab");
});

test("no refresh and no update is recommended in a cluster without any object of the stack", () => {
  const all = { missing: Array.from({ length: 40 }, (_, n) => `Secret ${n}`) };
  const results = withholdUpdates([...deployed({ pending: ["stalwart"] }), ...runs(all)]);
  expect(results.map(({ code }) => code)).toEqual(["pending", "elsewhere"]);
  for (const { fix } of results) {
    expect(fix).not.toMatch(/pulumi (refresh|up)/);
    expect(fix).toContain("npm run doctor -- --context NAME");
  }
  const here = [...deployed({ pending: ["stalwart"] }), ...runs({ missing: ["Secret a"] })];
  expect(withholdUpdates(here)).toEqual(here);
});
