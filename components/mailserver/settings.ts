import type { types } from "@pulumi/kubernetes";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  output,
  type Resource,
  secret,
} from "@pulumi/pulumi";
import type { Resources } from "../../config/types";
import { labels, mailServerHost, names, ports } from "../shared/names";
import { type HardenedContainerArgs, hardenedPod } from "../shared/pod";
import { listenersHash } from "./listeners";
import { type PlanArgs, planHash, renderPlan, renderReload } from "./plan";

export interface SettingsArgs {
  readonly namespace: Input<string>;
  /** What the settings are made of. */
  readonly plan: PlanArgs;
  /** Image with stalwart-cli. */
  readonly image: string;
  readonly resources: Resources;
  /** The mail server, which must be up before settings are applied. */
  readonly server: apps.Deployment;
  /** The Service through which settings are applied. */
  readonly service: core.Service;
}

const PLAN = "plan.ndjson";
const RELOAD = "reload.ndjson";
const SCHEDULE = "*/5 * * * *";

/** Runs the command line tool on one file of the settings Secret. */
function cliContainer(name: string, file: string, args: SettingsArgs): HardenedContainerArgs {
  return {
    name,
    image: args.image,
    command: ["/usr/local/bin/stalwart-cli"],
    args: ["apply", "--file", `/settings/${file}`],
    resources: args.resources,
    env: [
      {
        name: "STALWART_URL",
        value: output(args.namespace).apply((space) => `http://${mailServerHost(space)}:${ports.stalwartHttp}`),
      },
      { name: "STALWART_USER", value: "admin" },
      { name: "STALWART_PASSWORD", valueFrom: { secretKeyRef: { name: names.secrets.admin, key: "password" } } },
      { name: "XDG_CACHE_HOME", value: "/cache" }, // it keeps the server's schema there
    ],
    volumeMounts: [
      { name: "settings", mountPath: "/settings", readOnly: true },
      { name: "cache", mountPath: "/cache", subPath: name }, // two that run side by side do not share it
    ],
  };
}

function pod(secretName: string, containers: readonly HardenedContainerArgs[]): types.input.core.v1.PodTemplateSpec {
  return {
    metadata: { labels: labels(names.settings) },
    spec: hardenedPod({
      user: 65532, // the image's own
      group: 65532,
      restartPolicy: "Never", // a pod a try: the first failure's message stays readable
      containers,
      volumes: [
        { name: "settings", secret: { secretName, defaultMode: 0o440 } },
        { name: "cache", emptyDir: { sizeLimit: "64Mi" } },
      ],
    }),
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
 * cannot sign in; the CronJob reloads every five minutes and heals it when the issuer is back.
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
        stringData: { [PLAN]: secret(renderPlan(args.plan)), [RELOAD]: renderReload() },
      },
      { parent: this },
    );

    // No time to live: Pulumi must find the finished Job again. A failed one is replaced by the next `pulumi up`.
    const job = (logicalName: string, objectName: string, file: string, dependsOn: Resource[]) =>
      new batch.Job(
        logicalName,
        {
          metadata: meta(objectName, { "pulumi.com/replaceUnready": "true" }),
          spec: {
            backoffLimit: 3, // the tool itself does not try twice
            activeDeadlineSeconds: 300, // before Pulumi gives up on it, whose message would say less
            template: pod(settingsName, [cliContainer(file === PLAN ? "apply" : "reload", file, args)]),
          },
        },
        { parent: this, dependsOn },
      );

    const apply = job(names.settings, settingsName, PLAN, [settings, server, service]);

    // After the Job: two applies at once could both create an object that neither found, and then none would match.
    new batch.CronJob(
      `${names.settings}-schedule`,
      {
        metadata: meta(names.settings),
        spec: {
          schedule: SCHEDULE,
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 120,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 2,
          jobTemplate: {
            metadata: { labels: labels(names.settings) },
            spec: {
              backoffLimit: 0, // the next run is near
              activeDeadlineSeconds: 240,
              // Side by side, neither waiting for the other: settings that the server refuses must not keep a renewed
              // certificate or a returned identity provider from being noticed. What the one repairs, the other puts in
              // effect at the next run.
              template: pod(settingsName, [cliContainer("apply", PLAN, args), cliContainer("reload", RELOAD, args)]),
            },
          },
        },
      },
      { parent: this, dependsOn: [apply] },
    );

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

    job(names.reload, `${names.reload}-${hash}`, RELOAD, [settings, restart]);

    this.registerOutputs({});
  }
}
