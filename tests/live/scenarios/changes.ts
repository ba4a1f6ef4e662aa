import { tlsSecret } from "../../rig/environment/build";
import { hosts, stackNamespace } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { addressOf } from "../support/mail";
import type { Site } from "../support/site";

const FIELD_MANAGER = "?fieldManager=homelab-mail-sandbox&force=true";

export function changePromises(site: Site): void {
  describe("a change", () => {
    let certificate = "";
    let renewedAt = 0;
    beforeAll(async () => {
      certificate = await site.programs.certificate();
      const renewed = tlsSecret("family-tls", stackNamespace, site.live.authority, hosts.mail, hosts.webmail);
      await site.live.client.apply(renewed, FIELD_MANAGER);
      renewedAt = performance.now();
    });

    test("of the provider's password reaches the fetcher without a restart", async () => {
      const before = await site.pods();
      await site.live.world.provider.setPassword("alpar", "another-password");
      await site.set("mailboxes.alpar.password", "another-password", { secret: true });
      await site.up();
      await site.programs.putAtProvider("alpar", ["after the rotation"]);
      await eventually("it is delivered", async () => (await site.programs.undelivered("alpar")) === 0, {
        seconds: 240,
      });
      expect(await site.pods()).toEqual(before);
    });

    test("that adds a mailbox, or removes it, touches nobody else's pod; settings that come late do no harm", async () => {
      const before = await site.pods();
      await site.node?.setPolicyDelay(6_000); // each new pod's address enters the rules seconds late
      try {
        await site.set("mailboxes.dora.address", addressOf("dora"));
        await site.set("mailboxes.dora.password", site.live.world.provider.passwords.dora as string, { secret: true });
        await site.up();
        const with_ = await site.pods();
        expect(with_["fetchmail-dora"]).toMatch(/restarts=0$/);
        expect({ ...with_, "fetchmail-dora": undefined }).toEqual({ ...before, "fetchmail-dora": undefined });
        await site.live.stack.removeConfig("mailboxes.dora", true);
        await site.up();
        await eventually("its pod is gone", async () => !("fetchmail-dora" in (await site.pods())));
        expect(await site.pods()).toEqual(before);
      } finally {
        await site.node?.setPolicyDelay(0);
      }
    });

    test("with a wrong password ends the update in its time, by name and with the reason, and all else is up", async () => {
      await site.set("mailboxes.dora.address", addressOf("dora"));
      await site.set("mailboxes.dora.password", "wrong", { secret: true });
      const failure = await site.up().then(
        () => "",
        (error: Error) => error.message,
      );
      expect(failure).toContain("fetchmail-dora");
      expect(failure).toMatch(/INBOX: the provider refuses the login: .*(AUTHENTICATIONFAILED|authentication)/i);
      await site.live.stack.removeConfig("mailboxes.dora", true);
      await site.up();
    });

    test("of the certificate is served within the CronJob's period, and no restart is needed for it", async () => {
      const patience = 420 - (performance.now() - renewedAt) / 1000; // five minutes, and what a kubelet takes
      await eventually("the new certificate", async () => (await site.programs.certificate()) !== certificate, {
        seconds: Math.max(30, patience),
        every: 5_000,
      });
      expect((await site.pods()).stalwart).toMatch(/restarts=0$/);
    });
  });
}
