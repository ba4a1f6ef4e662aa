import { type DeliveryLog, deliveryLog, recheckLost } from "../../integration/support/deliveryLog";
import { message } from "../../integration/support/messages";

const [moving, still] = [message("moving"), message("still")];
const nothing = new Map<string, Buffer[]>();

/** Reads the folders as they are at each check. */
const looks = (...folders: Map<string, Buffer[]>[]): (() => Promise<DeliveryLog>) => {
  let n = 0;
  return async () => deliveryLog([moving, still], folders[Math.min(n++, folders.length - 1)] ?? nothing, []);
};

const where = (places: Record<string, Buffer[]>): Map<string, Buffer[]> => new Map(Object.entries(places));

test("a message that is in no folder and was not delivered counts as lost, except for kept copies", async () => {
  const found = await recheckLost(looks(where({ INBOX: [still], "Fetcher-Kept/2026-11-28": [moving] })));
  expect(found.lost).toHaveLength(1);
  expect(found.lost[0]).toContain("Subject: moving");
});

test("a message that moved while the folders were read does not count as lost", async () => {
  const [between, after] = [where({ INBOX: [still] }), where({ INBOX: [still], "Fetcher-Refused": [moving] })];
  expect(await recheckLost(looks(between, after))).toMatchObject({ lost: [], atProvider: 2 });
});

test("a message that is in no folder, however often they are read, counts as lost", async () => {
  const [one, other] = [where({ INBOX: [still] }), where({ Archive: [still] })];
  expect((await recheckLost(looks(one, other))).lost).toHaveLength(1);
});
