import { execFileSync } from "node:child_process";
import { stackNamespace } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { examine, wrongIn } from "../support/doctor";
import type { Site } from "../support/site";

export function doctorPromises(site: Site): void {
  describe("the doctor", () => {
    test("finds a stack that works well, proves that policies are enforced, and leaves no pod behind", async () => {
      const results = await examine(site);
      expect(wrongIn(results, "configuration", "flow")).toEqual([]);
      // The CronJobs of a stack that is minutes old may not have run yet.
      expect(wrongIn(results, "cluster").filter((line) => !line.startsWith("settings never"))).toEqual([]);
      const of = (check: string) => results.find((result) => result.check === check);
      expect(of("policies")?.message).toContain("are enforced");
      expect(of("directory")).toMatchObject({ level: "ok" });
      expect(of("queue")).toMatchObject({ level: "ok" });
      const pods = await site.live.client.list("v1", "Pod", stackNamespace);
      const left = pods.filter(({ metadata }) => metadata.name.startsWith("doctor-") && !metadata.deletionTimestamp);
      expect(left).toEqual([]);
    });

    test("says of a mail server that is away what breaks, and that the fetchers are stopped by it", async () => {
      await site.mailServer.away();
      const results = await examine(site);
      await site.mailServer.back();
      expect(wrongIn(results, "cluster")).toContain("pods server stalwart");
      expect(wrongIn(results, "signIn")).toContain("directory away");
      expect(wrongIn(results, "flow")).toContain("queue silent");
    });

    // An issuer that is not the suite's own stays where it is.
    (site.options.issuer.kind === "existing" ? test.skip : test)(
      "knows a server that started while the issuer was away, and what it then says to do mends it",
      async () => {
        await site.live.world.issuer?.away();
        await site.mailServer.away();
        await site.mailServer.back();
        const dead = (await examine(site)).find(({ check }) => check === "directory");
        await site.live.world.issuer?.back();
        expect(dead?.code).toBe("dead");
        const words = /`kubectl (.*)`/.exec(dead?.fix ?? "")?.[1]?.split(" ") ?? [];
        execFileSync(site.live.kubectl.command, ["--kubeconfig", site.live.kubectl.kubeconfig, ...words]);
        await eventually(
          "the sign-in is alive",
          async () => (await examine(site)).some(({ check, level }) => check === "directory" && level === "ok"),
          { seconds: 240 },
        );
      },
    );
  });
}
