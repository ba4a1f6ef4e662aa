import { execFileSync } from "node:child_process";
import { stackNamespace } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { examine, wrongIn } from "../support/doctor";
import type { LiveFixture } from "../support/fixture";
import { testUnless } from "../support/skipped";

export function doctorScenarios(fixture: LiveFixture): void {
  describe("the doctor", () => {
    test("the doctor finds a stack that works well, proves that policies are enforced, and leaves no pod behind", async () => {
      const results = await examine(fixture);
      expect(wrongIn(results, "configuration", "flow")).toEqual([]);
      // The CronJobs of a stack that is minutes old may not have run yet.
      expect(wrongIn(results, "cluster").filter((line) => !line.startsWith("settings never"))).toEqual([]);
      const of = (check: string) => results.find((result) => result.check === check);
      expect(of("policies")?.message).toContain("are enforced");
      expect(of("directory")).toMatchObject({ level: "ok" });
      expect(of("queue")).toMatchObject({ level: "ok" });
      const pods = await fixture.live.client.list("v1", "Pod", stackNamespace);
      const left = pods.filter(({ metadata }) => metadata.name.startsWith("doctor-") && !metadata.deletionTimestamp);
      expect(left).toEqual([]);
    });

    test("the doctor says of a mail server that is not running what breaks, and that the fetchers are stopped by it", async () => {
      await fixture.mailServer.stop();
      const results = await examine(fixture);
      await fixture.mailServer.start();
      expect(wrongIn(results, "cluster")).toContain("pods server stalwart");
      expect(wrongIn(results, "signIn")).toContain("directory unreachable");
      expect(wrongIn(results, "flow")).toContain("queue silent");
    });

    testUnless(
      fixture.options.issuer.kind === "existing" && "an issuer that is not the suite's own stays where it is",
      "recognizes a server that started while the issuer was unreachable, and gives the fix",
      async () => {
        await fixture.live.environment.issuer?.stop();
        await fixture.mailServer.stop();
        await fixture.mailServer.start();
        const dead = (await examine(fixture)).find(({ check }) => check === "directory");
        await fixture.live.environment.issuer?.start();
        expect(dead?.code).toBe("directoryMissing");
        const words = /`kubectl (.*)`/.exec(dead?.fix ?? "")?.[1]?.split(" ") ?? [];
        execFileSync(fixture.live.kubectl.command, ["--kubeconfig", fixture.live.kubectl.kubeconfig, ...words]);
        await eventually(
          "the sign-in is alive",
          async () => (await examine(fixture)).some(({ check, level }) => check === "directory" && level === "ok"),
          { seconds: 240 },
        );
      },
    );
  });
}
