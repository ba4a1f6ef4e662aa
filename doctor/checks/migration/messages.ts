import { defineMessages } from "../../messages";

export const migrationMessages = defineMessages("flow", {
  folder: {
    title: "copied folder",
    description:
      "with `--migration`: how many messages each folder of a migration's source has, and how many of them are in no folder here, by Message-ID",
    ok: "{there} at the source, {here} here{days}",
    failures: {
      behind: {
        level: "warning",
        message: "{missing} of {there} messages at the source are not here ({here} are in this folder){days}",
        fix: "Run it again: `kubectl -n {namespace} delete job {object}-again --ignore-not-found`, `kubectl -n {namespace} create job --from=cronjob/{object} {object}-again`. Messages that a user deleted here count as missing, too",
      },
      tooLarge: {
        level: "warning",
        message: "{count} messages at the source are not copied, because they are too large (`maxMessageSize`)",
        fix: "Save them before the source account is closed, or raise `migrations.{name}.maxMessageSize` (up to `provider.largestMessage`), then `pulumi up`",
      },
    },
  },
  migration: {
    title: "migration",
    description: "with `--migration`: whether every message of a source is here",
    ok: "every message is here{but}: it is safe to switch the MX record",
    failures: {
      behind: {
        level: "warning",
        message: "{missing} messages are not here: it is not safe yet to switch the MX record",
        fix: "`kubectl -n {namespace} logs -c imapsync -l app.kubernetes.io/instance={object}` shows the progress",
      },
      nothing: {
        level: "warning",
        message: "no folder of the source is copied",
        fix: "`pulumi config get --path migrations.{name}.folders` must name folders as the source spells them",
      },
      refused: {
        level: "failure",
        message: "the source refuses the login: {reason}",
        fix: "`pulumi config set --secret --path migrations.{name}.from.password`, then `pulumi up`",
      },
      unreachable: {
        level: "failure",
        message: "the source cannot be read: {reason}",
        fix: "`pulumi config get --path migrations.{name}.from.host` must be its server, reachable from this machine",
      },
      unread: {
        level: "unknown",
        message: "the mailbox here cannot be read: {reason}",
        fix: "`kubectl -n {namespace} describe pod -l app.kubernetes.io/name=stalwart`",
      },
    },
  },
});
