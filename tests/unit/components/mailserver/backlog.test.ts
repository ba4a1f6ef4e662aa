import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import type { Operation } from "../../../../components/mailserver/operations";
import { plan } from "../../../../components/mailserver/plan";
import { sampleMailbox } from "../../../support/sample";
import { samplePlan } from "./plans";

const root = resolve(__dirname, "../../../..");

/** What the fake of the server, with these settings, refuses of a backlog on 25 and on the port for Junk. */
function refusals(operations: readonly Operation[]): readonly string[][] {
  const input = operations.map((one) => JSON.stringify(one)).join("\n");
  const options = { cwd: root, input, encoding: "utf8" } as const;
  const { stdout, stderr, status } = spawnSync("python3", ["-B", "tests/rig/fakes/stalwart/limits.py"], options);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const junk = [sampleMailbox("kinga", { folders: ["INBOX", "Junk"] as const })];
/** The plan without one part of an operation. */
const without = (object: string, part: string) =>
  plan(samplePlan()).map((operation) => {
    const value = Object.entries(operation.value ?? {}).filter(
      ([name]) => operation.object !== object || name !== part,
    );
    return { ...operation, value: Object.fromEntries(value) } as Operation;
  });

describe("a fetcher's backlog at a server with the stack's settings", () => {
  it("all of a backlog is accepted: a thousand messages of one sender, large ones, and one of many hops", () => {
    expect(refusals(plan(samplePlan()))).toEqual([[], []]);
    expect(refusals(plan(samplePlan({ mailboxes: junk })))).toEqual([[], []]);
  });

  it.each([
    ["MtaInboundThrottle", "recipient", "452 4.4.5 Rate limit exceeded"],
    ["MtaInboundThrottle", "ip", "452 4.4.5 Rate limit exceeded"],
    ["MtaStageEhlo", "rejectNonFqdn", "550 5.5.0 Invalid EHLO domain"],
    ["MtaStageData", "maxMessages", "452 4.4.5 Maximum number of messages"],
    ["MtaStageData", "maxMessageSize", "552 5.3.4 Message too big"],
    ["MtaStageData", "maxReceivedHeaders", "450 4.4.6 Too many Received headers"],
    ["MtaInboundSession", "transferLimit", "Session exceeded transfer quota"],
    ["MtaInboundSession", "maxDuration", "Session open for too long"],
  ])("without the setting %s %s the server refuses a part of a backlog", (object, part, refusal) => {
    expect(refusals(without(object, part))[0]).toEqual([expect.stringContaining(refusal)]);
  });
});
