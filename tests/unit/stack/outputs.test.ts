import { deploy } from "../../support/deploy";

describe("the stack outputs", () => {
  it("the stack outputs have the URLs, the relay, the sign-in client and the addresses", async () => {
    const { outputs } = await deploy();
    expect(outputs).toMatchObject({
      webmailUrl: "https://webmail.newjoy.ro/",
      adminUrl: "https://mail.newjoy.ro/admin",
      relay: { host: "stalwart.stalwart-mail.svc.cluster.local", port: 25 },
      identityClient: {
        clientId: "stalwart-webui",
        redirectUris: expect.arrayContaining(["https://webmail.newjoy.ro/index.php/login/oauth"]),
      },
    });
    expect((outputs.mailboxes as { address: string }[]).map((m) => m.address)).toEqual([
      "alpar@newjoy.ro",
      "kinga@newjoy.ro",
      "service@newjoy.ro",
    ]);
  });
});
