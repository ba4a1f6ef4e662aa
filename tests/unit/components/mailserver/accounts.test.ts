import { type PlanArgs, plan } from "../../../../components/mailserver/plan";
import { declaredAccounts } from "../../../../components/mailserver/planAccounts";
import { sampleConfig, sampleMailbox } from "../../../support/sample";
import { aliasesOf, objectsOf, samplePlan, settingOf } from "./plans";

const account = (args: PlanArgs, name: string) => objectsOf(args, "Account").find((a) => a.name === name);

describe("users' accounts", () => {
  const family = [
    sampleMailbox("alpar", { admin: true, aliases: ["boss"], displayName: "Alpár" }),
    sampleMailbox("kinga"),
    sampleMailbox("service"),
  ];

  it("mailboxes that are marked as admin get the admin role, and no other mailbox does", () => {
    const args = samplePlan({ mailboxes: family });
    expect(account(args, "alpar").roles).toEqual({ "@type": "Admin" });
    expect(account(args, "kinga").roles).toEqual({ "@type": "User" });
  });

  it("an account has the configured display name", () => {
    expect(account(samplePlan({ mailboxes: family }), "alpar").description).toBe("Alpár");
  });

  it("local parts of accounts are written as the server stores them, so that the next run finds them again", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("zoe", { localPart: "Zo e", aliases: ["The Boss"] })] });
    expect(account(args, "zoe")).toBeDefined();
    expect(aliasesOf(args, "zoe")).toEqual(["theboss"]);
  });

  it("the last alias of an account is removed when it leaves the configuration", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("zoe", { aliases: [] }), ...family] });
    expect(account(args, "zoe").aliases).toEqual({});
  });

  it("postmaster's and the relay account's mail is kept when no mailbox has those addresses", () => {
    const args = samplePlan({ mailboxes: family, relay: { username: "Robot@NewJoy.ro" } as never });
    expect(aliasesOf(args, "homelab-mail")).toEqual(["postmaster"]);
    expect(account(args, "robot")).toMatchObject({ description: "Relay", roles: { "@type": "User" } });
    expect(aliasesOf(args, "alpar")).toEqual(["boss"]);
  });

  it("nobody signs in to postmaster's account or the relay's, whatever address they have at the identity provider", () => {
    const args = samplePlan({ mailboxes: family, relay: { username: "robot@newjoy.ro" } as never });
    const closed = objectsOf(args, "Account").filter(({ permissions }) => permissions !== undefined);
    expect(closed.map(({ name }) => name)).toEqual(["homelab-mail", "robot"]);
    for (const { permissions } of closed) {
      expect(permissions).toEqual({
        "@type": "Merge",
        enabledPermissions: {},
        disabledPermissions: { authenticate: true },
      });
    }
  });

  it("accounts that users sign in to are told from accounts that nobody signs in to", () => {
    const relay = { username: "robot@newjoy.ro" } as never;
    const of = (mailboxes: typeof family) => declaredAccounts(samplePlan({ mailboxes, relay }));
    expect(of(family)).toEqual({
      domain: "newjoy.ro",
      declared: ["alpar", "kinga", "service"],
      closed: ["homelab-mail", "robot"],
    });
    expect(of([...family, sampleMailbox("robot")])).toMatchObject({ closed: ["homelab-mail"] });
  });

  it("the addresses of postmaster and of the relay account belong to the mailbox that has them", () => {
    const args = samplePlan({ mailboxes: [...family, sampleMailbox("zoe", { aliases: ["postmaster"] })] });
    expect(aliasesOf(args, "zoe")).toEqual(["postmaster"]);
    expect(aliasesOf(args, "homelab-mail")).toEqual([]);
    expect(objectsOf(args, "Account").filter((a) => a.name === "service")).toEqual([account(args, "service")]);
  });

  it("removing any mailbox gives none of its addresses to another account", () => {
    // The account of a mailbox that left the configuration stays, with its addresses: none may be claimed by another.
    const before = samplePlan({ mailboxes: family });
    const addressesOf = (args: PlanArgs): Map<string, string> =>
      new Map(
        objectsOf(args, "Account").flatMap((a) =>
          [a.name, ...aliasesOf(args, a.name)].map((address) => [address, a.name]),
        ),
      );
    for (const gone of family) {
      const after = addressesOf(samplePlan({ mailboxes: family.filter((mailbox) => mailbox !== gone) }));
      for (const [address, owner] of addressesOf(before)) expect(after.get(address) ?? owner).toBe(owner);
    }
  });

  it("no account claims the address of a relay account in another domain", () => {
    const args = samplePlan({ mailboxes: family, relay: { username: "robot@example.org" } as never });
    expect(objectsOf(args, "Account").map((a) => a.name)).toEqual(["homelab-mail", "alpar", "kinga", "service"]);
  });

  it("a mailbox that is called `domain` is served like any other", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("domain"), sampleMailbox("certificate")] });
    expect(objectsOf(args, "Account").map(({ name, domainId }) => [name, domainId])).toEqual([
      ["homelab-mail", "#domain"],
      ["service", "#domain"],
      ["certificate", "#domain"],
      ["domain", "#domain"],
    ]);
    expect(Object.keys(plan(args).find(({ object }) => object === "Account")?.value ?? {})).not.toContain("domain");
  });

  it("the mail server refuses the sign-in tokens of other apps", () => {
    const args = samplePlan({
      identity: { ...sampleConfig().identity, issuer: "https://id.example.org", name: "Our ID", clientId: "mail" },
    });
    expect(settingOf(args, "Directory")).toMatchObject({
      "@type": "Oidc",
      description: "Our ID",
      issuerUrl: "https://id.example.org",
      requireAudience: "mail",
      claimUsername: "email",
      claimName: null, // a sign-in does not write over the configured name
      requireScopes: { openid: true, email: true },
    });
    expect(settingOf(args, "Authentication").directoryId).toBe("#directory");
  });

  it("each account may have more than five app passwords, enough for a family", () => {
    expect(settingOf(samplePlan(), "Authentication").maxAppPasswords).toBeGreaterThanOrEqual(50);
  });
});
