import { person } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import type { LiveFixture } from "../support/fixture";
import { addressOf } from "../support/mail";

const FRIEND = "friend@elsewhere.test";

export function mailScenarios(fixture: LiveFixture): void {
  describe("mail", () => {
    test("that waited at the provider is in the inbox, which the person's token opens", async () => {
      await fixture.inInbox("Welcome to your mail at home");
    });

    test("that somebody sends is in the inbox soon", async () => {
      await fixture.programs.putAtProvider(person.name, ["fresh"]);
      await fixture.inInbox("fresh");
    });

    test.each([465, 587] as const)(
      "sent with a token on %d leaves through the provider, with the sender's own login",
      async (port) => {
        const subject = `out by ${port}`;
        const from = addressOf(person.name);
        expect(
          await fixture.programs.send({ token: fixture.token, user: person.name, from, to: FRIEND, subject, port }),
        ).toBe("sent");
        await eventually("it leaves", async () => fixture.left(subject));
        expect(fixture.left(subject)).toContain(`login ${from}`);
        await fixture.inInbox(`Re: ${subject}`); // and the answer comes back
      },
    );

    test("of which the provider gives no body stays there, what is behind it arrives, and it comes once it is given", async () => {
      const { provider } = fixture.live.environment;
      if (!provider.injectFaults) return; // on the user's cluster the mail provider is a pod without the faulty proxy
      provider.injectFaults({ "body NIL": ["hollow"] });
      await fixture.programs.putAtProvider(person.name, ["hollow", "behind it"]);
      expect(await fixture.inInbox("behind it")).not.toContain("hollow");
      provider.injectFaults({});
      await fixture.inInbox("hollow", 400);
    });

    test("with somebody else's sender is refused", async () => {
      const answer = await fixture.programs.send({
        token: fixture.token,
        user: person.name,
        from: addressOf("alpar"),
        to: FRIEND,
        subject: "x",
        port: 465,
      });
      expect(answer).toMatch(/^50[13] /);
    });

    test("is not opened by a token that somebody changed, and the refusal is not the network's", async () => {
      expect(await fixture.programs.refusal(person.name, `${fixture.token.slice(0, -8)}AAAAAAAA`)).toMatch(
        /AUTHENTICATIONFAILED|[Aa]uthentication/,
      );
    });

    test("of an app in another namespace leaves without a login, and reaches the users' mailboxes", async () => {
      expect(await fixture.programs.relay({ from: addressOf("service"), to: FRIEND, subject: "from an app" })).toBe(
        "sent",
      );
      await eventually("it leaves", async () => fixture.left("from an app"));
      expect(
        await fixture.programs.relay({
          from: addressOf("service"),
          to: addressOf(person.name),
          subject: "app at home",
        }),
      ).toBe("sent");
      await fixture.inInbox("app at home");
    });

    test("for an address that only the provider has goes there, and is not taken for a mailbox's here", async () => {
      expect(
        await fixture.programs.relay({ from: addressOf("service"), to: addressOf("grandma"), subject: "to grandma" }),
      ).toBe("sent");
      await eventually("it is at the provider", async () => fixture.keptAtProvider("to grandma"));
    });
  });
}
