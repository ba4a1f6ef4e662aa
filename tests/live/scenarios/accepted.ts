import { environmentNamespace, testUser } from "../../rig/environment/names";
import { eventually } from "../../support/wait";
import { actAs } from "../support/administrator";
import type { LiveFixture } from "../support/fixture";
import { addressOf } from "../support/mail";

interface Listed {
  readonly list: readonly { readonly id: string; readonly name?: string; readonly recipients?: object }[];
}

/** What the stack relies on, and what the fakes were taught for it: tests/rig/fakes/stalwart/README.md. */
export function acceptedScenarios(fixture: LiveFixture): void {
  describe("a message that the mail server has accepted", () => {
    const relay = (subject: string, id?: string) =>
      fixture.programs.relay({ from: addressOf("service"), to: addressOf(testUser.name), subject, ...(id && { id }) });
    const administrator = (method: string, args: object) => actAs(fixture, undefined, method, args) as Promise<Listed>;

    beforeAll(() => fixture.probe({ namespace: environmentNamespace, name: "probe" }));
    afterAll(() => fixture.kill(environmentNamespace, "probe"));

    test("a message that comes twice is in the inbox once", async () => {
      for (let times = 0; times < 2; times++) expect(await relay("came twice", "twice@probe.test")).toBe("sent");
      expect(await relay("came after it")).toBe("sent");
      const subjects = await fixture.inInbox("came after it");
      expect(subjects.filter((subject) => subject === "came twice")).toHaveLength(1);
    });

    test("an accepted message waits when the account is over its quota, and is delivered once there is room", async () => {
      const { list } = await administrator("x:Account/get", { ids: null });
      const id = list.find(({ name }) => name === testUser.name)?.id as string;
      const allow = (quotas: object) => administrator("x:Account/set", { update: { [id]: { quotas } } });
      await allow({ maxDiskQuota: 1 });
      try {
        expect(await relay("no room for it")).toBe("sent");
        await eventually("it waits in the queue, with the server's words", async () => {
          const queue = await administrator("x:QueuedMessage/get", { ids: null });
          return JSON.stringify(queue.list.map(({ recipients }) => recipients)).includes("Mailbox over quota.");
        });
        expect(await fixture.programs.subjects(testUser.name, fixture.token)).not.toContain("no room for it");
      } finally {
        await allow({});
      }
      await fixture.inInbox("no room for it", 400);
    });
  });
}
