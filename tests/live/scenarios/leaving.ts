import { worldNamespace } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { actAs } from "../support/administrator";
import { addressOf } from "../support/mail";
import type { Site } from "../support/site";

const NAME = "dora";

export function leavingPromises(site: Site): void {
  describe("someone who leaves", () => {
    const declare = async (): Promise<void> => {
      await site.set(`mailboxes.${NAME}.address`, addressOf(NAME));
      await site.set(`mailboxes.${NAME}.password`, site.live.world.provider.passwords[NAME] as string, {
        secret: true,
      });
      await site.up();
    };
    const leave = async (): Promise<void> => {
      await site.live.stack.removeConfig(`mailboxes.${NAME}`, true);
      await site.up();
    };
    /** A device's password, made as the administrator makes one in somebody's name. */
    const appPassword = async (): Promise<string> => {
      const made = await actAs(site, NAME, "x:AppPassword/set", { create: { device: { description: "iPhone" } } });
      return (made as { created: { device: { secret: string } } }).created.device.secret;
    };

    beforeAll(async () => {
      await site.probe({ namespace: worldNamespace, name: "probe" });
      await declare();
    });

    test("has no way in when the update ends, mail is still taken in, and old devices stay out after a return", async () => {
      const old = await appPassword();
      expect(await site.programs.opens(NAME, old)).toEqual(expect.any(Array));
      await leave();
      expect(await site.programs.opens(NAME, old)).toMatch(/AUTHENTICATIONFAILED|[Aa]uthentication/);
      expect(await actAs(site, NAME, "x:AppPassword/get", { ids: null })).toBe(401);
      const mail = { from: addressOf("service"), to: addressOf(NAME), subject: "after she left" };
      expect(await site.programs.relay(mail)).toBe("sent");
      expect(site.keptAtProvider(mail.subject)).toBeUndefined();

      await declare();
      expect(await site.programs.opens(NAME, old)).toMatch(/AUTHENTICATIONFAILED|[Aa]uthentication/);
      const fresh = await appPassword();
      await eventually("her mail is there", async () =>
        (await site.programs.opens(NAME, fresh)).includes(mail.subject),
      );
    });

    afterAll(async () => {
      await leave();
      await site.kill(worldNamespace, "probe");
    });
  });
}
