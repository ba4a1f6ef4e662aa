import { stackNamespace } from "../../rig/environment/names";
import type { LiveFixture } from "../support/fixture";

export function firstDeployScenarios(fixture: LiveFixture): void {
  describe("the first pulumi up", () => {
    test("the first update succeeds where a new pod's connections are refused at first, each step at its first try", async () => {
      const jobs = await fixture.live.client.list("batch/v1", "Job", stackNamespace);
      const ofUpdate = jobs.filter(({ metadata }) => !metadata.ownerReferences);
      expect(ofUpdate.map(({ status }) => [status.succeeded, status.failed ?? 0])).toEqual([
        [1, 0],
        [1, 0],
      ]);
    });

    test("the first update leaves every pod ready, and none that had to restart", async () => {
      const found = await fixture.live.client.list("v1", "Pod", stackNamespace);
      const running = found.filter(({ metadata }) => !metadata.labels?.["job-name"]);
      expect(running).toHaveLength(5);
      for (const { metadata, status } of running) {
        const ready = status.conditions.find(({ type }: { type: string }) => type === "Ready")?.status;
        expect([metadata.name, ready, status.containerStatuses[0].restartCount]).toEqual([metadata.name, "True", 0]);
      }
    });

    test("a second update changes nothing", async () => {
      expect(Object.keys(await fixture.up())).toEqual(["same"]);
    });
  });
}
