import { secret } from "@pulumi/pulumi";
import { sampleSource } from "../support/sample";
import { Rig } from "./support/harness";
import { message } from "./support/messages";
import { IMAP_HOST } from "./support/provider";
import { arrived, ready } from "./support/waits";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.create();
});
afterAll(() => rig.destroy());

test("mail of an old account arrives beside the provider's, and one with a wrong password does not hold it up", async () => {
  const [old, wrong] = ["old@example.net", "closed@example.net"];
  await rig.provider.account(old, "old password");
  await rig.provider.account(wrong, "another password");
  await rig.provider.inject(old, [message("from-the-old-account"), message("one-more")]);
  const at = { imap: { host: IMAP_HOST, port: 993 } };
  const station = await rig.station({
    mailbox: {
      name: "mover",
      sources: [
        sampleSource("closed", { ...at, user: secret(wrong), password: secret("not it"), retention: 0 }),
        sampleSource("password", { ...at, user: secret(old), password: secret("old password") }),
      ],
    },
  });
  await station.inject([message("from-the-provider")]);
  await arrived(station, 3);
  await ready(station);
  const { body } = await station.pod.page("/metrics");
  expect(body).toMatch(/fetchmail_source_delivered_total\{mailbox="mover",source="password",folder="INBOX"\} 2/);
  expect(body).toMatch(/fetchmail_delivered_total\{mailbox="mover",folder="INBOX"\} 1/);
  expect(body).toMatch(/fetchmail_source_login_refused\{mailbox="mover",source="closed",folder="INBOX"\} 1/);
  expect(station.pod.log).toContain("closed INBOX: the provider refuses the login");
  const left = await rig.provider.remaining(old);
  expect(left.get("INBOX") ?? []).toHaveLength(0);
  expect([...left].filter(([folder]) => folder.includes("Fetcher-Kept")).flatMap(([, all]) => all)).toHaveLength(2);
});
