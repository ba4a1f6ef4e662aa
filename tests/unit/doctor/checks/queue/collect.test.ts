import { collectQueue } from "../../../../../doctor/checks/queue/collect";
import { fakeStalwart, type StalwartRules } from "../../../../support/fakeStalwart";

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function stalwart(rules: Partial<StalwartRules>): Promise<string> {
  const { base, close } = await fakeStalwart({ password: "admin-password", ...rules });
  closing.push(close);
  return base;
}

describe("the queue", () => {
  const queued = (createdAt: string, status: object) => ({
    createdAt,
    recipients: { "friend@elsewhere.test": { status } },
  });
  const failing = {
    "@type": "TemporaryFailure",
    errorType: "unexpectedResponse",
    responseCode: 454,
    responseMessage: "4.7.0 no login for service@newjoy.ro now",
  };
  const at = async (rules: Partial<StalwartRules>, password = "admin-password") =>
    collectQueue({ base: await stalwart(rules), user: "admin", password, limit: 60_000 });

  test("a mail queue that is empty is found empty", async () => {
    expect(await at({})).toEqual({ count: 0 });
  });
  test("the mail queue is counted, with the age of the oldest message and the latest failure's text, without any address", async () => {
    const queue = [queued("2026-03-01T10:00:00Z", { "@type": "Scheduled" }), queued("2026-03-01T11:00:00Z", failing)];
    expect(await at({ queue })).toEqual({
      count: 2,
      oldest: Date.parse("2026-03-01T10:00:00Z"),
      lastError: "454 4.7.0 no login for … now",
    });
  });
  test("a failure without a server's response has its own words, and what is only scheduled has none", async () => {
    const refused = { "@type": "PermanentFailure", errorMessage: null, errorType: "connectionError" };
    const scheduled = { "@type": "Scheduled", errorMessage: "left from an earlier attempt" };
    expect(await at({ queue: [queued("2026-03-01T10:00:00Z", refused)] })).toMatchObject({
      lastError: "connectionError",
    });
    expect(await at({ queue: [queued("2026-03-01T10:00:00Z", scheduled)] })).not.toHaveProperty("lastError");
  });
  test("a queued message without a readable time does not hide the age of the others", async () => {
    const queue = [queued("soon", { "@type": "Scheduled" }), queued("2026-03-01T10:00:00Z", { "@type": "Scheduled" })];
    expect(await at({ queue })).toEqual({ count: 2, oldest: Date.parse("2026-03-01T10:00:00Z") });
  });
  test("an answer of another form is not taken for an empty queue", async () => {
    expect(await at({ queue: [{ created: "yesterday" }] })).toEqual({ refused: false, reason: "invalid response" });
  });
  test("the queue of a server that refuses the administrator is not taken for an empty one", async () => {
    expect(await at({}, "wrong")).toMatchObject({ refused: true });
  });
  test("the queue is not requested again with a password that was refused, because the server would ban the client", async () => {
    const asked: string[] = [];
    const base = await stalwart({ asked });
    const again = () => collectQueue({ base, user: "admin", password: "stale", limit: 60_000 });
    expect([await again(), await again()]).toMatchObject([{ refused: true }, { refused: true }]);
    expect(asked).toHaveLength(1);
  });
  test("the queue of an unreachable server is not taken for an empty one", async () => {
    const seen = await collectQueue({ base: "http://127.0.0.1:1", user: "admin", password: "x", limit: 60_000 });
    expect(seen).toEqual({ refused: false, reason: "connection refused" });
  });
});
