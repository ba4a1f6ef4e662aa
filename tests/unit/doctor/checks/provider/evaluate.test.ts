import type { FetcherObservation } from "../../../../../doctor/checks/fetching/collect";
import type { MailboxObservation, RelayObservation } from "../../../../../doctor/checks/provider/collect";
import type { SenderObservation } from "../../../../../doctor/checks/provider/collectSenders";
import { evaluateProvider } from "../../../../../doctor/checks/provider/evaluate";
import { evaluateSource, type SourceObservation } from "../../../../../doctor/checks/provider/evaluateSource";
import { providerMessages } from "../../../../../doctor/checks/provider/messages";
import { emptyFolder } from "../../support/fetcherStatus";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const server = "imap.migadu.com:993";
const who = { mailbox: "kinga", server };
const relayServer = "smtp.migadu.com:465";
const works: RelayObservation = { server: relayServer, works: true };
const empty = { ...who, waiting: [{ folder: "INBOX", count: 0 }], kept: 0, quarantined: [] };

const fetcher = (change: object = {}): FetcherObservation => ({
  mailbox: "kinga",
  notReady: "",
  folders: [{ ...emptyFolder, ...change }],
});
const sends: SenderObservation = { mailbox: "kinga", server: relayServer, works: true };
const say = (
  mailbox: MailboxObservation,
  relay: RelayObservation = works,
  seen: FetcherObservation = fetcher(),
  sender: SenderObservation = sends,
) =>
  evaluateProvider({
    namespace: "stalwart-mail",
    now,
    mailboxes: [mailbox],
    relay,
    fetchers: [seen],
    senders: [sender],
  });
const sending = (code: "sender" | "refused" | "unreachable" | "certificate", reason: string) =>
  say(empty, works, fetcher(), { mailbox: "kinga", server: relayServer, failed: code, reason } as SenderObservation);
const three = { ...empty, waiting: [{ folder: "INBOX", count: 3 }] };
const waiting = (minutes: number) => say(three, works, fetcher({ waitingSince: now - minutes * minute }));
const failed = (failed: "refused" | "unreachable" | "certificate", reason: string) => ({ failed, reason });

const source = (change: object = {}) =>
  evaluateSource({ ...empty, source: "old-gmail", wanted: ["INBOX"], ...change } as SourceObservation, "stalwart-mail");
const sourceFailed = (...failure: Parameters<typeof failed>) =>
  evaluateSource(
    { ...who, server: "imap.gmail.com:993", source: "old-gmail", wanted: ["INBOX"], ...failed(...failure) },
    "stalwart-mail",
  );

reportsOkForAWorkingStack([...say(empty), ...source()], providerMessages.catalog);

reportsEveryFailure(providerMessages.catalog, {
  "login.refused": say({ ...who, ...failed("refused", "Authentication failed.") }),
  "login.unreachable": say({ ...who, ...failed("unreachable", "timed out") }),
  "login.certificate": say({ ...who, ...failed("certificate", "CERT_HAS_EXPIRED") }),
  "waiting.untested": say(three, works, { mailbox: "kinga", reason: "there is no pod" }),
  "waiting.late": waiting(20),
  "waiting.stuck": waiting(90),
  "quarantine.quarantined": say({ ...empty, quarantined: [{ folder: "Fetcher-Refused", count: 2 }] }),
  "source.refused": sourceFailed("refused", "Invalid credentials (Failure)"),
  "source.unreachable": sourceFailed("unreachable", "timed out"),
  "source.certificate": sourceFailed("certificate", "CERT_HAS_EXPIRED"),
  "source.folder": source({ wanted: ["INBOX", "Junk"] }),
  "source.quarantined": source({ quarantined: [{ folder: "Fetcher-Refused", count: 1 }] }),
  "relay.refused": say(empty, { server: relayServer, ...failed("refused", "535 5.7.8 Bad credentials") }),
  "relay.unreachable": say(empty, { server: relayServer, ...failed("unreachable", "connection refused") }),
  "relay.certificate": say(empty, { server: relayServer, ...failed("certificate", "ERR_TLS_CERT_ALTNAME_INVALID") }),
  "sending.sender": sending("sender", "553 5.7.1 Sender address rejected: not owned by user"),
  "sending.refused": sending("refused", "535 5.7.8 Bad credentials"),
  "sending.unreachable": sending("unreachable", "connection refused"),
  "sending.certificate": sending("certificate", "CERT_HAS_EXPIRED"),
});

test("mail that has just arrived and waits for its fetcher is ok", () => {
  expect(waiting(1).find(({ check }) => check === "waiting")).toMatchObject({ level: "ok", message: "3 messages" });
});

test("one waiting message of a mailbox without a fetcher's status is one message, and its age is unknown", () => {
  const one = { ...empty, waiting: [{ folder: "INBOX", count: 1 }] };
  expect(say(one, works, { ...fetcher(), mailbox: "alpar" })[1]).toMatchObject({
    code: "untested",
    message: expect.stringMatching(/^1 message; it is unknown for how long/),
  });
});

test("copies that `keep` leaves at the provider do not count as waiting", () => {
  const [, told] = say({ ...empty, kept: 412 });
  expect(told).toMatchObject({ level: "ok", message: "none, and 412 messages kept" });
});

test("mail that its fetcher has not counted yet is new, however old its date is", () => {
  expect(say(three).find(({ check }) => check === "waiting")).toMatchObject({ level: "ok", message: "3 messages" });
});

test("the age of waiting mail is that of the folder that has been unchanged longest", () => {
  const folders = [
    { ...emptyFolder, waitingSince: now - minute },
    { ...emptyFolder, folder: "Junk", waitingSince: now - 120 * minute },
    { ...emptyFolder, folder: "Lists" },
  ];
  expect(say(three, works, { mailbox: "kinga", notReady: "", folders })[1]).toMatchObject({
    code: "stuck",
    message: expect.stringContaining("2 hours"),
  });
});

test("kept messages at the provider are reported with the first day", () => {
  const [, told] = say({ ...empty, kept: 59, keptSince: "2026-11-21" });
  expect(told?.message).toBe("none, and 59 messages kept since 2026-11-21");
});

test("a failing source is reported with its name and its fix, and stops nothing else", () => {
  const [result, ...more] = sourceFailed("refused", "Invalid credentials (Failure)");
  expect(more).toEqual([]);
  expect(result).toMatchObject({ subject: "kinga/old-gmail", level: "warning", breaks: [], obscures: [] });
  expect(result?.fix).toContain("mailboxes.kinga.sources.old-gmail.password");
});

test("a working source is reported with what waits in all its folders and what is kept, and a faulty one with what is refused", () => {
  const counts = [3, 1].map((count, n) => ({ folder: n === 0 ? "INBOX" : "Junk", count }));
  expect(source({ waiting: counts, kept: 59 })[0]?.message).toBe("works; 4 messages to be fetched, 59 kept there");
  expect(source({ quarantined: counts }).map(({ message }) => message)).toEqual([
    expect.stringMatching(/^3 messages in INBOX/),
    expect.stringMatching(/^1 message in Junk/),
  ]);
});
