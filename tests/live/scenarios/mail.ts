import { testUser } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import type { LiveFixture } from "../support/fixture";
import { addressOf } from "../support/mail";

const FRIEND = "friend@elsewhere.test";

export function mailScenarios(fixture: LiveFixture): void {
  describe("mail", () => {
    test("mail that waited at the provider is in the inbox, which the user's token opens", async () => {
      await fixture.inInbox("Welcome to your mail at home");
    });

    test("a message from outside is in the inbox soon", async () => {
      await fixture.programs.putAtProvider(testUser.name, ["fresh"]);
      await fixture.inInbox("fresh");
    });

    test.each([465, 587] as const)(
      "a message sent with a token on port %d leaves through the provider, with the sender's own login",
      async (port) => {
        const subject = `out by ${port}`;
        const from = addressOf(testUser.name);
        expect(
          await fixture.programs.send({ token: fixture.token, user: testUser.name, from, to: FRIEND, subject, port }),
        ).toBe("sent");
        await eventually("it leaves", async () => fixture.left(subject));
        expect(fixture.left(subject)).toContain(`login ${from}`);
        await fixture.inInbox(`Re: ${subject}`); // and the answer comes back
      },
    );

    test("a message whose body the provider does not return stays there, later ones arrive, and it is delivered once it is returned", async () => {
      const { provider } = fixture.live.environment;
      await provider.injectFaults({ "body NIL": ["hollow"] });
      await fixture.programs.putAtProvider(testUser.name, ["hollow", "behind it"]);
      expect(await fixture.inInbox("behind it")).not.toContain("hollow");
      await provider.injectFaults({});
      await fixture.inInbox("hollow", 400);
    });

    test("a message with another user's sender address is refused", async () => {
      const answer = await fixture.programs.send({
        token: fixture.token,
        user: testUser.name,
        from: addressOf("alpar"),
        to: FRIEND,
        subject: "x",
        port: 465,
      });
      expect(answer).toMatch(/^50[13] /);
    });

    test("a mailbox is not opened by a modified token, and the refusal is not the network's", async () => {
      expect(await fixture.programs.refusal(testUser.name, `${fixture.token.slice(0, -8)}AAAAAAAA`)).toMatch(
        /AUTHENTICATIONFAILED|[Aa]uthentication/,
      );
    });

    test("mail of an app in another namespace leaves without a login, and reaches the users' mailboxes", async () => {
      expect(await fixture.programs.relay({ from: addressOf("service"), to: FRIEND, subject: "from an app" })).toBe(
        "sent",
      );
      await eventually("it leaves", async () => fixture.left("from an app"));
      expect(
        await fixture.programs.relay({
          from: addressOf("service"),
          to: addressOf(testUser.name),
          subject: "app at home",
        }),
      ).toBe("sent");
      await fixture.inInbox("app at home");
    });

    test("mail for an address that only the provider has goes there, and is not taken for a mailbox's here", async () => {
      expect(
        await fixture.programs.relay({ from: addressOf("service"), to: addressOf("grandma"), subject: "to grandma" }),
      ).toBe("sent");
      await eventually("it is at the provider", async () => fixture.keptAtProvider("to grandma"));
    });
  });
}
