import { person, stackNamespace } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { MailProgram } from "../support/mail";
import type { Site } from "../support/site";

export function survivalPromises(site: Site): void {
  describe("nothing is lost", () => {
    test("when the mail server is killed in the middle of a drain of 300", async () => {
      const subjects = Array.from({ length: 300 }, (_, n) => `drain ${n}`);
      await site.programs.putAtProvider(person.name, subjects);
      for (let kill = 0; kill < 2; kill++) {
        const victim = await site.readyMailServer();
        await site.kill(stackNamespace, victim.metadata.name);
        await eventually("another one is ready", async () => {
          const { metadata } = await site.readyMailServer();
          return metadata.uid !== victim.metadata.uid;
        });
      }
      // An empty inbox at the provider says nothing: what is on its way lies in the fetcher's outbox.
      await eventually(
        "all of it is in the inbox",
        async () => {
          const there = await site.programs.subjects(person.name, site.token);
          const missing = subjects.filter((subject) => !there.includes(subject));
          if (missing.length === 0) return true;
          const left = await site.programs.undelivered(person.name);
          throw new Error(`missing: ${missing.join(", ")}; at the provider, undelivered: ${left}`);
        },
        { seconds: 600, every: 1_000 },
      );
      await eventually(
        "nothing is left at the provider",
        async () => (await site.programs.undelivered(person.name)) === 0,
      );
    });

    test("when the power goes, and everything comes back in the worst order: it heals by itself within ten minutes", async () => {
      await site.powerCut();
      const after = await site.probe({ ...site.app, name: "after" });
      site.programs = new MailProgram(site.live, after);
      await eventually("mail is opened by a token again", async () => site.programs.subjects(person.name, site.token), {
        seconds: 600,
        every: 5_000,
      });
      await site.programs.putAtProvider(person.name, ["after the power cut"]);
      await site.inInbox("after the power cut", 300);
    });

    test("when the stack is destroyed: another one, put up while policies come late, adopts the volume with the mail", async () => {
      const before = await site.programs.subjects(person.name, site.token);
      await site.live.stack.destroy();
      await site.live.stack.setConfig("kubernetes:upsertExistingObjects", { value: "true" });
      await site.node?.setPolicyDelay(6_000); // the first moments of every pod at once
      try {
        await site.up();
      } finally {
        await site.node?.setPolicyDelay(0);
      }
      await site.live.stack.removeConfig("kubernetes:upsertExistingObjects");
      const after = await eventually("the inbox opens", async () => site.programs.subjects(person.name, site.token), {
        seconds: 420,
      });
      expect(before.filter((subject) => !after.includes(subject))).toEqual([]);
    });
  });
}
