import { secret } from "@pulumi/pulumi";
import { sampleSource } from "../support/sample";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { IMAP_HOST } from "./support/provider";
import { arrived, ready } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

test("mail of an old account arrives beside the provider's, and one with a wrong password does not hold it up", async () => {
  const [old, wrong] = ["old@example.net", "closed@example.net"];
  await harness.provider.account(old, "old password");
  await harness.provider.account(wrong, "another password");
  await harness.provider.inject(old, [message("from-the-old-account"), message("one-more")]);
  const at = { imap: { host: IMAP_HOST, port: 993 } };
  const fetcher = await harness.fetcher({
    mailbox: {
      name: "mover",
      sources: [
        sampleSource("closed", { ...at, user: secret(wrong), password: secret("not it"), retention: 0 }),
        sampleSource("password", { ...at, user: secret(old), password: secret("old password") }),
      ],
    },
  });
  await fetcher.inject([message("from-the-provider")]);
  await arrived(fetcher, 3);
  await ready(fetcher);
  const { body } = await fetcher.pod.page("/metrics");
  expect(body).toMatch(/fetchmail_source_delivered_total\{mailbox="mover",source="password",folder="INBOX"\} 2/);
  expect(body).toMatch(/fetchmail_delivered_total\{mailbox="mover",folder="INBOX"\} 1/);
  expect(body).toMatch(/fetchmail_source_login_refused\{mailbox="mover",source="closed",folder="INBOX"\} 1/);
  expect(fetcher.pod.log).toContain("closed INBOX: the provider refuses the login");
  const left = await harness.provider.remaining(old);
  expect(left.get("INBOX") ?? []).toHaveLength(0);
  expect([...left].filter(([folder]) => folder.includes("Fetcher-Kept")).flatMap(([, all]) => all)).toHaveLength(2);
});
