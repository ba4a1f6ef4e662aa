import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  output,
  type Resource,
  secret,
  unsecret,
} from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sizeLimits } from "../../config/limits";
import { labels, migrationName, names } from "../../config/names";
import type { Migration, StackConfig } from "../../config/types";
import { keyedHash, shortHash } from "../../lib/hash";
import { type CaBundle, caBundleParts } from "../shared/caBundle";
import { metadataFor, skipAwait } from "../shared/metadata";
import { jobSpec } from "./pod";

export interface MigrationsArgs extends Pick<StackConfig, "migrations" | "hosts" | "provider"> {
  readonly namespace: Input<string>;
  /** The mail server's name inside the cluster. */
  readonly mailServerHost: Input<string>;
  /** Must be ready before the first message is copied. */
  readonly waitFor: Resource;
  readonly images: Pick<StackConfig["images"], "imapsync" | "fetchmail">;
  readonly resources: Pick<StackConfig["resources"], "imapsync" | "settings">;
  /** Custom CAs, in addition to the public ones. @default none */
  readonly caBundle?: CaBundle | undefined;
}

/**
 * The settings that a run depends on, listed one by one, so that a property added by a later release starts no new run. A size
 * limit derived from the provider's is left out: a change of it must not copy deleted mail back.
 */
const configured = (
  { name, mailbox, from, folders, gmail, since, largest }: Migration,
  args: MigrationsArgs,
): unknown[] => [
  ...[name, mailbox, from.host, from.port],
  ...[folders.include, folders.exclude, folders.map],
  ...[gmail, since ?? null],
  largest === sizeLimits(args.provider.largestMessage).received ? null : largest,
];

/**
 * Copies mail from accounts elsewhere into mailboxes here. Each migration is a Job that runs once for each change of its
 * configuration, and a suspended CronJob that never runs by itself: `kubectl create job --from` starts another run.
 */
export class Migrations extends ComponentResource {
  constructor(name: string, args: MigrationsArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:migration:Migrations", name, {}, opts);
    const key = new random.RandomPassword("migration-key", { length: 32, special: false }, { parent: this });
    for (const migration of args.migrations) this.migrate(migration, args, key);
    this.registerOutputs();
  }

  private migrate(migration: Migration, args: MigrationsArgs, key: random.RandomPassword): void {
    const { namespace, images, resources, caBundle } = args;
    const object = migrationName(migration.name);
    const meta = metadataFor(namespace, labels(names.migration, object));
    const parts = configured(migration, args);
    const { user, password } = migration.from;
    const credentials = new core.Secret(
      object,
      { metadata: meta(object), stringData: { user, password, account: secret(migration.account) } },
      { parent: this },
    );
    const spec = jobSpec({
      migration,
      mailServerHost: args.mailServerHost,
      mailHost: args.hosts.mail,
      images,
      resources,
      caBundle: caBundleParts(caBundle, { image: images.imapsync, resources: resources.imapsync }),
    });
    // A change of anything that a run depends on, logins included, changes the Job's name and so starts another run.
    const hash = unsecret(
      output([key.result, user, password]).apply(([text, ...login]) =>
        keyedHash(JSON.stringify([parts, migration.account, login]), text as string),
      ),
    );
    const dependsOn = [credentials, args.waitFor];
    // A new image or more memory must not run it again: mail that a user has deleted here since would be copied again.
    // The logical name contains the configuration's hash, so `ignoreChanges` does not hide a change of the configuration.
    new batch.Job(
      `${object}-${shortHash(JSON.stringify(parts))}`,
      // Pulumi does not wait: a migration may fail, and may take days.
      { metadata: meta(interpolate`${object}-${hash}`, skipAwait), spec },
      { parent: this, dependsOn, deleteBeforeReplace: true, ignoreChanges: ["spec"] },
    );
    new batch.CronJob(
      `${object}-again`,
      {
        metadata: meta(object),
        spec: {
          suspend: true,
          schedule: "0 0 1 1 *", // a CronJob requires a schedule
          startingDeadlineSeconds: 60,
          concurrencyPolicy: "Forbid",
          jobTemplate: { metadata: { labels: labels(names.migration, object) }, spec },
        },
      },
      { parent: this, dependsOn },
    );
  }
}
