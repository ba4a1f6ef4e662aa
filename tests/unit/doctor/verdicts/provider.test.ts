import type { MailboxObservation, RelayObservation } from "../../../../doctor/observe/provider";
import { judgeProvider, providerTexts } from "../../../../doctor/verdicts/provider";
import { everyTroubleIsTold, nothingIsWrong } from "./provoke";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const server = "imap.migadu.com:993";
const who = { mailbox: "kinga", server };
const relayServer = "smtp.migadu.com:465";
const works: RelayObservation = { server: relayServer, works: true };
const empty = { ...who, waiting: [{ folder: "INBOX", count: 0 }], kept: 0, aside: [] };

const say = (mailbox: MailboxObservation, relay: RelayObservation = works) =>
  judgeProvider({ namespace: "stalwart-mail", now, mailboxes: [mailbox], relay });
const waiting = (minutes: number) =>
  say({ ...empty, waiting: [{ folder: "INBOX", count: 3, oldest: now - minutes * minute }] });
const failed = (failed: "refused" | "away" | "certificate", reason: string) => ({ failed, reason });

nothingIsWrong(say(empty), providerTexts);

everyTroubleIsTold(providerTexts, {
  "login.refused": say({ ...who, ...failed("refused", "Authentication failed.") }),
  "login.away": say({ ...who, ...failed("away", "timed out") }),
  "login.certificate": say({ ...who, ...failed("certificate", "CERT_HAS_EXPIRED") }),
  "waiting.late": waiting(20),
  "waiting.stuck": waiting(90),
  "aside.refused": say({ ...empty, aside: [{ folder: "Fetcher-Refused", count: 2, oldest: now - 90 * minute }] }),
  "relay.refused": say(empty, { server: relayServer, ...failed("refused", "535 5.7.8 Bad credentials") }),
  "relay.away": say(empty, { server: relayServer, ...failed("away", "connection refused") }),
  "relay.certificate": say(empty, { server: relayServer, ...failed("certificate", "ERR_TLS_CERT_ALTNAME_INVALID") }),
});

test("mail that has just come and waits for its fetcher is no trouble", () => {
  expect(waiting(1).find(({ check }) => check === "waiting")).toMatchObject({ level: "ok", meaning: "3 messages" });
});

test("copies that `keep` leaves at the provider are not taken for mail that waits", () => {
  const [, told] = say({ ...empty, kept: 412 });
  expect(told).toMatchObject({ level: "ok", meaning: "nothing, and 412 messages kept" });
});

test("the age of what waits is that of the oldest in any folder", () => {
  const folders = [
    { folder: "INBOX", count: 1, oldest: now - minute },
    { folder: "Junk", count: 1, oldest: now - 120 * minute },
  ];
  expect(say({ ...empty, waiting: folders })[1]).toMatchObject({
    code: "stuck",
    meaning: expect.stringContaining("2 hours"),
  });
});
