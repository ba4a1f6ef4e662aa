import { type PlanArgs, plan } from "../../../../components/mailserver/plan";
import { sampleMailbox } from "../../../support/sample";
import { aliasesOf, objectsOf, samplePlan, settingOf } from "./plans";

const account = (args: PlanArgs, name: string) => objectsOf(args, "Account").find((a) => a.name === name);

describe("people's accounts", () => {
  const family = [
    sampleMailbox("alpar", { admin: true, aliases: ["boss"], displayName: "Alpár" }),
    sampleMailbox("kinga"),
    sampleMailbox("service"),
  ];

  it("makes admins of those who are marked, and of nobody else", () => {
    const args = samplePlan({ mailboxes: family });
    expect(account(args, "alpar").roles).toEqual({ "@type": "Admin" });
    expect(account(args, "kinga").roles).toEqual({ "@type": "User" });
  });

  it("shows the display name", () => {
    expect(account(samplePlan({ mailboxes: family }), "alpar").description).toBe("Alpár");
  });

  it("takes the last alias away when it leaves the configuration", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("zoe", { aliases: [] }), ...family] });
    expect(account(args, "zoe").aliases).toEqual({});
  });

  it("delivers postmaster's and the relay account's mail to the first admin", () => {
    const args = samplePlan({ mailboxes: family, relay: { username: "Robot@newjoy.ro" } as never });
    expect(aliasesOf(args, "alpar")).toEqual(["boss", "postmaster", "robot"]);
    expect(aliasesOf(args, "kinga")).toEqual([]);
  });

  it("delivers them to the first mailbox when nobody is admin", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("zoe"), sampleMailbox("kinga")] });
    expect(aliasesOf(args, "kinga")).toEqual(["postmaster", "service"]);
    expect(aliasesOf(args, "zoe")).toEqual([]);
  });

  it("leaves postmaster to whoever has it", () => {
    const args = samplePlan({ mailboxes: [...family, sampleMailbox("zoe", { aliases: ["postmaster"] })] });
    expect(aliasesOf(args, "alpar")).toEqual(["boss"]);
    expect(aliasesOf(args, "zoe")).toEqual(["postmaster"]);
  });

  it("claims no address of a relay account in another domain", () => {
    const args = samplePlan({ mailboxes: family, relay: { username: "robot@example.org" } as never });
    expect(aliasesOf(args, "alpar")).toEqual(["boss", "postmaster"]);
  });

  it("serves a mailbox that is called `domain` like any other", () => {
    const args = samplePlan({ mailboxes: [sampleMailbox("domain"), sampleMailbox("certificate")] });
    expect(objectsOf(args, "Account").map(({ name, domainId }) => [name, domainId])).toEqual([
      ["certificate", "#domain"],
      ["domain", "#domain"],
    ]);
    expect(Object.keys(plan(args).find(({ object }) => object === "Account")?.value ?? {})).not.toContain("domain");
  });

  it("refuses the sign-in tokens of other apps", () => {
    const args = samplePlan({ identity: { issuer: "https://id.example.org", name: "Our ID", clientId: "mail" } });
    expect(settingOf(args, "Directory")).toMatchObject({
      "@type": "Oidc",
      description: "Our ID",
      issuerUrl: "https://id.example.org",
      requireAudience: "mail",
      claimUsername: "email",
      requireScopes: { openid: true, email: true },
    });
    expect(settingOf(args, "Authentication").directoryId).toBe("#directory");
  });

  it("lets a family have more than five app passwords each", () => {
    expect(settingOf(samplePlan(), "Authentication").maxAppPasswords).toBeGreaterThanOrEqual(50);
  });
});
