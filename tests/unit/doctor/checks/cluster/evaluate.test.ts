import type { ClusterObservation, WorkloadObservation } from "../../../../../doctor/checks/cluster/collect";
import { evaluateCluster } from "../../../../../doctor/checks/cluster/evaluate";
import { clusterMessages } from "../../../../../doctor/checks/cluster/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const workload = (name: string, change: Partial<WorkloadObservation> = {}): WorkloadObservation => ({
  name,
  ready: true,
  reason: "",
  restarts: 0,
  lastReason: "no reason is kept",
  ...change,
});
const good: ClusterObservation = {
  namespace: "stalwart-mail",
  now,
  workloads: [workload("stalwart"), workload("roundcube"), workload("fetchmail-kinga")],
  runs: [{ name: "stalwart-settings", created: now - 90 * minute, succeeded: now - 3 * minute, reason: "" }],
  claims: [{ name: "stalwart-data", phase: "Bound", used: 20, capacity: 100 }],
  policies: { enforced: true },
  service: { type: "LoadBalancer", addresses: ["192.168.1.25"], closed: [] },
  inside: { addresses: { "smtp.migadu.com": ["91.121.223.63"] } },
  sendsTo: "smtp.migadu.com",
};
const say = (change: Partial<ClusterObservation>) => evaluateCluster({ ...good, ...change });
const down = (name: string) => say({ workloads: [workload(name, { ready: false, reason: "ImagePullBackOff" })] });
const claim = (used: number) => say({ claims: [{ name: "roundcube-data", phase: "Bound", used, capacity: 100 }] });
const run = (change: object) =>
  say({ runs: [{ name: "stalwart-reload", created: now - 40 * minute, reason: "Discovery fetch failed", ...change }] });

reportsOkForAWorkingStack(say({}), clusterMessages.catalog);

reportsEveryFailure(clusterMessages.catalog, {
  "pods.server": down("stalwart"),
  "pods.fetcher": down("fetchmail-kinga"),
  "pods.webmail": down("roundcube"),
  "pods.restarts": say({
    workloads: [workload("stalwart", { restarts: 5, lastRestart: now - 10 * minute, lastReason: "OOMKilled" })],
  }),
  "settings.failing": run({ succeeded: now - 31 * minute }),
  "settings.never": run({ created: now - 2 * minute }),
  "volumes.unbound": say({ claims: [{ name: "stalwart-data", phase: "Pending" }] }),
  "volumes.full": claim(97),
  "volumes.filling": claim(85),
  "volumes.untested": say({ claims: [{ name: "stalwart-data", phase: "Bound" }] }),
  "policies.untested": say({ policies: { skipped: true } }),
  "service.untested": say({ service: { type: "ClusterIP", addresses: [], closed: [] } }),
  "policies.open": say({ policies: { enforced: false } }),
  "policies.inconclusive": say({ policies: { reason: "the pod did not become ready in time" } }),
  "service.none": say({ service: { type: "LoadBalancer", addresses: [], closed: [] } }),
  "service.closed": say({ service: { type: "LoadBalancer", addresses: ["192.168.1.25"], closed: [465, 587] } }),
  "names.missing": say({ inside: { addresses: { "smtp.migadu.com": ["91.121.223.63"], "auth.newjoy.ro": [] } } }),
  "names.loopback": say({ inside: { addresses: { "smtp.migadu.com": ["127.0.1.1"] } } }),
  "names.notAsked": say({ inside: { reason: "there is no pod" } }),
});

test("restarts of pods a week ago are ok", () => {
  const old = workload("stalwart", { restarts: 9, lastRestart: now - 7 * 24 * 60 * minute });
  expect(say({ workloads: [old] })[0]?.level).toBe("ok");
});

test("pods that restarted are ok twice, or if it is unknown when, and the number of restarts is told", () => {
  const restarted = (restarts: number, lastRestart?: number) =>
    say({ workloads: [workload("stalwart", { restarts, ...(lastRestart !== undefined && { lastRestart }) })] })[0];
  expect(restarted(2, now - minute)).toMatchObject({ level: "ok", message: "ready, restarted 2 times in total" });
  expect(restarted(9)).toMatchObject({ level: "ok" });
  expect(restarted(3, now - minute)).toMatchObject({ level: "warning" });
  expect(restarted(0)?.message).toBe("ready");
});

test("the fix of each full volume names its own key", () => {
  expect(claim(97).find(({ code }) => code === "full")?.fix).toContain("--path storage.webmail.size");
  const mail = say({ claims: [{ name: "stalwart-data", phase: "Bound", used: 97, capacity: 100 }] });
  expect(mail.find(({ code }) => code === "full")?.fix).toContain("--path storage.size");
});

test("a volume is looked at by hand in the pod of its own workload, also when only its size is known", () => {
  const known = (change: object) => say({ claims: [{ name: "roundcube-data", phase: "Bound", ...change }] });
  for (const told of [known({}), known({ capacity: 100 }), known({ used: 1, capacity: 0 })]) {
    const untested = told.find(({ check }) => check === "volumes");
    expect(untested).toMatchObject({ code: "untested" });
    expect(untested?.fix).toContain("deploy/roundcube ");
  }
});

test("settings that have not succeeded for a long time count as failing, with the server's message", () => {
  expect(run({}).find(({ check }) => check === "settings")).toMatchObject({
    code: "failing",
    message: "has not succeeded for 40 minutes: Discovery fetch failed",
  });
});

test("a settings run that succeeded is as old as its end, not as its beginning", () => {
  expect(say({}).find(({ check }) => check === "settings")?.message).toContain("3 minutes");
});

test("a Service of the cluster alone that has an address after all is judged by its ports", () => {
  const told = say({ service: { type: "ClusterIP", addresses: ["192.168.1.25"], closed: [465] } });
  expect(told.find(({ check }) => check === "service")).toMatchObject({ code: "closed" });
});

test("a Service of a type without an address is unknown", () => {
  const told = say({ service: { type: "ClusterIP", addresses: [], closed: [] } });
  expect(told.find(({ check }) => check === "service")?.level).toBe("unknown");
});
