import { migrationName } from "../../config/names";
import type { FolderCompared, MigrationSeen } from "../observe/migration";
import { type Catalogue, speaker, type Verdict } from "../verdict";

export const migrationTexts = {
  folder: {
    title: "copied folder",
    looks:
      "with `--migration`: how many messages each folder of a migration's source has, and which of them are in no folder here, by Message-ID",
    ok: "{there} there, {here} here{days}",
    troubles: {
      behind: {
        level: "warning",
        meaning: "{missing} of {there} messages there are not here ({here} are in the folder here){days}",
        mend: "Run it again: `kubectl -n {namespace} delete job {object}-again --ignore-not-found`, `kubectl -n {namespace} create job --from=cronjob/{object} {object}-again`. What a user deleted here counts, too",
      },
      tooLarge: {
        level: "warning",
        meaning: "{count} messages there are not copied, because they are too large (`maxMessageSize`)",
        mend: "Save them before the account there is closed, or raise `migrations.{name}.maxMessageSize` (up to `provider.largestMessage`), then `pulumi up`",
      },
    },
  },
  migration: {
    title: "migration",
    looks: "with `--migration`: whether everything of a source is here",
    ok: "every message is here{but}: it is safe to switch the MX record",
    troubles: {
      behind: {
        level: "warning",
        meaning: "{missing} messages are not here: it is not safe yet to switch the MX record",
        mend: "`kubectl -n {namespace} logs -c imapsync -l app.kubernetes.io/instance={object}` says how far it is",
      },
      nothing: {
        level: "warning",
        meaning: "no folder of the source is copied",
        mend: "`pulumi config get --path migrations.{name}.folders` must name folders there as they are written there",
      },
      refused: {
        level: "failure",
        meaning: "the source refuses the login: {reason}",
        mend: "`pulumi config set --secret --path migrations.{name}.from.password`, then `pulumi up`",
      },
      away: {
        level: "failure",
        meaning: "the source cannot be read: {reason}",
        mend: "`pulumi config get --path migrations.{name}.from.host` must be its server, and reachable from here",
      },
      unread: {
        level: "unknown",
        meaning: "the mailbox here cannot be read: {reason}",
        mend: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
      },
    },
  },
} as const satisfies Catalogue;

const say = speaker("flow", migrationTexts);

const daysOf = ({ oldest, newest }: FolderCompared): string =>
  oldest === undefined ? "" : `, from ${oldest} to ${newest}`;

export function judgeMigration(seen: MigrationSeen, namespace: string): Verdict[] {
  const { migration: name } = seen;
  const object = migrationName(name);
  if ("failed" in seen) {
    const { reason } = seen;
    if (seen.side === "here") return [say.trouble("migration", "unread", { reason, namespace }, name)];
    return [say.trouble("migration", seen.failed === "refused" ? "refused" : "away", { reason, name }, name)];
  }
  if (seen.folders.length === 0) return [say.trouble("migration", "nothing", { name }, name)];
  const lines = seen.folders.flatMap((one): Verdict[] => {
    const { folder, there, here, missing, tooLarge } = one;
    const subject = `${name} ${folder}`;
    const days = daysOf(one);
    const compared =
      missing === 0
        ? say.fine("folder", { there, here, days }, subject)
        : say.trouble("folder", "behind", { missing, there, here, days, namespace, object }, subject);
    return tooLarge === 0
      ? [compared]
      : [compared, say.trouble("folder", "tooLarge", { count: tooLarge, name }, subject)];
  });
  const sum = (key: "missing" | "tooLarge"): number => seen.folders.reduce((all, one) => all + one[key], 0);
  const missing = sum("missing");
  const but = sum("tooLarge") === 0 ? "" : ` but ${sum("tooLarge")} that are too large`;
  const whole =
    missing === 0
      ? say.fine("migration", { but }, name)
      : say.trouble("migration", "behind", { missing, namespace, object }, name);
  return [...lines, whole];
}
