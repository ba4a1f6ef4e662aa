import * as pulumi from "@pulumi/pulumi";
import { listenersHash } from "../../../../components/mailserver/listeners";
import type { StackConfig } from "../../../../config/types";
import { sampleConfig, sampleMailbox } from "../../../support/sample";
import { type Deployed, deploy, deployment, job, patch, touched } from "./deployed";

/** What applies the settings: these follow every change of them. */
const SETTINGS = [
  "Job/stalwart-reload",
  "Job/stalwart-settings",
  "Secret/stalwart-settings",
  "Secret/stalwart-settings-plan",
];
/** Who has an account: a change of it does not wait until the server takes the settings. */
const ACCOUNTS = "Secret/stalwart-accounts";

let sample: Deployed;
beforeAll(async () => {
  sample = await deploy();
});

describe("the mail server keeps running", () => {
  const kinga = sampleMailbox("kinga");
  const alpar = sampleMailbox("alpar", { admin: true });

  it.each<[string, Partial<StackConfig>]>([
    ["when a mailbox is added", { mailboxes: [alpar, kinga, sampleMailbox("service"), sampleMailbox("zoe")] }],
    ["when a mailbox is taken out", { mailboxes: [alpar, sampleMailbox("service")] }],
  ])("the mail server keeps running %s", async (_name, change) => {
    expect(touched(sample, await deploy(change))).toEqual([...SETTINGS, ACCOUNTS, "Secret/migadu-smtp-logins"].sort());
  });

  it.each<[string, Partial<StackConfig>]>([
    ["when an alias is added", { mailboxes: [alpar, { ...kinga, aliases: ["ki"] }, sampleMailbox("service")] }],
    ["when somebody becomes admin", { mailboxes: [alpar, { ...kinga, admin: true }, sampleMailbox("service")] }],
    [
      "when somebody's Junk is fetched",
      { mailboxes: [alpar, { ...kinga, folders: ["INBOX", "Junk"] }, sampleMailbox("service")] },
    ],
    [
      "when the provider's SMTP server moves",
      {
        provider: { imap: { host: "i", port: 1 }, smtp: { host: "s", port: 465 }, others: "relay", largestMessage: 40 },
      },
    ],
    ["when another network may relay", { cluster: { networks: ["10.42.0.0/16"], relayNamespaces: [] } }],
  ])("the mail server keeps running %s", async (_name, change) => {
    expect(touched(sample, await deploy(change))).toEqual(SETTINGS);
  });

  it("the mail server keeps running when the identity provider moves, and its next start gets the new address", async () => {
    const moved = await deploy({ identity: { ...sampleConfig().identity, issuer: "https://id.example.org" } });
    expect(touched(sample, moved)).toEqual(["ConfigMap/stalwart-config", ...SETTINGS]);
  });

  it("the mail server keeps running when the relay's password is rotated, which changes one Secret and nothing else", async () => {
    const rotated = await deploy({ relay: { ...sampleConfig().relay, password: pulumi.secret("another-password") } });
    expect(touched(sample, rotated)).toEqual(["Secret/migadu-smtp-credentials"]);
  });

  it("each change of the settings makes a new Secret, and none changes under a running Job", async () => {
    const changed = await deploy({ mailboxes: [alpar] });
    const name = ({ recorder }: Deployed): string => job(recorder, "stalwart-settings").inputs.metadata.name;
    expect(name(changed)).not.toBe(name(sample));
    for (const { recorder } of [sample, changed]) {
      const hash = job(recorder, "stalwart-settings").inputs.metadata.name.replace("stalwart-settings-", "");
      expect(hash).toMatch(/^[0-9a-f]{10}$/);
      expect(recorder.object("Secret", `stalwart-settings-${hash}`).inputs.immutable).toBe(true);
      expect(job(recorder, "stalwart-reload").inputs.metadata.name).toBe(`stalwart-reload-${hash}`);
    }
  });
});

describe("the mail server restarts", () => {
  it("new listeners restart the mail server through the patch alone: the Deployment has no hash of them", () => {
    const { recorder } = sample;
    expect(patch(recorder).inputs.spec).toEqual({
      template: { metadata: { annotations: { "homelab-mail/listeners": listenersHash() } } },
    });
    expect(JSON.stringify(deployment(recorder).inputs)).not.toContain("homelab-mail/listeners");
    expect(patch(recorder).inputs.metadata).toMatchObject({ name: "stalwart", namespace: "stalwart-mail" });
  });

  it("another administrator password restarts the mail server, which reads it at start only", async () => {
    const first = await deploy({ admin: { password: pulumi.secret("first-admin-password") } });
    const second = await deploy({ admin: { password: pulumi.secret("second-admin-password") } });
    expect(touched(first, second)).toEqual(["Deployment/stalwart", "Secret/stalwart-admin"]);
    expect(JSON.stringify(deployment(first.recorder).inputs)).not.toMatch(/admin-password"/);
  });

  it("a restart of the mail server leaves one process on the volume at any time, and time to close its store", () => {
    const { spec } = deployment(sample.recorder).inputs;
    expect(spec.strategy).toEqual({ type: "Recreate" });
    expect(spec.replicas).toBe(1);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBe(60);
  });

  it("the mail server is not restarted before the stack is destroyed", () => {
    expect(patch(sample.recorder).retainOnDelete).toBe(true);
  });
});
