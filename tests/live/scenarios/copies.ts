import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { environmentNamespace, stackNamespace, testUser } from "../../rig/environment/names";
import { Workload } from "../../rig/environment/workload";
import { eventually } from "../../support/wait";
import { actAs } from "../support/administrator";
import type { LiveFixture } from "../support/fixture";
import { addressOf, answerTo, refusedPassword } from "../support/mail";

const SCRIPT = path.join(__dirname, "..", "..", "..", "scripts", "plain-copy.sh");

/** scripts/plain-copy.sh, as docs/how-to/backup.md and restore.md tell to run it. */
export function copyScenarios(fixture: LiveFixture): void {
  describe("a plain copy", () => {
    const copy = async (what: "save" | "restore"): Promise<void> => {
      const { command, kubeconfig } = fixture.live.kubectl;
      const env = { ...process.env, KUBECTL: command, KUBECONFIG: kubeconfig };
      await promisify(execFile)("bash", [SCRIPT, what, path.join(fixture.folder, "copy"), stackNamespace], { env });
      await fixture.mailServer.start();
      await eventually("the mail server takes connections", () => fixture.programs.certificate());
      await new Workload(fixture.live.client, stackNamespace, "roundcube").start();
    };
    const accounts = (): Promise<unknown> => actAs(fixture, undefined, "x:Account/get", { ids: null });

    test("a plain copy that is put back brings the mail, the accounts and the app passwords of its day", async () => {
      await fixture.probe({ namespace: environmentNamespace, name: "probe" });
      const made = (await actAs(fixture, testUser.name, "x:AppPassword/set", {
        create: { device: { description: "iPhone" } },
      })) as { created: { device: { id: string; secret: string } } };
      const { id, secret } = made.created.device;
      const mail = await fixture.programs.opens(testUser.name, secret);
      const accountsBefore = await accounts();
      expect(mail).toContain("Welcome to your mail at home");
      await copy("save");

      await actAs(fixture, testUser.name, "x:AppPassword/set", { destroy: [id] });
      expect(await answerTo(() => fixture.programs.opens(testUser.name, secret))).toMatch(refusedPassword);
      const later = { from: addressOf("service"), to: addressOf(testUser.name), subject: "after the copy" };
      expect(await fixture.programs.relay(later)).toBe("sent");
      await fixture.inInbox(later.subject);
      await copy("restore");
      expect(await fixture.programs.opens(testUser.name, secret)).toEqual(mail);
      expect(await accounts()).toEqual(accountsBefore);
      await fixture.kill(environmentNamespace, "probe");
    });
  });
}
