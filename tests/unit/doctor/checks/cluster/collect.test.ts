import { describeSettingsRun, describeWorkload } from "../../../../../doctor/checks/cluster/collect";
import type { KubeObject } from "../../../../../lib/kubectl";
import { deployment, pod } from "./objects";

const seen = (status: KubeObject, more?: KubeObject) =>
  describeWorkload(deployment("stalwart"), [pod("stalwart", status, more)]);

test("a pod with all its containers ready is ready", () => {
  expect(seen({ phase: "Running", containerStatuses: [{ ready: true, restartCount: 0 }] })).toMatchObject({
    ready: true,
  });
});

test("a pod that cannot start is reported with the most specific reason", () => {
  const waiting = (reason: string, message?: string) =>
    seen({ phase: "Pending", containerStatuses: [{ ready: false, state: { waiting: { reason, message } } }] }).reason;
  expect(waiting("ImagePullBackOff", "no such image")).toBe("ImagePullBackOff: no such image");
  expect(waiting("CreateContainerConfigError", 'secret "stalwart-tls" not found')).toContain("stalwart-tls");
  const unscheduled = { type: "PodScheduled", status: "False", message: "0/1 nodes are available" };
  expect(seen({ phase: "Pending", conditions: [unscheduled] }).reason).toBe("0/1 nodes are available");
  expect(describeWorkload(deployment("stalwart"), []).reason).toBe("it has no pod");
  expect(describeWorkload({ metadata: { name: "stalwart" }, spec: { replicas: 0 } }, []).reason).toBe(
    "it is scaled to 0",
  );
});

test("why a pod is not ready is told from its init containers first, and what only takes its time is no reason", () => {
  const starting = (reason: string) => ({ ready: false, state: { waiting: { reason } } });
  const ended = (exitCode: number, more: KubeObject) => ({ state: { terminated: { exitCode, ...more } } });
  const why = (initContainer: KubeObject, container: KubeObject, more: KubeObject = {}) =>
    seen({ phase: "Pending", initContainerStatuses: [initContainer], containerStatuses: [container], ...more }).reason;
  const waits = starting("PodInitializing");
  expect(why(starting("ErrImagePull"), waits)).toBe("ErrImagePull");
  expect(why(ended(1, { reason: "Error", message: " the plan\n is refused\n" }), waits)).toBe("the plan is refused");
  expect(why(ended(137, { reason: "OOMKilled", message: "\n" }), waits)).toBe("OOMKilled");
  expect(why(ended(0, { reason: "Completed" }), starting("ContainerCreating"))).toBe("phase Pending");
  expect(why({}, { ready: false, state: { running: {} } }, { phase: "Running" })).toBe("running, but not ready");
  const placed = { conditions: [{ type: "PodScheduled", status: "True", message: "on node-1" }] };
  expect(why(waits, waits, placed)).toBe("phase Pending");
  expect(seen({ conditions: [{ type: "PodScheduled", status: "False" }] }).reason).toBe("not scheduled");
});

test("a workload is judged by its newest pod, and by the container of it that was restarted most often", () => {
  const at = (creationTimestamp: string, containers: readonly KubeObject[]) => ({
    ...pod("stalwart", { phase: "Running", containerStatuses: containers }),
    metadata: { creationTimestamp, labels: { "app.kubernetes.io/instance": "stalwart" } },
  });
  const killed = {
    terminated: { reason: "OOMKilled", exitCode: 137, message: "\n", finishedAt: "2026-03-01T11:00:00Z" },
  };
  const older = at("2026-03-01T09:00:00Z", [{ ready: false, restartCount: 9 }]);
  const newer = at("2026-03-02T09:00:00Z", [
    { ready: true },
    { ready: true, restartCount: 4, lastState: killed },
    { ready: true },
  ]);
  for (const pods of [
    [older, newer],
    [newer, older],
  ]) {
    expect(describeWorkload(deployment("stalwart"), pods)).toEqual({
      name: "stalwart",
      ready: true,
      reason: "",
      restarts: 4,
      lastRestart: Date.parse("2026-03-01T11:00:00Z"),
      lastReason: "OOMKilled, status 137",
    });
  }
});

test("the last message of a container that ended is the reason of its restart", () => {
  const last = {
    terminated: { finishedAt: "2026-03-01T11:00:00Z", message: "INBOX: the provider refuses\n the login", exitCode: 1 },
  };
  expect(seen({ containerStatuses: [{ ready: true, restartCount: 4, lastState: last }] })).toMatchObject({
    restarts: 4,
    lastRestart: Date.parse("2026-03-01T11:00:00Z"),
    lastReason: "INBOX: the provider refuses the login",
  });
});

test("a pod that is terminating is not taken for the workload's own", () => {
  const leaving = seen({ containerStatuses: [{ ready: true }] }, { deletionTimestamp: "2026-03-01T12:00:00Z" });
  expect(leaving.ready).toBe(false);
});

test("a failed settings run is reported with the server's message, from its own pods only", () => {
  const cronJob = { metadata: { name: "stalwart-reload", creationTimestamp: "2026-03-01T09:00:00Z" }, status: {} };
  const job = (name: string, owner: string) => ({ metadata: { name, ownerReferences: [{ name: owner }] } });
  const failed = (of: string, message: string) =>
    pod(
      "stalwart-settings",
      { phase: "Failed", containerStatuses: [{ state: { terminated: { exitCode: 1, message } } }] },
      { labels: { "job-name": of } },
    );
  const jobs = [job("r1", "stalwart-reload"), job("s1", "stalwart-settings")];
  expect(
    describeSettingsRun(cronJob, jobs, [failed("r1", "Discovery fetch failed"), failed("s1", "not this one")]),
  ).toMatchObject({
    reason: "Discovery fetch failed",
  });
});

test("why settings are not applied is told by the newest run that failed, or by a CronJob that is suspended", () => {
  const cronJob = (more: KubeObject = {}) => ({
    metadata: { name: "stalwart-reload", creationTimestamp: "2026-03-01T09:00:00Z" },
    status: { lastSuccessfulTime: "2026-03-01T10:00:00Z" },
    ...more,
  });
  const jobs = [{ metadata: { name: "r1", ownerReferences: [{ name: "stalwart-reload" }] } }];
  const run = (creationTimestamp: string, phase: string, message = "") =>
    pod(
      "stalwart-settings",
      { phase, containerStatuses: [{ state: { terminated: { exitCode: message ? 1 : 0, message } } }] },
      { labels: { "job-name": "r1" }, creationTimestamp },
    );
  const runs = [
    run("2026-03-01T11:00:00Z", "Failed", "of long ago"),
    run("2026-03-01T12:00:00Z", "Failed", "the last one"),
    run("2026-03-01T11:30:00Z", "Failed", "in between"),
    run("2026-03-01T13:00:00Z", "Succeeded"),
  ];
  for (const pods of [runs, runs.toReversed()]) {
    expect(describeSettingsRun(cronJob(), jobs, pods)).toEqual({
      name: "stalwart-reload",
      created: Date.parse("2026-03-01T09:00:00Z"),
      succeeded: Date.parse("2026-03-01T10:00:00Z"),
      reason: "the last one",
    });
  }
  expect(describeSettingsRun(cronJob({ spec: { suspend: true } }), jobs, runs).reason).toBe("it is suspended");
  expect(describeSettingsRun(cronJob(), jobs, []).reason).toBe("no failed run is left that shows why");
});
