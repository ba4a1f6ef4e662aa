import { tlsSecret } from "../../rig/environment/build";
import { hosts, stackNamespace } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import type { LiveFixture } from "../support/fixture";
import { addressOf } from "../support/mail";

const FIELD_MANAGER = "?fieldManager=homelab-mail-sandbox&force=true";

export function changeScenarios(fixture: LiveFixture): void {
  describe("a change", () => {
    let certificate = "";
    let renewedAt = 0;
    beforeAll(async () => {
      certificate = await fixture.programs.certificate();
      const renewed = tlsSecret("family-tls", stackNamespace, fixture.live.ca, hosts.mail, hosts.webmail);
      await fixture.live.client.apply(renewed, FIELD_MANAGER);
      renewedAt = performance.now();
    });

    test("a change of the provider's password reaches the fetcher without a restart", async () => {
      const before = await fixture.pods();
      await fixture.live.environment.provider.setPassword("alpar", "another-password");
      await fixture.set("mailboxes.alpar.password", "another-password", { secret: true });
      await fixture.up();
      await fixture.programs.putAtProvider("alpar", ["after the rotation"]);
      await eventually("it is delivered", async () => (await fixture.programs.undelivered("alpar")) === 0, {
        seconds: 240,
      });
      expect(await fixture.pods()).toEqual(before);
    });

    test("adding or removing a mailbox touches no other mailbox's pod, and settings that come late do no harm", async () => {
      const before = await fixture.pods();
      await fixture.node?.setPolicyDelay(6_000); // each new pod's address enters the rules seconds late
      try {
        await fixture.set("mailboxes.dora.address", addressOf("dora"));
        await fixture.set("mailboxes.dora.password", fixture.live.environment.provider.passwords.dora as string, {
          secret: true,
        });
        await fixture.up();
        const with_ = await fixture.pods();
        expect(with_["fetchmail-dora"]).toMatch(/restarts=0$/);
        expect({ ...with_, "fetchmail-dora": undefined }).toEqual({ ...before, "fetchmail-dora": undefined });
        await fixture.live.stack.removeConfig("mailboxes.dora", true);
        await fixture.up();
        await eventually("its pod is gone", async () => !("fetchmail-dora" in (await fixture.pods())));
        expect(await fixture.pods()).toEqual(before);
      } finally {
        await fixture.node?.setPolicyDelay(0);
      }
    });

    test("a wrong password ends the update in its time, with the mailbox's name and the reason, and everything else runs", async () => {
      await fixture.set("mailboxes.dora.address", addressOf("dora"));
      await fixture.set("mailboxes.dora.password", "wrong", { secret: true });
      const failure = await fixture.up().then(
        () => "",
        (error: Error) => error.message,
      );
      expect(failure).toContain("fetchmail-dora");
      expect(failure).toMatch(/INBOX: the provider refuses the login: .*(AUTHENTICATIONFAILED|authentication)/i);
      await fixture.live.stack.removeConfig("mailboxes.dora", true);
      await fixture.up();
    });

    test("a new certificate is served within the CronJob's period, and no restart is needed for it", async () => {
      const remaining = 420 - (performance.now() - renewedAt) / 1000; // five minutes, and what a kubelet takes
      await eventually("the new certificate", async () => (await fixture.programs.certificate()) !== certificate, {
        seconds: Math.max(30, remaining),
        every: 5_000,
      });
      expect((await fixture.pods()).stalwart).toMatch(/restarts=0$/);
    });
  });
}
