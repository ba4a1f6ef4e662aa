import type { MigrationObservation } from "../../../../../doctor/checks/migration/collect";
import { evaluateMigration } from "../../../../../doctor/checks/migration/evaluate";
import { migrationMessages } from "../../../../../doctor/checks/migration/messages";
import { reportsEveryFailure, reportsOkForAWorkingStack } from "../../support/provoke";

const about = { migration: "old", mailbox: "kinga" };
const folder = {
  folder: "INBOX",
  there: 10,
  here: 12,
  missing: 0,
  tooLarge: 0,
  oldest: "2014-01-02",
  newest: "2026-11-28",
};
const judge = (seen: object) => evaluateMigration({ ...about, ...seen } as MigrationObservation, "stalwart-mail");

reportsEveryFailure(migrationMessages.catalog, {
  "folder.behind": judge({ folders: [{ ...folder, missing: 3 }] }),
  "folder.tooLarge": judge({ folders: [{ ...folder, tooLarge: 2 }] }),
  "migration.nothing": judge({ folders: [] }),
  "migration.behind": judge({ folders: [{ ...folder, missing: 3 }, folder] }),
  "migration.refused": judge({ side: "source", failed: "refused", reason: "no" }),
  "migration.unreachable": judge({ side: "source", failed: "unreachable", reason: "no answer" }),
  "migration.unread": judge({ side: "here", failed: "unreachable", reason: "no answer" }),
});
reportsOkForAWorkingStack(judge({ folders: [folder] }), migrationMessages.catalog);

test("it is not safe to switch the MX record while any folder lacks a message", () => {
  const said = judge({
    folders: [
      { ...folder, missing: 3 },
      { folder: "Sent", there: 5, here: 0, missing: 5, tooLarge: 0 },
    ],
  });
  expect(said.at(-1)?.message).toBe("8 messages are not here: it is not safe yet to switch the MX record");
});

test("messages that are too large for a migration are reported, and not counted as copied", () => {
  const said = judge({ folders: [{ ...folder, tooLarge: 2 }] }).map(({ level, message }) => `${level}: ${message}`);
  expect(said).toContain(
    "warning: 2 messages at the source are not copied, because they are too large (`maxMessageSize`)",
  );
  expect(said.at(-1)).toBe("ok: every message is here except 2 that are too large: it is safe to switch the MX record");
});

test("switching the MX record is never safe after a migration of no folder", () => {
  expect(judge({ folders: [] }).map(({ level }) => level)).toEqual(["warning"]);
});

test("the command that runs a migration again works a second time, too", () => {
  const { fix } = judge({ folders: [{ ...folder, missing: 3 }] })[0] ?? {};
  expect(fix).toMatch(/delete job migration-old-again --ignore-not-found.*create job .* migration-old-again`/);
});
