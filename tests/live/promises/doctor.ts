import { execFileSync } from "node:child_process";
import { stackNamespace, worldNamespace } from "../../../sandbox/live/names";
import { eventually } from "../../support/wait";
import { examine, wrongIn } from "../support/doctor";
import type { Site } from "../support/site";

export function doctorPromises(site: Site): void {
  /** One that is on its way out still answers. */
  const gone = async (namespace: string, name: string): Promise<void> => {
    await site.scale(namespace, name, 0);
    await eventually(`${name} is gone`, async () => {
      const all = await site.live.client.list("v1", "Pod", namespace);
      return !all.some(({ metadata }) => new RegExp(`^${name}-[0-9a-f]+-[0-9a-z]{5}$`).test(metadata.name));
    });
  };
  const back = async (namespace: string, name: string): Promise<void> => {
    await site.scale(namespace, name, 1);
    await site.deployed(namespace, name);
  };

  describe("the doctor", () => {
    test("finds a stack that works well, proves that policies are enforced, and leaves no pod behind", async () => {
      const verdicts = await examine(site);
      expect(wrongIn(verdicts, "configuration", "flow")).toEqual([]);
      // The CronJobs of a stack that is minutes old may not have run yet.
      expect(wrongIn(verdicts, "cluster").filter((line) => !line.startsWith("settings never"))).toEqual([]);
      const of = (check: string) => verdicts.find((verdict) => verdict.check === check);
      expect(of("policies")?.meaning).toContain("are enforced");
      expect(of("directory")).toMatchObject({ level: "ok" });
      expect(of("queue")).toMatchObject({ level: "ok" });
      const pods = await site.live.client.list("v1", "Pod", stackNamespace);
      const left = pods.filter(({ metadata }) => metadata.name.startsWith("doctor-") && !metadata.deletionTimestamp);
      expect(left).toEqual([]);
    });

    test("says of a mail server that is away what stops, and that the fetchers are stopped by it", async () => {
      await gone(stackNamespace, "stalwart");
      const verdicts = await examine(site);
      await back(stackNamespace, "stalwart");
      expect(wrongIn(verdicts, "cluster")).toContain("pods server stalwart");
      expect(wrongIn(verdicts, "signIn")).toContain("directory away");
      expect(wrongIn(verdicts, "flow")).toContain("queue silent");
    });

    // An issuer that is not the suite's own stays where it is.
    (site.options.issuer.kind === "outside" ? test.skip : test)(
      "knows a server that started while the issuer was away, and what it then says to do mends it",
      async () => {
        await gone(worldNamespace, "issuer");
        await gone(stackNamespace, "stalwart");
        await back(stackNamespace, "stalwart");
        const dead = (await examine(site)).find(({ check }) => check === "directory");
        await back(worldNamespace, "issuer");
        expect(dead?.code).toBe("dead");
        const words = /`kubectl (.*)`/.exec(dead?.mend ?? "")?.[1]?.split(" ") ?? [];
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
