import * as apps from "@pulumi/kubernetes/apps/v1";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Output,
  type Resource,
  secret,
  unsecret,
} from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { labels, names } from "../../config/names";
import { keyedHash } from "../../lib/hash";
import { metadataFor } from "../shared/metadata";
import type { HardenedContainerArgs } from "../shared/pod";
import { ACCOUNTS, programs } from "./accessPods";
import { rendererFor } from "./lines";
import { listenersHash } from "./listeners";
import { waitForLoginFiles } from "./loginFiles";
import { metricsLogin, type PlanArgs } from "./plan";
import { declaredAccounts } from "./planAccounts";
import { jobSpec, login, PLAN, RELOAD, type SettingsPodArgs, type Step } from "./settingsPods";

export interface SettingsSyncArgs extends SettingsPodArgs {
  /** The password with which Prometheus reads the server's metrics. @default monitoring is disabled */
  readonly metricsPassword?: Output<string> | undefined;
  /** Name of the Secret with the URL that is pinged after a successful scheduled run. @default none */
  readonly heartbeat?: Input<string> | undefined;
  /** The mail server, which must be up before settings are applied. */
  readonly server: apps.Deployment;
  /** The Service through which settings are applied. */
  readonly service: core.Service;
}

/** The reload follows a minute after the settings are applied, so that repaired settings take effect at once. */
const SCHEDULE = { apply: "*/5 * * * *", reload: "1-59/5 * * * *" };

/**
 * Resources named by hash are deleted before their replacement is created. By default they would be deleted at the end of the
 * update; if it fails before that, the old name stays taken and an update back to the former settings would fail.
 */
const deleteFirst = { deleteBeforeReplace: true };

/** The plan with its one password. The hash in the name does not include the password, which is generated and does not change. */
const filledPlan = ({ plan, metricsPassword }: SettingsSyncArgs): Input<string> =>
  metricsPassword === undefined
    ? rendererFor(plan.images.stalwart).plan(plan)
    : metricsPassword.apply((password) =>
        rendererFor(plan.images.stalwart)
          .plan(plan)
          .replace(metricsLogin.placeholder, () => password),
      );

/** The name of one version of the settings. */
function planHash(plan: PlanArgs, key: string): string {
  const renderer = rendererFor(plan.images.stalwart);
  return keyedHash(renderer.plan(plan) + renderer.reload(), key);
}

/**
 * Applies the settings, and keeps them applied.
 *
 * The order is: server up, settings applied, server restarted if its listeners changed, settings in effect. `pulumi up`
 * waits for each step. If a step fails, it ends with the server's message, and the next `pulumi up` retries the step.
 *
 * Mail does not wait for the identity provider. Applying settings does not need it, but a reload fails as a whole while it
 * is unreachable (crates/common/src/cache/reload.rs). So the reload is the last step, and fetching does not wait for it: on a
 * fresh server the restart for the listeners has already put everything but single sign-on into effect, and later the server
 * keeps its former settings. `pulumi up` still fails and names the issuer, so that it is noticed before users cannot sign in; a
 * CronJob reloads every five minutes, which succeeds when the issuer is reachable again.
 */
export class SettingsSync extends ComponentResource {
  /** Completes when the settings are stored and the server listens on the configured ports. */
  readonly applied: Resource;

  constructor(name: string, args: SettingsSyncArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:mailserver:Settings", name, {}, opts);
    const { namespace, server, service } = args;
    // A keyed hash: only the addresses in the plan are unknown, so a plain hash would confirm guesses of them.
    const key = new random.RandomPassword(`${names.settings}-key`, { length: 32, special: false }, { parent: this });
    const hash = unsecret(key.result.apply((text) => planHash(args.plan, text)));
    const settingsName = interpolate`${names.settings}-${hash}`;
    const meta = metadataFor(namespace, labels(names.settings));

    const plan = secret(filledPlan(args));
    const settings = new core.Secret(
      `${names.settings}-plan`,
      { metadata: meta(settingsName), immutable: true, stringData: { [PLAN]: plan } },
      { parent: this, ...deleteFirst },
    );
    const reload = new core.ConfigMap(
      names.reload,
      { metadata: meta(names.reload), data: { [RELOAD]: rendererFor(args.plan.images.stalwart).reload() } },
      { parent: this },
    );
    // Not in the plan: access must end even if the server refuses the new plan and the CronJob keeps applying the old one.
    const accounts = new core.Secret(
      names.accounts,
      {
        metadata: meta(names.accounts),
        stringData: { [ACCOUNTS]: secret(JSON.stringify(declaredAccounts(args.plan))) },
      },
      { parent: this },
    );
    const program = new core.ConfigMap(
      names.access,
      { metadata: meta(names.access), data: { ...programs } },
      { parent: this },
    );

    // No time to live: Pulumi must find the finished Job again. A failed one is replaced by the next `pulumi up`.
    const job = (
      step: Step,
      logicalName: string,
      objectName: Input<string>,
      dependsOn: Resource[],
      before?: readonly HardenedContainerArgs[],
    ) =>
      new batch.Job(
        logicalName,
        {
          metadata: meta(objectName, { "pulumi.com/replaceUnready": "true" }),
          spec: jobSpec(step, settingsName, args, { scheduled: false, before }),
        },
        { parent: this, dependsOn, ...deleteFirst },
      );

    // Two CronJobs rather than two containers of one: settings that the server refuses must not prevent the reload, which picks
    // up a renewed certificate or a reachable identity provider, nor make a successful reload count as failed.
    const schedule = (step: Step, objectName: string, dependsOn: Resource[]) =>
      new batch.CronJob(
        `${objectName}-schedule`,
        {
          metadata: meta(objectName),
          spec: {
            schedule: SCHEDULE[step],
            concurrencyPolicy: "Forbid",
            startingDeadlineSeconds: 120,
            successfulJobsHistoryLimit: 1,
            failedJobsHistoryLimit: 2,
            jobTemplate: {
              metadata: { labels: labels(names.settings) },
              spec: {
                ...jobSpec(step, names.settings, args, {
                  scheduled: true,
                  heartbeat: step === "apply" ? args.heartbeat : undefined,
                }),
                activeDeadlineSeconds: 240,
              },
            },
          },
        },
        { parent: this, dependsOn },
      );

    const apply = job("apply", names.settings, settingsName, [settings, accounts, program, server, service]);
    // What the CronJob applies: the last settings that the server accepted. This Secret is updated only after the server accepted
    // the new ones, so after a refused plan the CronJob continues with the former ones.
    const accepted = new core.Secret(
      names.settings,
      { metadata: meta(names.settings), stringData: { [PLAN]: plan } },
      { parent: this, dependsOn: [apply] },
    );
    // After the Job: two concurrent runs could both create an object that neither found, and later runs would match two.
    schedule("apply", names.settings, [apply, accepted]);

    // Changes the pod template, and so restarts the server, only when listeners change. The Deployment does not own this
    // annotation; `patchForce` takes it over from an earlier stack's patch. Retained on destroy: removing it would restart the
    // server just before it is deleted.
    const restart = new apps.DeploymentPatch(
      `${names.stalwart}-listeners`,
      {
        metadata: { name: names.stalwart, namespace, annotations: { "pulumi.com/patchForce": "true" } },
        spec: { template: { metadata: { annotations: { "homelab-mail/listeners": listenersHash() } } } },
      },
      { parent: this, dependsOn: [server, apply], retainOnDelete: true },
    );
    this.applied = restart;

    // The CronJob needs no such wait: its next run finds the file.
    const logins =
      args.plan.relay.mode === "mailbox"
        ? [waitForLoginFiles({ image: args.serverImage, resources: args.resources, env: login(args) })]
        : [];
    job("reload", names.reload, interpolate`${names.reload}-${hash}`, [reload, accounts, program, restart], logins);
    // Created regardless of the Job's result: this CronJob is the retry.
    schedule("reload", names.reload, [reload, restart]);

    this.registerOutputs({});
  }
}
