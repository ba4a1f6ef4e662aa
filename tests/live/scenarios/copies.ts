import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { person, stackNamespace, worldNamespace } from "../../rig/environment/names";
import { Workload } from "../../rig/environment/workload";
import { eventually } from "../../support/wait";
import { actAs } from "../support/administrator";
import { addressOf } from "../support/mail";
import type { Site } from "../support/site";

const SCRIPT = path.join(__dirname, "..", "..", "..", "scripts", "plain-copy.sh");

/** scripts/plain-copy.sh, as docs/how-to/backup.md and restore.md tell to run it. */
export function copyPromises(site: Site): void {
  describe("a plain copy", () => {
    const copy = async (what: "save" | "restore"): Promise<void> => {
      const { command, kubeconfig } = site.live.kubectl;
      const env = { ...process.env, KUBECTL: command, KUBECONFIG: kubeconfig };
      await promisify(execFile)("bash", [SCRIPT, what, path.join(site.folder, "copy"), stackNamespace], { env });
      await site.mailServer.back();
      await eventually("the mail server takes connections", () => site.programs.certificate());
      await new Workload(site.live.client, stackNamespace, "roundcube").back();
    };
    const accounts = (): Promise<unknown> => actAs(site, undefined, "x:Account/get", { ids: null });

    test("that is put back brings the mail, the accounts and the app passwords of its day", async () => {
      await site.probe({ namespace: worldNamespace, name: "probe" });
      const made = (await actAs(site, person.name, "x:AppPassword/set", {
        create: { device: { description: "iPhone" } },
      })) as { created: { device: { id: string; secret: string } } };
      const { id, secret } = made.created.device;
      const mail = await site.programs.opens(person.name, secret);
      const people = await accounts();
      expect(mail).toContain("Welcome to your mail at home");
      await copy("save");

      await actAs(site, person.name, "x:AppPassword/set", { destroy: [id] });
      expect(await site.programs.opens(person.name, secret)).toMatch(/AUTHENTICATIONFAILED|[Aa]uthentication/);
      const later = { from: addressOf("service"), to: addressOf(person.name), subject: "after the copy" };
      expect(await site.programs.relay(later)).toBe("sent");
      await site.inInbox(later.subject);
      await copy("restore");
      expect(await site.programs.opens(person.name, secret)).toEqual(mail);
      expect(await accounts()).toEqual(people);
      await site.kill(worldNamespace, "probe");
    });
  });
}
