import { collectMailbox } from "../../../../../doctor/checks/provider/collect";
import { fakeImapServer } from "../../../../support/fakeMailServers";
import { args, here, imap, kinga, login, newer, old } from "./support";

test("waiting messages at the provider are counted, none is marked or changed, and no dates are requested", async () => {
  const received: string[] = [];
  const at = await imap({ INBOX: [{ date: old }, { date: newer }] }, received);
  expect(await collectMailbox(at, kinga, args)).toMatchObject({
    mailbox: "kinga",
    waiting: [{ folder: "INBOX", count: 2 }],
    quarantined: [],
  });
  const names = received.map((line) => line.split(" ")[0]?.toUpperCase());
  expect(names).toContain("STATUS");
  for (const changing of ["SELECT", "STORE", "EXPUNGE", "DELETE", "APPEND", "CREATE"])
    expect(names).not.toContain(changing);
  expect(received.join("\n")).not.toMatch(/BODY\[|RFC822|ENVELOPE|INTERNALDATE/);
});

test("an empty mailbox at the provider has no waiting messages", async () => {
  expect(await collectMailbox(await imap({ INBOX: [] }), kinga, args)).toMatchObject({
    waiting: [{ folder: "INBOX", count: 0 }],
    kept: 0,
  });
});

test("waiting messages are counted in Junk where it is fetched, and in both quarantine folders", async () => {
  const folders = {
    INBOX: [],
    Junk: [{ date: newer }],
    "Fetcher-Refused": [{ date: old }],
    "Fetcher-Refused-Junk": [{ date: newer }],
  };
  expect(await collectMailbox(await imap(folders), { ...kinga, folders: ["INBOX", "Junk"] }, args)).toMatchObject({
    waiting: [{ count: 0 }, { folder: "Junk", count: 1 }],
    quarantined: [
      { folder: "Fetcher-Refused", count: 1 },
      { folder: "Fetcher-Refused-Junk", count: 1 },
    ],
  });
});

test("messages in the outboxes and in staging count as waiting, and those in kept folders as kept since the oldest day with messages", async () => {
  const folders = {
    INBOX: [{ date: old }],
    "Fetcher-Outbox": [{ date: old }, { date: newer }],
    "Fetcher-Outbox-Junk": [],
    "Fetcher-Staging": [{ date: newer }],
    "Fetcher-Kept/2026-11-20": [],
    "Fetcher-Kept/2026-11-22": [{ date: old }],
    "Fetcher-Kept-Junk/2026-11-21": [{ date: old }, { date: old }],
    "Fetcher-Kept/of somebody": [{ date: old }],
  };
  expect(await collectMailbox(await imap(folders), { ...kinga, folders: ["INBOX", "Junk"] }, args)).toMatchObject({
    waiting: [
      { count: 1 },
      { folder: "Fetcher-Outbox", count: 2 },
      { folder: "Fetcher-Staging", count: 1 },
      { folder: "Fetcher-Outbox-Junk", count: 0 },
    ],
    kept: 3,
    keptSince: "2026-11-21",
    quarantined: [],
  });
});

test("folders below a namespace's prefix are counted, the fetcher's own included, and those that another program named alike are not", async () => {
  const one = [{ date: old }];
  const folders = {
    INBOX: [],
    "INBOX.Junk": one,
    "INBOX.Fetcher-Outbox": one,
    "INBOX.Fetcher-Refused": one,
    "INBOX.Fetcher-Kept.2026-11-22": one,
    "Fetcher-Outbox": one,
    "Fetcher-Kept.2026-11-21": one,
  };
  const port = await fakeImapServer(here, { ...login, folders, prefix: "INBOX." });
  const junk = { ...kinga, folders: ["INBOX", "Junk"] };
  expect(await collectMailbox({ host: "localhost", port }, junk, args)).toMatchObject({
    waiting: [
      { folder: "INBOX", count: 0 },
      { folder: "Junk", count: 1 },
      { folder: "INBOX.Fetcher-Outbox", count: 1 },
    ],
    kept: 1,
    keptSince: "2026-11-22",
    quarantined: [{ folder: "INBOX.Fetcher-Refused", count: 1 }],
  });
});

test("a folder that the provider does not have is left out, and an empty quarantine or kept folder is not reported", async () => {
  const at = await imap({ INBOX: [], "Fetcher-Refused": [], "Fetcher-Kept/2026-11-22": [] });
  const seen = await collectMailbox(at, { ...kinga, folders: ["INBOX", "Junk"] }, args);
  expect(seen).toEqual({
    mailbox: "kinga",
    server: `localhost:${at.port}`,
    waiting: [{ folder: "INBOX", count: 0 }],
    kept: 0,
    quarantined: [],
  });
});

test("without `keep`, the keyword of fetched copies means nothing", async () => {
  const at = await imap({ INBOX: [{ date: old, keywords: ["$HomelabMailFetched"] }] });
  expect(await collectMailbox(at, kinga, args)).toMatchObject({ waiting: [{ count: 1 }], kept: 0 });
});

test("with `keep`, copies that were fetched do not count as waiting", async () => {
  const fetched = { date: old, keywords: ["$HomelabMailFetched"] };
  const at = await imap({ INBOX: [fetched, fetched, { date: newer }] });
  expect(await collectMailbox(at, { ...kinga, keep: true }, args)).toMatchObject({
    waiting: [{ count: 1 }],
    kept: 2,
  });
});
