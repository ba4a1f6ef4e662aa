import { createHmac } from "node:crypto";
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
import type { HardenedContainerArgs } from "../shared/pod";
import { ACCOUNTS, programs } from "./accessPods";
import { rendererFor } from "./lines";
import { listenersHash } from "./listeners";
import { waitForLoginFiles } from "./loginFiles";
import { metricsLogin, type PlanArgs } from "./plan";
import { declaredAccounts } from "./planAccounts";
import { jobSpec, login, PLAN, RELOAD, type SettingsPodArgs, type Step } from "./settingsPods";

export interface SettingsArgs extends SettingsPodArgs {
  /** What Prometheus reads the server's metrics with. @default nobody reads them */
  readonly metricsPassword?: Output<string> | undefined;
  /** Name of the Secret with the address that is asked after a scheduled run that went well. @default none is */
  readonly heartbeat?: Input<string> | undefined;
  /** The mail server, which must be up before settings are applied. */
  readonly server: apps.Deployment;
  /** The Service through which settings are applied. */
  readonly service: core.Service;
}

/** A minute after the settings are applied, so that what that repairs is in effect at once. */
const SCHEDULE = { apply: "*/5 * * * *", reload: "1-59/5 * * * *" };

/**
 * What is named by the settings' hash gives way before its successor is made. By default it would go at the end of the update;
 * one that fails before that leaves it, and then the way back to the former settings would find its name taken.
 */
const inTurn = { deleteBeforeReplace: true };

/** The plan with the one password that it holds. The name is without it: it is generated, and does not change. */
const filledPlan = ({ plan, metricsPassword }: SettingsArgs): Input<string> =>
  metricsPassword === undefined
    ? rendererFor(plan.images.stalwart).plan(plan)
    : metricsPassword.apply((password) =>
        rendererFor(plan.images.stalwart)
          .plan(plan)
          .replace(metricsLogin.placeholder, () => password),
      );

/** Names one rendering of the settings. */
function planHash(plan: PlanArgs, key: string): string {
  const renderer = rendererFor(plan.images.stalwart);
  const text = renderer.plan(plan) + renderer.reload();
  return createHmac("sha256", key).update(text).digest("hex").slice(0, 10);
}

/**
 * Applies the settings, and keeps them applied.
 *
 * The order is: server up, settings applied, server restarted if its listeners changed, settings in effect. `pulumi up`
 * waits for each step, and a step that fails ends it with the server's message; the next `pulumi up` tries it again.
 *
 * Mail does not wait for the identity provider. Applying settings does not need it, but a reload fails as a whole while it
 * is away (crates/common/src/cache/reload.rs). So the reload is the last step and fetching does not wait for it: on a fresh
 * server the restart for the listeners has put everything but single sign-on in effect already, and later on the server goes
 * on with the settings it had. `pulumi up` still fails and names the issuer, rather than leave people to find out that they
 * cannot sign in; a CronJob reloads every five minutes and heals it when the issuer is back.
 */
export class Settings extends ComponentResource {
  /** Done once the settings are stored and the server listens where they say. */
  readonly applied: Resource;

  constructor(name: string, args: SettingsArgs, opts?: ComponentResourceOptions) {
    super("homelab-mail:mailserver:Settings", name, {}, opts);
    const { namespace, server, service } = args;
    // A keyed hash: a plain one of a text that is known but for the addresses would tell them to whoever guesses.
    const key = new random.RandomPassword(`${names.settings}-key`, { length: 32, special: false }, { parent: this });
    const hash = unsecret(key.result.apply((text) => planHash(args.plan, text)));
    const settingsName = interpolate`${names.settings}-${hash}`;
    const meta = (objectName: Input<string>, annotations?: Record<string, string>) => ({
      name: objectName,
      namespace,
      labels: labels(names.settings),
      ...(annotations && { annotations }),
    });

    const plan = secret(filledPlan(args));
    const settings = new core.Secret(
      `${names.settings}-plan`,
      { metadata: meta(settingsName), immutable: true, stringData: { [PLAN]: plan } },
      { parent: this, ...inTurn },
    );
    const reload = new core.ConfigMap(
      names.reload,
      { metadata: meta(names.reload), data: { [RELOAD]: rendererFor(args.plan.images.stalwart).reload() } },
      { parent: this },
    );
    // Not with the plan: who leaves must be gone even when the server refuses the new plan, and the CronJob keeps the old one.
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
        { parent: this, dependsOn, ...inTurn },
      );

    // Two, and not two containers of one: settings that the server refuses must not keep a renewed certificate or a
    // returned identity provider from being noticed, nor make a reload that went well count as failed.
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
    // What the CronJob applies: the last settings that the server took. It changes in place once it has taken the new ones, so a
    // plan that it refuses leaves the CronJob with those before.
    const taken = new core.Secret(
      names.settings,
      { metadata: meta(names.settings), stringData: { [PLAN]: plan } },
      { parent: this, dependsOn: [apply] },
    );
    // After the Job: two applies at once could both create an object that neither found, and then none would match.
    schedule("apply", names.settings, [apply, taken]);

    // Changes the pod template, and so restarts the server, when listeners change and never otherwise. The Deployment does
    // not own this annotation; `patchForce` takes it over from an earlier stack's patch. Kept on destroy: giving it up would
    // restart the server just before it is deleted.
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
    // Whether that went well or not: it is what heals it.
    schedule("reload", names.reload, [reload, restart]);

    this.registerOutputs({});
  }
}
