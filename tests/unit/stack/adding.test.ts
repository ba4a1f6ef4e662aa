import { type Deployed, deploy, threeMailboxes } from "../../support/deploy";

describe("adding a mailbox", () => {
  const mailboxes = threeMailboxes.mailboxes as Record<string, unknown>;
  const byName = (deployed: Deployed): Map<string, string> =>
    new Map(
      deployed.recorder.resources.map((r) => [
        `${r.type} ${r.inputs.metadata?.name ?? r.name}`,
        JSON.stringify(r.inputs),
      ]),
    );

  it("adding a mailbox adds its fetcher and new settings, and changes no other workload", async () => {
    const before = byName(await deploy());
    const after = byName(
      await deploy({ ...threeMailboxes, mailboxes: { ...mailboxes, anna: { password: "S3cret-anna" } } }),
    );
    const kindOf = (key: string): string => key.replace(/^kubernetes:.*:/, "").replace(/-[0-9a-f]{10}$/, "-<hash>");
    const added = [...after.keys()].filter((key) => !before.has(key)).map(kindOf);
    const changed = [...after]
      .filter(([key, value]) => before.has(key) && before.get(key) !== value)
      .map(([key]) => kindOf(key));
    expect(added.sort()).toEqual([
      "Deployment fetchmail-anna",
      "Job stalwart-reload-<hash>",
      "Job stalwart-settings-<hash>",
      "Secret stalwart-settings-<hash>",
    ]);
    expect(changed.sort()).toEqual([
      "Secret migadu-fetch-credentials",
      "Secret migadu-smtp-logins",
      "Secret roundcube-identities",
      "Secret stalwart-accounts",
      "Secret stalwart-emails",
      "Secret stalwart-settings",
      "pulumi:index:Stash mail-record", // in the state only
    ]);
  });
});
