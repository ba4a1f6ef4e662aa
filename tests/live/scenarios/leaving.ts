import { environmentNamespace } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { actAs } from "../support/administrator";
import type { LiveFixture } from "../support/fixture";
import { addressOf, answerTo, refusedPassword } from "../support/mail";

const NAME = "dora";

export function leavingScenarios(fixture: LiveFixture): void {
  describe("someone who leaves", () => {
    const declare = async (): Promise<void> => {
      await fixture.set(`mailboxes.${NAME}.address`, addressOf(NAME));
      await fixture.set(`mailboxes.${NAME}.password`, fixture.live.environment.provider.passwords[NAME] as string, {
        secret: true,
      });
      await fixture.up();
    };
    const leave = async (): Promise<void> => {
      await fixture.live.stack.removeConfig(`mailboxes.${NAME}`, true);
      await fixture.up();
    };
    /** A device's password, made as the administrator makes one in somebody's name. */
    const appPassword = async (): Promise<string> => {
      const made = await actAs(fixture, NAME, "x:AppPassword/set", { create: { device: { description: "iPhone" } } });
      return (made as { created: { device: { secret: string } } }).created.device.secret;
    };

    beforeAll(async () => {
      await fixture.probe({ namespace: environmentNamespace, name: "probe" });
      await declare();
    });

    test("a user who leaves has no access when the update ends, mail is still accepted, and old devices stay out after a return", async () => {
      const old = await appPassword();
      expect(await fixture.programs.opens(NAME, old)).toEqual(expect.any(Array));
      await leave();
      expect(await answerTo(() => fixture.programs.opens(NAME, old))).toMatch(refusedPassword);
      expect(await actAs(fixture, NAME, "x:AppPassword/get", { ids: null })).toBe(401);
      const mail = { from: addressOf("service"), to: addressOf(NAME), subject: "after she left" };
      expect(await fixture.programs.relay(mail)).toBe("sent");
      expect(fixture.keptAtProvider(mail.subject)).toBeUndefined();

      await declare();
      expect(await answerTo(() => fixture.programs.opens(NAME, old))).toMatch(refusedPassword);
      const fresh = await appPassword();
      await eventually("her mail is there", async () =>
        (await fixture.programs.opens(NAME, fresh)).includes(mail.subject),
      );
    });

    afterAll(async () => {
      await leave();
      await fixture.kill(environmentNamespace, "probe");
    });
  });
}
