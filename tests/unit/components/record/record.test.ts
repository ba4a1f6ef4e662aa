import * as pulumi from "@pulumi/pulumi";
import { UpdateGuard } from "../../../../components/record";
import { type MailRecord, refusedChanges } from "../../../../components/record/changes";
import { deploy, threeMailboxes } from "../../../support/deploy";
import { type Recorded, settled, startRecording, update } from "../../../support/recorder";

const record: MailRecord = {
  domain: "newjoy.ro",
  namespace: "stalwart-mail",
  accounts: { kinga: "kinga.secret", alpar: "alpar" },
};

describe("changes that would hide mail", () => {
  it("no mail is hidden when nothing changed, or when a mailbox was added, removed or renamed", () => {
    const { kinga, ...others } = record.accounts;
    for (const accounts of [
      record.accounts,
      { ...record.accounts, dora: "dora" },
      others,
      { ...others, kati: "kinga" },
    ]) {
      expect(refusedChanges(record, { ...record, accounts })).toEqual([]);
    }
    expect(kinga).toBeDefined();
  });

  it("another domain or namespace would hide mail, and each is reported with how to undo it", () => {
    expect(refusedChanges(record, { ...record, domain: "example.org" })).toEqual([
      expect.stringContaining("pulumi config set domain newjoy.ro"),
    ]);
    expect(refusedChanges(record, { ...record, namespace: "mail" })).toEqual([
      expect.stringContaining("pulumi config set namespace stalwart-mail"),
    ]);
    expect(refusedChanges(record, { ...record, domain: "example.org", namespace: "mail" })).toHaveLength(2);
    // The addresses follow the domain, so a mailbox of its own domain is no mistake of its own.
    expect(refusedChanges(record, { ...record, domain: "example.org", accounts: { kinga: "k" } })).toHaveLength(1);
  });

  it("another address of a mailbox would hide mail, and the message shows no address", () => {
    const [text, ...more] = refusedChanges(record, { ...record, accounts: { kinga: "kinga.new", alpar: "alpar" } });
    expect(more).toEqual([]);
    expect(text).toContain("mailboxes.kinga.address");
    expect(text).toContain("pulumi config set --secret --path mailboxes.kinga.account");
    expect(text).not.toMatch(/kinga\.secret|kinga\.new/);
  });
});

describe("the record of where mail is", () => {
  it("the record of where mail is stored is secret, and holds nothing else of the configuration", async () => {
    const recorder = await startRecording();
    const more = { ...record, password: "not to be kept" };
    const { passed } = new UpdateGuard("update-guard", more);
    await settled();
    const stash = recorder.resources.find(({ type }) => type === "pulumi:index:Stash");
    expect(stash?.inputs.input).toEqual(record);
    expect(stash?.secretPaths).toEqual(["input"]);
    expect(pulumi.CustomResource.isInstance(passed)).toBe(true);
  });

  it("a preview that would hide mail fails, and no other", async () => {
    const recorder = await startRecording();
    new UpdateGuard("update-guard", record);
    await settled();
    const stash = recorder.resources.find(({ type }) => type === "pulumi:index:Stash") as Recorded;
    const preview = (after: MailRecord) =>
      update(stash, { oldInputs: { input: pulumi.secret(record) }, newInputs: { input: pulumi.secret(after) } });
    await preview(record);
    await expect(preview({ ...record, domain: "example.org" })).rejects.toThrow(
      /would hide mail:\n {2}domain: it was newjoy\.ro, .*\n {2}docs\/how-to\/move\.md has the ways/,
    );
  });

  it("the message about hidden mail names the account that a mailbox had before its address changed", async () => {
    const kinga = { password: "S3cret", address: "kinga.new", account: "kinga" };
    const { recorder } = await deploy({ ...threeMailboxes, mailboxes: { kinga, alpar: { password: "S3cret" } } });
    const stash = recorder.resources.find(({ type }) => type === "pulumi:index:Stash");
    expect(stash?.inputs.input.accounts).toEqual({ kinga: "kinga", alpar: "alpar" });
    const moved = await deploy({ ...threeMailboxes, mailboxes: { kinga: { ...kinga, account: "first" } } });
    const other = moved.recorder.resources.find(({ type }) => type === "pulumi:index:Stash");
    expect(other?.inputs.input.accounts).toEqual({ kinga: "first" });
  });

  it("the record of where mail is stored is compared before any other object is changed", async () => {
    const { recorder } = await deploy({
      ...threeMailboxes,
      identity: { apiKey: "key", issuer: "https://auth.newjoy.ro" },
    });
    const stash = recorder.resources.find(({ type }) => type === "pulumi:index:Stash");
    const waiting = recorder.resources.filter(
      ({ inputs, type }) => inputs.metadata?.namespace || type.includes("dynamic"),
    );
    expect(waiting.length).toBeGreaterThan(20);
    for (const resource of waiting) expect([...recorder.upstream(resource)]).toContain(stash?.urn);
  });
});
