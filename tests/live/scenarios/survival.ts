import { readFileSync } from "node:fs";
import { type Ask, asker } from "../../rig/environment/https";
import { environmentNamespace, hosts, stackNamespace, testUser } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { actAs } from "../support/administrator";
import type { LiveFixture } from "../support/fixture";
import { MailProgram } from "../support/mail";

export function survivalScenarios(fixture: LiveFixture): void {
  const webmail: Ask = (...question) =>
    asker(`https://${hosts.webmail}`, {
      at: { host: "127.0.0.1", port: fixture.live.browser.ingress },
      ca: readFileSync(fixture.live.ca.cert, "utf8"),
    })(...question);

  describe("nothing is lost", () => {
    test("nothing is lost when the mail server is killed while 300 messages are fetched", async () => {
      const subjects = Array.from({ length: 300 }, (_, n) => `drain ${n}`);
      await fixture.programs.putAtProvider(testUser.name, subjects);
      for (let kill = 0; kill < 2; kill++) {
        const victim = await fixture.readyMailServer();
        await fixture.kill(stackNamespace, victim.metadata.name);
        await eventually("another one is ready", async () => {
          const { metadata } = await fixture.readyMailServer();
          return metadata.uid !== victim.metadata.uid;
        });
      }
      // An empty inbox at the provider says nothing: what is on its way lies in the fetcher's outbox.
      await eventually(
        "all of it is in the inbox",
        async () => {
          const there = await fixture.programs.subjects(testUser.name, fixture.token);
          const missing = subjects.filter((subject) => !there.includes(subject));
          if (missing.length === 0) return true;
          const left = await fixture.programs.undelivered(testUser.name);
          throw new Error(`missing: ${missing.join(", ")}; at the provider, undelivered: ${left}`);
        },
        { seconds: 600, every: 1_000 },
      );
      await eventually(
        "nothing is left at the provider",
        async () => (await fixture.programs.undelivered(testUser.name)) === 0,
      );
    });

    test("nothing is lost when the power fails and everything comes back in the worst order: the stack recovers by itself within ten minutes", async () => {
      await fixture.probe({ namespace: environmentNamespace, name: "probe" });
      const { created } = (await actAs(fixture, testUser.name, "x:AppPassword/set", {
        create: { device: { description: "iPhone" } },
      })) as { created: { device: { secret: string } } };
      await fixture.kill(environmentNamespace, "probe");
      await fixture.powerCut();
      const after = await fixture.probe({ ...fixture.app, name: "after" });
      fixture.programs = new MailProgram(fixture.live, after);

      // The issuer is still missing: what needs nobody's sign-in goes on, and nothing else does.
      await fixture.programs.putAtProvider(testUser.name, ["without an issuer"]);
      await eventually(
        "a device opens the mail that has come since",
        async () => {
          const mail = await fixture.programs.opens(testUser.name, created.device.secret);
          return mail.includes("without an issuer");
        },
        { seconds: 300, every: 2_000 },
      );
      const { issuer } = fixture.live.environment;
      if (issuer) {
        expect(await fixture.programs.refusal(testUser.name, fixture.token)).not.toBe("");
        await eventually("the webmail says that nobody can sign in", async () => {
          const { status, body } = await webmail("GET", "/");
          return status === 503 && body.includes("Signing in is not possible right now");
        });
        await issuer.start();
        await eventually("the webmail signs users in again", async () => (await webmail("GET", "/")).status < 400);
      }
      await eventually(
        "mail is opened by a token again",
        async () => fixture.programs.subjects(testUser.name, fixture.token),
        {
          seconds: 600,
          every: 5_000,
        },
      );
      await fixture.programs.putAtProvider(testUser.name, ["after the power cut"]);
      await fixture.inInbox("after the power cut", 300);
    });

    test("nothing is lost when the stack is destroyed: another one, deployed while policies come late, adopts the volume with the mail", async () => {
      const before = await fixture.programs.subjects(testUser.name, fixture.token);
      await fixture.live.stack.destroy();
      await fixture.live.stack.setConfig("kubernetes:upsertExistingObjects", { value: "true" });
      await fixture.node?.setPolicyDelay(6_000); // the first moments of every pod at once
      try {
        await fixture.up();
      } finally {
        await fixture.node?.setPolicyDelay(0);
      }
      await fixture.live.stack.removeConfig("kubernetes:upsertExistingObjects");
      const after = await eventually(
        "the inbox opens",
        async () => fixture.programs.subjects(testUser.name, fixture.token),
        {
          seconds: 420,
        },
      );
      expect(before.filter((subject) => !after.includes(subject))).toEqual([]);
    });
  });
}
