import type { types } from "@pulumi/kubernetes";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
  type Resource,
  secret,
} from "@pulumi/pulumi";
import { labels, mailServerHost, names, ports } from "../../config/names";
import type { Resources } from "../../config/types";
import { type HardenedContainerArgs, hardenedPod } from "../shared/pod";
import { waiting } from "../shared/waiting";
import { ringing } from "./heartbeat";
import { listenersHash } from "./listeners";
import { metricsLogin, type PlanArgs, planHash, renderPlan, renderReload } from "./plan";

export interface SettingsArgs {
  readonly namespace: Input<string>;
  /** What the settings are made of. */
  readonly plan: PlanArgs;
  /** Image with stalwart-cli. */
  readonly image: string;
  /** Image of the mail server, whose shell and curl wait for it: the image with the command line tool has neither. */
  readonly serverImage: string;
  readonly resources: Resources;
  /** What Prometheus reads the server's metrics with. @default nobody reads them */
  readonly metricsPassword?: Output<string> | undefined;
  /** Name of the Secret with the address that is asked after a scheduled run that went well. @default none is */
  readonly heartbeat?: Input<string> | undefined;
  /** The mail server, which must be up before settings are applied. */
  readonly server: apps.Deployment;
  /** The Service through which settings are applied. */
  readonly service: core.Service;
}

const PLAN = "plan.ndjson";
const RELOAD = "reload.ndjson";
/** A minute after the settings are applied, so that what that repairs is in effect at once. */
const SCHEDULE = { apply: "*/5 * * * *", reload: "1-59/5 * * * *" };
/** Seconds. The server is up before `pulumi up` comes here; after a power cut it may not be. */
const WAIT_LIMIT = 60;

type Step = "apply" | "reload";

/**
 * What is named by the settings' hash gives way before its successor is made. By default it would go at the end of the update;
 * one that fails before that leaves it, and then the way back to the former settings would find its name taken.
 */
const inTurn = { deleteBeforeReplace: true };

const serverUrl = (args: SettingsArgs): types.input.core.v1.EnvVar => ({
  name: "STALWART_URL",
  value: output(args.namespace).apply((space) => `http://${mailServerHost(space)}:${ports.stalwartHttp}`),
});

/** Runs the command line tool on one file of the settings Secret. It tries once. */
function cliContainer(step: Step, args: SettingsArgs): HardenedContainerArgs {
  return {
    name: step,
    image: args.image,
    command: ["/usr/local/bin/stalwart-cli"],
    args: ["apply", "--file", `/settings/${step === "apply" ? PLAN : RELOAD}`],
    resources: args.resources,
    env: [
      serverUrl(args),
      { name: "STALWART_USER", value: "admin" },
      { name: "STALWART_PASSWORD", valueFrom: { secretKeyRef: { name: names.secrets.admin, key: "password" } } },
      { name: "XDG_CACHE_HOME", value: "/cache" }, // it keeps the server's schema there
    ],
    volumeMounts: [
      { name: "settings", mountPath: "/settings", readOnly: true },
      { name: "cache", mountPath: "/cache" },
    ],
  };
}

/** The plan with the one password that it holds. The name is without it: it is generated, and does not change. */
const filledPlan = ({ plan, metricsPassword }: SettingsArgs): Input<string> =>
  metricsPassword === undefined
    ? renderPlan(plan)
    : metricsPassword.apply((password) => renderPlan(plan).replace(metricsLogin.placeholder, () => password));

/** A pod that waits until the server answers, runs one step, and is done: whatever comes of it, it is not tried again. */
function jobSpec(
  step: Step,
  secretName: string,
  args: SettingsArgs,
  heartbeat?: Input<string>,
): types.input.batch.v1.JobSpec {
  const cli = cliContainer(step, args);
  return {
    backoffLimit: 0,
    // A drained node or an eviction is no answer of the server's.
    podFailurePolicy: {
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
    activeDeadlineSeconds: 300, // before Pulumi gives up on it, whose message would say less
    template: {
      metadata: { labels: labels(names.settings) },
      spec: hardenedPod({
        user: 65532, // the command line tool's own
        group: 65532,
        restartPolicy: "Never", // the failure's message stays readable
        initContainers: [
          waiting({
            name: "server",
            image: args.serverImage,
            resources: args.resources,
            env: [serverUrl(args)],
            url: '"$STALWART_URL/healthz/ready"',
            limit: WAIT_LIMIT,
          }),
          ...(heartbeat === undefined ? [] : [cli]),
        ],
        containers: [
          heartbeat === undefined
            ? cli
            : ringing({ image: args.serverImage, resources: args.resources, secretName: heartbeat }),
        ],
        volumes: [
          { name: "settings", secret: { secretName, defaultMode: 0o440 } },
          { name: "cache", emptyDir: { sizeLimit: "64Mi" } },
        ],
      }),
    },
  };
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
    const hash = planHash(args.plan);
    const settingsName = `${names.settings}-${hash}`;
    const meta = (objectName: string, annotations?: Record<string, string>) => ({
      name: objectName,
      namespace,
      labels: labels(names.settings),
      ...(annotations && { annotations }),
    });

    const settings = new core.Secret(
      names.settings,
      {
        metadata: meta(settingsName),
        immutable: true,
        stringData: { [PLAN]: secret(filledPlan(args)), [RELOAD]: renderReload() },
      },
      { parent: this, ...inTurn },
    );

    // No time to live: Pulumi must find the finished Job again. A failed one is replaced by the next `pulumi up`.
    const job = (step: Step, logicalName: string, objectName: string, dependsOn: Resource[]) =>
      new batch.Job(
        logicalName,
        {
          metadata: meta(objectName, { "pulumi.com/replaceUnready": "true" }),
          spec: jobSpec(step, settingsName, args),
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
                ...jobSpec(step, settingsName, args, step === "apply" ? args.heartbeat : undefined),
                activeDeadlineSeconds: 240,
              },
            },
          },
        },
        { parent: this, dependsOn },
      );

    const apply = job("apply", names.settings, settingsName, [settings, server, service]);
    // After the Job: two applies at once could both create an object that neither found, and then none would match.
    schedule("apply", names.settings, [apply]);

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

    job("reload", names.reload, `${names.reload}-${hash}`, [settings, restart]);
    // Whether that went well or not: it is what heals it.
    schedule("reload", names.reload, [restart]);

    this.registerOutputs({});
  }
}
