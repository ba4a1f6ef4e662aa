import type { Migration } from "../../../config/types";
import { trusting } from "../../../lib/customCAs";
import { type CheckContext, type CheckDefinition, forwardedPort, limits } from "../../context";
import type { Result } from "../../result";
import { collectMigration } from "./collect";
import { evaluateMigration } from "./evaluate";
import { migrationMessages } from "./messages";

/** Compares a migration's source with its mailbox here, which it opens with the administrator's login. */
async function compare(context: CheckContext, migration: Migration): Promise<Result[]> {
  const { config, migrations } = context.stack;
  const login = migrations[migration.name] ?? { user: "", password: "" };
  const [port, password] = await Promise.all([forwardedPort(context, 993), context.lookups.adminPassword()]);
  const seen = await collectMigration({
    migration,
    source: { ...login, host: migration.from.host, port: migration.from.port },
    here: { ...port, servername: config.hosts.mail, user: `${migration.account}%admin`, password },
    tls: trusting(config.trust.certificates),
    limit: limits.connection,
  });
  return evaluateMigration(seen, config.namespace);
}

export const migration: CheckDefinition = {
  messages: migrationMessages,
  checks: (context) =>
    (context.migration ? context.stack.config.migrations : []).map((migration) => ({
      subject: `migration ${migration.name}`,
      obscures: [],
      limit: limits.migration,
      run: () => compare(context, migration),
    })),
};
