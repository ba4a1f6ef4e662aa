import { createHash, createHmac } from "node:crypto";
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
import { type Trust, trustParts } from "../shared/trust";
import { jobSpec } from "./pod";

export interface MigrationsArgs extends Pick<StackConfig, "migrations" | "hosts" | "provider"> {
  readonly namespace: Input<string>;
  /** The mail server's name inside the cluster. */
  readonly mailServerHost: Input<string>;
  /** What has to be there before the first message is copied. */
  readonly waitFor: Resource;
  readonly images: Pick<StackConfig["images"], "imapsync" | "fetchmail">;
  readonly resources: Pick<StackConfig["resources"], "imapsync" | "settings">;
  /** Custom CAs, beside the public ones. @default none */
  readonly authorities?: Trust | undefined;
}

/** A migration that fails, or takes days, is nothing that an update waits for. */
const skipAwait = { "pulumi.com/skipAwait": "true" };

/**
 * What a run depends on, each by itself, so that a property that a later release adds runs nothing again. A size limit that
 * follows from the provider's is not among it: another one of these is no reason to copy deleted mail back.
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

/** Names what a run depends on, logins included: what changes makes another name, and so another run. */
const revision = (parts: readonly unknown[], key: string): string =>
  createHmac("sha256", key).update(JSON.stringify(parts)).digest("hex").slice(0, 10);

/** The same without what is confidential, for a name that must be known before anything is deployed. */
const plainRevision = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 10);

/**
 * Copies mail from accounts elsewhere into mailboxes here. Each migration is a Job that runs once for each change of its
 * configuration, and a suspended CronJob that never runs by itself: `kubectl create job --from` makes another run of it.
 */
export class Migrations extends ComponentResource {
  constructor(name: string, args: MigrationsArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:migration:Migrations", name, {}, opts);
    // A plain hash of a password would tell it to whoever guesses.
    const key = new random.RandomPassword("migration-key", { length: 32, special: false }, { parent: this });
    for (const migration of args.migrations) this.migrate(migration, args, key);
    this.registerOutputs();
  }

  private migrate(migration: Migration, args: MigrationsArgs, key: random.RandomPassword): void {
    const { namespace, images, resources, authorities } = args;
    const object = migrationName(migration.name);
    const meta = (objectName: Input<string>, annotations?: Record<string, string>) => ({
      name: objectName,
      namespace,
      labels: labels(names.migration, object),
      ...(annotations && { annotations }),
    });
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
      trust: trustParts(authorities, { image: images.imapsync, resources: resources.imapsync }),
    });
    const hash = unsecret(
      output([key.result, user, password]).apply(([text, ...login]) =>
        revision([parts, migration.account, login], text as string),
      ),
    );
    const dependsOn = [credentials, args.waitFor];
    // Another image or more memory is no reason to run again: what a user deleted here since would be copied once more.
    // The logical name has the configuration in it, so that ignoring the rest does not hide a change of that.
    new batch.Job(
      `${object}-${plainRevision(parts)}`,
      { metadata: meta(interpolate`${object}-${hash}`, skipAwait), spec },
      { parent: this, dependsOn, deleteBeforeReplace: true, ignoreChanges: ["spec"] },
    );
    new batch.CronJob(
      `${object}-again`,
      {
        metadata: meta(object),
        spec: {
          suspend: true,
          schedule: "0 0 1 1 *", // one must be given
          startingDeadlineSeconds: 60,
          concurrencyPolicy: "Forbid",
          jobTemplate: { metadata: { labels: labels(names.migration, object) }, spec },
        },
      },
      { parent: this, dependsOn },
    );
  }
}
