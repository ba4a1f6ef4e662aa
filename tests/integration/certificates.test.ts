import { sleep } from "../support/wait";
import { Findings } from "./support/docs";
import { Harness } from "./support/harness";
import { message } from "./support/messages";
import { IMAP_HOST } from "./support/provider";
import { arrived, emptied, ready, trouble } from "./support/waits";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.create();
});
afterAll(() => harness.destroy());

const findings = new Findings("certificates");
afterAll(() => findings.publish());

test.concurrent.each([
  ["of another CA", () => harness.ca.selfSigned(IMAP_HOST)],
  ["that has expired", () => harness.ca.expired(IMAP_HOST)],
  ["for another name", () => harness.ca.issue("imap.elsewhere.test")],
] as const)(
  "a certificate %s: no password goes out, the reason shows, a good one fixes it",
  async (kind, certificate) => {
    const fetcher = await harness.fetcher({ faultyProxy: true, start: false, certificate: certificate() });
    await fetcher.inject([message(`certificate ${kind}`)]);
    fetcher.pod.start();
    await trouble(fetcher, /^INBOX: the provider's certificate is not accepted: /);
    await sleep(10_000);
    expect(fetcher.faultyProxy.logins).toBe(0);
    expect(await fetcher.account()).toMatchObject({ delivered: 0, atProvider: 1 });
    const settle = await findings.during(`its certificate is one ${kind}, until it is replaced`, fetcher);
    await fetcher.faultyProxy.useCertificate(harness.ca.issue(IMAP_HOST));
    await arrived(fetcher, 1);
    await emptied(fetcher);
    await settle();
  },
);

test.concurrent.each([
  ["of a custom CA that the stack trusts", { isPublic: false, customCAs: () => [harness.ca.pem] }],
  ["of a public CA, with a custom CA that the stack trusts as well", { customCAs: () => [harness.otherCa.pem] }],
] as const)("a certificate %s is accepted", async (_kind, { customCAs, ...options }) => {
  const fetcher = await harness.fetcher({ ...options, customCAs: customCAs() });
  await fetcher.inject([message("trusted")]);
  await arrived(fetcher, 1);
  await ready(fetcher);
  await emptied(fetcher);
});

test.concurrent("a certificate of a custom CA that the stack does not trust is refused", async () => {
  const fetcher = await harness.fetcher({ isPublic: false, customCAs: [harness.otherCa.pem], start: false });
  await fetcher.inject([message("untrusted")]);
  fetcher.pod.start();
  await trouble(fetcher, /^INBOX: the provider's certificate is not accepted: /);
  expect(await fetcher.account()).toMatchObject({ delivered: 0, atProvider: 1 });
});
